// What can be done with one conversation in the sidebar: rename it in place, pin, archive, delete with a way back.
import { placeBeside } from "./place.js";
import { post } from "./post.js";
import { showToast } from "./toast.js";

const actions = {
  rename,
  pin: (sidebar, row) => post(`${row.dataset.url}pin/`),
  archive: (sidebar, row) => takeAway(row, "archive/", sidebar.dataset.textArchived, sidebar.dataset.textUndo),
  delete: (sidebar, row) => takeAway(row, "delete/", sidebar.dataset.textDeleted, sidebar.dataset.textUndo),
};

async function takeAway(row, verb, text, undo) {
  const { url } = row.dataset;
  if (!(await post(url + verb))) return;
  const wasOpen = url === location.pathname;
  if (wasOpen) document.querySelector(".new-chat")?.requestSubmit();
  showToast(text, { label: undo, run: () => bringBack(url, wasOpen) });
}

async function bringBack(url, wasOpen) {
  const focusRow = () => {
    const link = rowOf(url)?.querySelector("a");
    if (!link) return;
    document.removeEventListener("chat:inserted", focusRow);
    if (wasOpen) link.click();
    else link.focus();
  };
  document.addEventListener("chat:inserted", focusRow);
  if (!(await post(`${url}restore/`))) document.removeEventListener("chat:inserted", focusRow);
}

const rowOf = (url) => document.querySelector(`.sidebar-item[data-url="${url}"]`);

function rename(sidebar, { dataset: { url } }) {
  const form = sidebar.querySelector("template[data-rename]").content.cloneNode(true).firstElementChild;
  const input = form.querySelector("input");
  const shown = () => rowOf(url)?.querySelector(".sidebar-item__title");
  const before = shown()?.textContent ?? "";
  let done = false;
  const put = () => {
    const row = rowOf(url);
    if (!row) finish(false);
    if (done || row.contains(form)) return;
    row.querySelector("a").hidden = true;
    row.prepend(form);
    input.focus();
  };
  const finish = (save) => {
    if (done) return;
    done = true;
    document.removeEventListener("chat:inserted", put);
    form.remove();
    const link = rowOf(url)?.querySelector("a");
    if (link) link.hidden = false;
    link?.focus();
    const wanted = input.value.trim();
    if (!save || !wanted || wanted === before) return;
    const show = (text) => shown() && (shown().textContent = text);
    show(wanted);
    post(`${url}rename/`, { title: wanted }).then((done) => done || show(before));
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
  // A row that changes meanwhile is replaced, which takes the focus for a moment: that ends nothing.
  document.addEventListener("chat:inserted", put);
  const left = () => (rowOf(url)?.contains(form) ? finish(true) : put());
  input.addEventListener("blur", () => setTimeout(() => document.activeElement === input || left()));
  input.value = before;
  put();
  input.select();
}

function move(event, items) {
  if (event.key === "Tab") event.currentTarget.hidePopover();
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
