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

// A promise of text keeps the click's permission to write to the clipboard while the text is fetched.
async function copy(button, text) {
  try {
    if (navigator.clipboard) {
      const blob = Promise.resolve(text).then((value) => new Blob([value], { type: "text/plain" }));
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
    } else (await import("./lib/copying.js")).copyWithoutClipboard(await text);
  } catch {
    toast(texts.textFailed);
    return;
  }
  button.dataset.done = "";
  announce(texts.textCopied);
  setTimeout(() => delete button.dataset.done, 1600);
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
  "[data-copy-code]": (button) => copy(button, codeOf(button)),
  "[data-copy-url]": (button) => copy(button, fetchText(button.dataset.copyUrl)),
  "[data-popover]": (button) => openPopover(button),
};

// What comes with a script of its own.
const laterClicks = {
  "[data-theme-choice]": () => import("./lib/theme.js"),
  "[data-edit-url]": () => import("./lib/edit-message.js"),
  "a.remote-image": () => import("./lib/remote-image.js"),
  "[data-lightbox]": () => import("./lib/lightbox.js"),
};

// Rendered Markdown is the same for all readers; the words on its controls are in theirs.
const nameless = {
  "[data-copy-code]:empty": (button) => (button.textContent = texts.textCopy),
  ".task-item > input:not([aria-label])": (box) => (box.ariaLabel = box.checked ? texts.textDone : texts.textNotDone),
};

function label(root) {
  if (root.querySelector(".sound")) import("./elements/sound-player.js");
  if (root.querySelector(".tray-item")) import("./elements/attachment-tray.js");
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
  for (const [selector, load] of Object.entries(laterClicks)) {
    const element = event.target.closest(selector);
    if (!element || event.ctrlKey || event.metaKey || event.shiftKey) continue;
    event.preventDefault();
    load().then(({ clicked }) => clicked(element), () => toast(texts.textOffline));
  }
});

// Opens when its content has come, so that it never changes size under the pointer.
function openPopover(button) {
  const popover = document.getElementById(button.dataset.popover);
  const show = async () => (await import("./lib/place.js")).openBeside(popover, button);
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
    import("./lib/copying.js"),
    import("./lib/theme.js"),
  ]);
setTimeout(() => (window.requestIdleCallback ?? setTimeout)(fetchLater), 4000);

// What a paste or a drop holds must be taken while the event lasts.
function bring(event) {
  const tray = document.querySelector("attachment-tray");
  const { type, target, relatedTarget, clipboardData, dataTransfer } = event;
  const data = clipboardData ?? dataTransfer;
  const text = clipboardData?.getData("text") ?? "";
  const hasFiles = data?.types.includes("Files") && !text;
  if (!tray || !(hasFiles || (target.id === "message-text" && text.length > 9))) return;
  if (hasFiles) event.preventDefault();
  const brought = { type, text, files: [...data.files], isOutside: !relatedTarget };
  import("./elements/attachment-tray.js").then(() => tray.bring(brought), () => toast(texts.textOffline));
}

for (const type of ["paste", "dragover", "dragleave", "drop"]) document.addEventListener(type, bring);

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
  document.addEventListener(type, ({ target }) => {
    if (target.closest?.("model-picker")) import("./elements/model-picker.js");
    if (target.closest?.(".composer__attach")) import("./elements/attachment-tray.js");
  });
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
