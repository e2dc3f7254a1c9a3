// <chat-composer>: the message box. Keeps the draft, sends once, shows the message at once, stops an answer.
// Attributes: data-draft-key, data-text-{offline,failed,busy,signed-out}. Works as a plain form without it.
import { isSignedOut, noticeText } from "../lib/answers.js";

const DRAFT = "chatsite-draft:";
const PASSING = [408, 409, 425, 429]; // statuses of what may soon be otherwise
const LONG_DRAFT = 20000; // characters

class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("#composer-form");
    this.box = this.querySelector("textarea");
    this.sendButton = this.querySelector(".composer__send");
    this.stopButton = this.querySelector(".composer__stop");
    this.notice = this.querySelector(".notice");
    this.sending = null; // the text on its way, its bubble on the page
    this.closing = new AbortController();
    const { signal } = this.closing;
    const on = (target, type, handler, options = {}) => target.addEventListener(type, handler, { signal, ...options });

    on(this.box, "input", () => this.typed());
    on(window, "pagehide", () => this.draftTimer && this.keepDraft());
    on(this.box, "keydown", (event) => this.keydown(event));
    on(this, "submit", (event) => this.guard(event), { capture: true });
    on(this.form, "htmx:beforeSend", (event) => event.target === this.form && this.sent());
    on(this.form, "htmx:beforeOnLoad", (event) => event.target === this.form && this.answered(event));
    for (const type of ["htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
      on(this.form, type, (event) => event.target === this.form && this.failed(this.dataset.textOffline));
    }
    on(this, "click", (event) => this.clicked(event));
    on(document, "keydown", (event) => this.escape(event));
    on(document, "chat:applied", (event) => this.applied(event.detail));

    // A keyboard on a screen has no Shift+Enter.
    this.enterSends = !matchMedia("(hover: none) and (pointer: coarse)").matches;
    this.box.enterKeyHint = this.enterSends ? "send" : "enter";
    this.streaming = this.stopButton !== null && !this.stopButton.hidden;
    this.box.value ||= this.draft;
    this.edited();
    if (matchMedia("(pointer: fine)").matches && !document.querySelector(":popover-open")) {
      this.box.focus({ preventScroll: true });
    }
  }

  disconnectedCallback() {
    if (this.draftTimer) this.keepDraft();
    this.closing.abort();
  }

  get draft() {
    return localStorage.getItem(DRAFT + this.dataset.draftKey) ?? "";
  }

  set draft(text) {
    try {
      if (text) localStorage.setItem(DRAFT + this.dataset.draftKey, text);
      else localStorage.removeItem(DRAFT + this.dataset.draftKey);
    } catch {
      // Storage is full or forbidden: the draft then lives only in the box.
    }
  }

  // A long draft is written down when the keys rest: storing it takes longer than typing.
  typed() {
    if (this.box.value.length < LONG_DRAFT) return this.edited();
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.keepDraft(), 400);
    this.show();
  }

  edited() {
    this.keepDraft();
    this.show();
  }

  keepDraft() {
    clearTimeout(this.draftTimer);
    this.draftTimer = null;
    // What is on its way stays stored until the server has it.
    const waiting = this.sending?.text ?? "";
    this.draft = [waiting, this.box.value].filter(Boolean).join("\n\n");
  }

  show() {
    this.toggleAttribute("data-filled", this.box.value.trim() !== "");
    this.fit();
  }

  fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.box.style.height = "auto";
    this.box.style.height = `${this.box.scrollHeight}px`;
  }

  keydown(event) {
    // keyCode 229: Safari ends a composition before it sends the Enter that ended it.
    const composing = event.isComposing || event.keyCode === 229;
    if (event.key !== "Enter" || event.shiftKey || event.altKey || composing) return;
    if (!this.enterSends && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  guard(event) {
    if (event.target !== this.form) return;
    const idle = this.sending === null && this.box.value.trim() !== "";
    if (idle && !this.streaming) return;
    event.preventDefault();
    event.stopPropagation();
    if (idle) this.say(this.dataset.textBusy);
  }

  sent() {
    const text = this.box.value;
    const bubble = this.querySelector("[data-pending]").content.cloneNode(true).firstElementChild;
    bubble.querySelector(".part").textContent = text;
    this.sending = { text, bubble };
    this.say("");
    this.box.value = "";
    this.edited();
    const conversation = this.closest("chat-live");
    conversation.classList.remove("is-new");
    conversation.querySelector("#messages").append(bubble);
    this.dispatchEvent(new CustomEvent("chat:sent", { bubbles: true }));
  }

  // The server's answer, before htmx acts on it.
  answered(event) {
    const { xhr } = event.detail;
    if (isSignedOut(xhr)) {
      event.preventDefault();
      this.failed(this.dataset.textSignedOut, { again: false, signIn: true });
    } else if (xhr.status >= 400) {
      // What was refused as it is would be refused again.
      const again = xhr.status >= 500 || PASSING.includes(xhr.status);
      this.failed(noticeText(xhr) || this.dataset.textFailed, { again });
    } else {
      const { bubble } = this.sending;
      this.sending = null;
      this.edited();
      this.accepted = bubble;
      // The message itself comes through the socket, if it has not already; with no socket, the bubble stands for it.
      if (!bubble.isConnected) this.accepted = null;
    }
  }

  failed(text, { again = true, signIn = false } = {}) {
    if (!this.sending) return;
    this.sending.bubble.remove();
    this.box.value = [this.sending.text, this.box.value].filter(Boolean).join("\n\n");
    this.sending = null;
    const conversation = this.closest("chat-live");
    if (!conversation.dataset.transcriptUrl) conversation.classList.add("is-new");
    this.edited();
    this.say(text, { again, signIn });
    this.box.focus();
  }

  applied({ kind, streaming }) {
    if (["side", "open", "reopen"].includes(kind)) return;
    const bubble = this.sending?.bubble ?? this.accepted;
    if (bubble && arrived(bubble)) {
      bubble.remove();
      this.accepted = null;
    }
    this.setStreaming(streaming);
  }

  setStreaming(streaming) {
    if (!this.stopButton || this.streaming === streaming) return;
    this.streaming = streaming;
    const focused = document.activeElement === this.sendButton || document.activeElement === this.stopButton;
    this.sendButton.hidden = streaming;
    this.stopButton.hidden = !streaming;
    this.stopButton.disabled = false;
    if (focused) this.box.focus({ preventScroll: true });
    if (!streaming && this.notice.dataset.text === this.dataset.textBusy) this.say("");
  }

  escape(event) {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing || !this.streaming) return;
    if (document.querySelector(":popover-open, .sidebar[data-open], .message-edit, [aria-expanded=true]")) return;
    event.preventDefault();
    this.stopButton.click();
  }

  clicked(event) {
    if (event.target.closest("[data-again]")) this.form.requestSubmit();
    const suggestion = event.target.closest("[data-suggestion]");
    if (suggestion) {
      this.box.value = suggestion.textContent;
      this.edited();
      this.form.requestSubmit();
    } else if (event.target.closest(".composer") && !event.target.closest("button")) this.box.focus();
  }

  say(text, { again = false, signIn = false } = {}) {
    this.notice.dataset.text = text;
    this.notice.querySelector("[data-notice-text]").textContent = text;
    this.notice.querySelector("[data-again]").hidden = !again;
    this.notice.querySelector("[data-notice-link]").hidden = !signIn;
    this.notice.hidden = !text;
  }
}

// Whether the server's own article for a pending bubble stands after it.
function arrived(bubble) {
  const text = bubble.querySelector(".part").textContent.trim();
  for (let next = bubble.nextElementSibling; next; next = next.nextElementSibling) {
    if (next.dataset.role !== "user") continue;
    if (next.querySelector(".message-body").textContent.trim() === text) return true;
  }
  return false;
}

customElements.define("chat-composer", ChatComposer);
