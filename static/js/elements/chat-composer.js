// <chat-composer>: the message box. Keeps the draft, sends once, shows the message at once, stops an answer.
// Attributes: data-draft-key, data-text-{offline,failed,busy,signed-out}. Works as a plain form without it.
import { isSignedOut, noticeText, SentMessage } from "../lib/exchange.js";

const DRAFT = "chatsite-draft:";
const PASSING = [408, 409, 425, 429]; // statuses of what may soon be otherwise
const LONG_DRAFT = 20000; // characters
const SOCKET_TAKES = 10000; // characters; what is longer goes by an ordinary request
const REPLY_MS = 4000; // without a word from the server for so long, the connection may be dead
const PATIENCE_MS = 12000; // and then the message is handed back

class ChatComposer extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("#composer-form");
    this.box = this.querySelector("textarea");
    this.sendButton = this.querySelector(".composer__send");
    this.stopButton = this.querySelector(".composer__stop");
    this.notice = this.querySelector(".notice");
    this.sending = null; // the SentMessage on its way
    this.accepted = null; // one that is stored, and not seen on the page yet
    this.handedBack = SentMessage.restored(this.dataset.draftKey); // one in the box again, for want of an answer
    this.closing = new AbortController();
    const { signal } = this.closing;
    const on = (target, type, handler, options = {}) => target.addEventListener(type, handler, { signal, ...options });

    on(this.box, "input", () => this.typed());
    on(window, "pagehide", () => this.draftTimer && this.keepDraft());
    on(this.box, "keydown", (event) => this.keydown(event));
    on(this, "submit", (event) => this.guard(event), { capture: true });
    on(this.form, "htmx:configRequest", ({ target, detail }) => target === this.form && this.sent(detail.parameters));
    on(this.form, "htmx:beforeOnLoad", (event) => event.target === this.form && this.answered(event));
    for (const type of ["htmx:sendError", "htmx:timeout", "htmx:sendAbort"]) {
      on(this.form, type, (event) => event.target === this.form && this.failed(this.dataset.textOffline));
    }
    on(this, "click", (event) => this.clicked(event));
    on(document, "keydown", (event) => this.escape(event));
    on(document, "chat:applied", (event) => this.applied(event.detail));
    on(document, "chat:reply", (event) => this.replied(event.detail));
    on(document, "chat:ended", (event) => this.ended(event.detail));

    // A keyboard on a screen has no Shift+Enter.
    this.enterSends = !matchMedia("(hover: none) and (pointer: coarse)").matches;
    this.box.enterKeyHint = this.enterSends ? "send" : "enter";
    this.streaming = this.stopButton !== null && !this.stopButton.hidden;
    // What the address of the page says goes after what was typed before.
    const { draft, box } = this;
    if (!draft.endsWith(box.value)) box.value = `${draft}\n\n${box.value}`.trim();
    else box.value = draft;
    // Taken once: a draft that is edited and loaded again would not know it any more.
    if (location.search.includes("q=")) {
      const address = new URL(location.href);
      address.searchParams.delete("q");
      history.replaceState(history.state, "", address);
    }
    this.edited();
    this.lookForHandedBack();
    if (matchMedia("(pointer: fine)").matches && !document.querySelector(":popover-open")) {
      this.box.focus({ preventScroll: true });
    }
  }

  disconnectedCallback() {
    if (this.draftTimer) this.keepDraft();
    this.settled();
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
    this.toggleAttribute("data-filled", this.hasContent);
    this.fit();
  }

  get files() {
    return this.querySelector("attachment-tray");
  }

  get hasContent() {
    return this.box.value.trim() !== "" || this.querySelector("[data-attachment]") !== null;
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
    // Enter in a control of the panel belongs to the panel.
    const isElsewhere = document.activeElement.closest("#parameters") !== null;
    const idle = this.sending === null && this.hasContent && !isElsewhere;
    const { isBusy } = this.files;
    if (idle && !this.streaming && !this.takesSocket && !isBusy) return;
    event.preventDefault();
    event.stopPropagation();
    if (idle && isBusy) this.say(this.files.dataset.textUploading);
    else if (idle && this.streaming) this.say(this.dataset.textBusy);
    else if (idle) this.sendBySocket();
  }

  get live() {
    return this.closest("chat-live");
  }

  // The socket that is open already costs less than a request, and a lost one is noticed.
  get takesSocket() {
    return this.live.isOpen && Boolean(this.live.dataset.transcriptUrl) && this.box.value.length <= SOCKET_TAKES;
  }

  sendBySocket() {
    const form = new FormData(this.form);
    const message = { t: "send", text: form.get("text"), model: form.get("model"), files: form.getAll("attachment") };
    this.sent(message);
    this.sending.message = message;
    this.live.send(message);
    this.replyTimer = setTimeout(() => this.live.wake(), REPLY_MS);
    this.patienceTimer = setTimeout(() => this.failed(this.dataset.textOffline), PATIENCE_MS);
  }

  get log() {
    return this.live.querySelector("#messages");
  }

  // Shows the message at once; `request` gets the key that it is stored under.
  sent(request) {
    const text = this.box.value;
    const again = this.handedBack?.text === text;
    this.sending = again ? this.handedBack : new SentMessage(text);
    this.sending.message = null;
    this.sending.keep(this.dataset.draftKey);
    this.sending.show(this.querySelector("[data-pending]").content.cloneNode(true).firstElementChild, this.log);
    this.files.takeOut?.(this.sending.bubble);
    request.key = this.sending.key;
    this.handedBack = null;
    this.say("");
    this.box.value = "";
    this.edited();
    this.live.classList.remove("is-new");
    this.dispatchEvent(new CustomEvent("chat:sent", { bubbles: true }));
  }

  // The server's answer, before htmx acts on it.
  answered(event) {
    const { xhr } = event.detail;
    if (isSignedOut(xhr)) {
      event.preventDefault();
      this.refused(401);
    } else if (xhr.status >= 400) this.refused(xhr.status, noticeText(xhr));
    else this.stored();
  }

  // The server's answer to a message that went through the socket.
  replied({ t, key, status, text }) {
    if (key !== this.sending?.key) return;
    if (t === "sent") this.stored();
    else this.refused(status, text);
  }

  // The socket has closed for good, and says why.
  ended(code) {
    if (this.sending?.message) this.refused(code === "signed_out" ? 401 : 404);
  }

  stored() {
    const message = this.settled();
    SentMessage.forget(this.dataset.draftKey);
    this.edited();
    // The message itself comes through the socket, if it has not already; with no socket, the bubble stands for it.
    if (message.hasArrived(this.log)) message.bubble.remove();
    else this.accepted = message;
  }

  refused(status, text = "") {
    if (status === 401) this.failed(this.dataset.textSignedOut, { again: false, signIn: true });
    // What was refused as it is would be refused again.
    else this.failed(text || this.dataset.textFailed, { again: status >= 500 || PASSING.includes(status) });
  }

  failed(text, { again = true, signIn = false } = {}) {
    if (!this.sending) return;
    const message = this.settled();
    message.bubble.remove();
    // It may have been stored all the same: sent again as it is, it has the same key.
    this.handedBack = message;
    this.box.value = [message.text, this.box.value].filter(Boolean).join("\n\n");
    this.files.putBack?.();
    if (!this.live.dataset.transcriptUrl) this.live.classList.add("is-new");
    this.edited();
    this.say(text, { again, signIn });
    this.box.focus();
  }

  settled() {
    const message = this.sending;
    this.sending = null;
    clearTimeout(this.replyTimer);
    clearTimeout(this.patienceTimer);
    return message;
  }

  applied({ kind, streaming }) {
    if (kind === "side" || kind === "open") return;
    if (kind === "reopen") {
      if (this.sending?.message) this.live.send(this.sending.message);
      return;
    }
    const message = this.sending ?? this.accepted;
    if (message?.hasArrived(this.log)) {
      message.bubble.remove();
      this.accepted = null;
    } else if (this.sending && !message.bubble.isConnected) this.log.append(message.bubble); // it was drawn anew
    this.lookForHandedBack();
    this.setStreaming(streaming);
  }

  // What was handed back may have been stored after all.
  lookForHandedBack() {
    if (!this.handedBack?.hasArrived(this.log)) return;
    if (this.box.value === this.handedBack.text) {
      this.box.value = "";
      this.edited();
    }
    this.handedBack = null;
    SentMessage.forget(this.dataset.draftKey);
    this.say("");
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

customElements.define("chat-composer", ChatComposer);
