// The entry: brings in the elements and the few behaviours that belong to the whole page.
import "./elements/chat-live.js";
import "./elements/chat-composer.js";
import "./elements/chat-scroll.js";
import "./elements/chat-sidebar.js";
import { isSignedOut, noticeText } from "./lib/exchange.js";

const texts = document.getElementById("toasts")?.dataset ?? {};
const toast = (text) => import("./lib/toast.js").then(({ showToast }) => showToast(text), () => {});

// For those who do not see what the page shows by other means.
function announce(text) {
  document.getElementById("announcements").textContent = text;
}

function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  for (const button of document.querySelectorAll("[data-theme-choice]")) {
    button.setAttribute("aria-pressed", button.dataset.themeChoice === theme);
  }
}

// A promise of text keeps the click's permission to write to the clipboard while the text is fetched.
async function copy(button, text) {
  try {
    if (navigator.clipboard) {
      const blob = Promise.resolve(text).then((value) => new Blob([value], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    } else copyWithoutClipboard(await text);
  } catch {
    toast(texts.textFailed);
    return;
  }
  button.dataset.done = "";
  announce(texts.textCopied);
  setTimeout(() => delete button.dataset.done, 1600);
}

// Over plain HTTP, as in many a home network, browsers offer no clipboard.
function copyWithoutClipboard(text) {
  const box = document.createElement("textarea");
  box.value = text;
  box.className = "visually-hidden";
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (!copied) throw new Error("copy refused");
}

function fetchText(url) {
  return new Promise((resolve, reject) => {
    const handler = (element, answer) => {
      const { status, responseText } = answer.xhr;
      answer.successful = status === 200; // as htmx's own handler says it
      if (answer.successful) resolve(responseText);
      else reject(new Error(status));
    };
    window.htmx.ajax("GET", url, { handler }).catch(reject);
  });
}

function codeOf(button) {
  return button.closest(":has(pre)").querySelector("pre").textContent.replace(/\n$/, "");
}

const clicks = {
  "[data-theme-choice]": (button) => chooseTheme(button.dataset.themeChoice),
  "[data-copy-code]": (button) => copy(button, codeOf(button)),
  "[data-copy-url]": (button) => copy(button, fetchText(button.dataset.copyUrl)),
  "[data-edit-url]": (button) =>
    import("./lib/edit-message.js").then(({ editMessage }) => editMessage(button), () => toast(texts.textOffline)),
  "[data-popover]": (button) => openPopover(button),
};

// Rendered Markdown is the same for all readers; the words on its controls are in theirs.
const nameless = {
  "[data-copy-code]:empty": (button) => (button.textContent = texts.textCopy),
  ".task-item > input:not([aria-label])": (box) => (box.ariaLabel = box.checked ? texts.textDone : texts.textNotDone),
};

function label(root) {
  for (const [selector, give] of Object.entries(nameless)) {
    if (root.matches(selector)) give(root);
    root.querySelectorAll(selector).forEach(give);
  }
}

label(document.body);
document.addEventListener("htmx:load", (event) => label(event.target));
document.addEventListener("chat:inserted", (event) => event.detail.forEach(label));

document.addEventListener("click", (event) => {
  for (const [selector, act] of Object.entries(clicks)) {
    const button = event.target.closest(selector);
    if (button) act(button);
  }
});

// Opens when its content has come, so that it never changes size under the pointer.
function openPopover(button) {
  const popover = document.getElementById(button.dataset.popover);
  const show = async () => {
    const { placeBeside } = await import("./lib/place.js");
    popover.showPopover({ source: button });
    if (!popover.matches(".sheet")) placeBeside(popover, button);
    popover.focus({ preventScroll: true });
  };
  popover.hidePopover();
  // What is asked for only once is still there.
  if (popover.firstElementChild && button.matches("[hx-trigger]")) return show();
  popover.addEventListener("htmx:afterSwap", show, { once: true });
}

document.addEventListener("keydown", (event) => {
  if ((event.metaKey || event.ctrlKey) && event.shiftKey && event.code === "KeyO") {
    event.preventDefault();
    document.querySelector(".new-chat")?.requestSubmit();
  } else if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
    const box = document.getElementById("message-text");
    if (!box || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    box.focus();
  }
});

// What a page does not need at once comes later, before a lost connection can keep it away.
// Each is named in full, since only such names become those of the hashed files.
const fetchLater = () =>
  Promise.allSettled([
    import("./lib/toast.js"),
    import("./lib/edit-message.js"),
    import("./lib/row-actions.js"),
    import("./lib/removal.js"),
    import("./lib/focus.js"),
    import("./lib/place.js"),
  ]);
setTimeout(() => (window.requestIdleCallback ?? setTimeout)(fetchLater), 4000);

// Signing in again, in any tab, gives all of them a new token.
document.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = document.cookie.match(/(?:^|; )chatsite_csrf=([^;]+)/)?.[1];
  if (!token) return;
  detail.headers["X-CSRFToken"] = token;
  if (detail.formData.has("csrfmiddlewaretoken")) detail.formData.set("csrfmiddlewaretoken", token);
});

// The model picker comes when it is first touched. What is typed before it is there counts all the same.
document.addEventListener("input", ({ target }) => {
  if (target.id === "model-input" && !customElements.get("model-picker")) {
    target.parentNode.querySelector("[name=model]").value = target.value.trim();
  }
});

for (const type of ["pointerover", "focusin"]) {
  document.addEventListener(type, (event) => event.target.closest?.("model-picker") && import("./elements/model-picker.js"));
}

// These say themselves what became of their requests.
const speaksForItself = (event) => event.target.matches?.("chat-live, #composer-form, #sidebar-list, [role=listbox]");

document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (speaksForItself(event) || !isSignedOut(event.detail.xhr)) return;
  event.preventDefault();
  location.assign(`${texts.loginUrl}?next=${encodeURIComponent(location.pathname)}`);
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { successful, xhr, elt } = event.detail;
  if (successful && elt.dataset.removes) {
    const takeAway = () => elt.closest(elt.dataset.removes)?.remove();
    import("./lib/removal.js").then(({ removeRow }) => removeRow(elt), takeAway);
  }
  if (!successful && !speaksForItself(event)) toast(xhr.status ? noticeText(xhr) || texts.textFailed : texts.textOffline);
});
