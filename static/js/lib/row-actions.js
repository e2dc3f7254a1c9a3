// What can be done with one conversation in the sidebar: rename it in place, pin, archive, delete with a way back.
import { placeBeside } from "./place.js";
import { showToast } from "./toast.js";

function post(url, values = {}) {
  return window.htmx.ajax("POST", url, { swap: "none", source: document.body, values });
}

function leaveIfCurrent(row) {
  if (row.dataset.url !== location.pathname) return;
  document.querySelector(".new-chat")?.requestSubmit();
}

const actions = {
  rename,
  pin: (sidebar, row) => post(`${row.dataset.url}pin/`),
  archive: (sidebar, row) => takeAway(row, "archive/", sidebar.dataset.textArchived, sidebar.dataset.textUndo),
  delete: (sidebar, row) => takeAway(row, "delete/", sidebar.dataset.textDeleted, sidebar.dataset.textUndo),
};

async function takeAway(row, verb, text, undo) {
  const { url } = row.dataset;
  await post(url + verb);
  leaveIfCurrent(row);
  showToast(text, { label: undo, run: () => post(`${url}restore/`) });
}

function rename(sidebar, row) {
  const link = row.querySelector("a");
  const title = row.querySelector(".sidebar-item__title");
  const form = sidebar.querySelector("template[data-rename]").content.cloneNode(true).firstElementChild;
  const input = form.querySelector("input");
  input.value = title.textContent;
  let done = false;
  const finish = (save) => {
    if (done) return;
    done = true;
    const wanted = input.value.trim();
    form.remove();
    link.hidden = false;
    link.focus();
    if (!save || !wanted || wanted === title.textContent) return;
    title.textContent = wanted;
    post(`${row.dataset.url}rename/`, { title: wanted });
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    finish(true);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    finish(false);
  });
  input.addEventListener("blur", () => finish(true));
  link.hidden = true;
  row.prepend(form);
  input.select();
}

function move(event, items) {
  const now = items.indexOf(document.activeElement);
  const next = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  items.at(next % items.length).focus();
}

export function openRowMenu(sidebar, button) {
  const menu = sidebar.querySelector("#row-menu");
  const row = button.closest(".sidebar-item");
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  if (menu.matches(":popover-open")) {
    menu.hidePopover();
    return;
  }
  menu.toggleAttribute("data-pinned", row.hasAttribute("data-pinned"));
  menu.onkeydown = (event) => move(event, items);
  menu.onclick = (event) => {
    const item = event.target.closest("[data-action]");
    if (!item) return;
    menu.hidePopover();
    actions[item.dataset.action](sidebar, row);
  };
  menu.ontoggle = (event) => row.toggleAttribute("data-menu-open", event.newState === "open");
  menu.showPopover({ source: button });
  placeBeside(menu, button);
  items[0].focus();
}
