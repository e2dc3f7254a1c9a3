// <chat-live>: keeps the page in step with the server over one WebSocket, and says so when it cannot.
// Attributes: data-socket, data-rev, data-transcript-url; its .banner has data-text-{lost,back,signed-out,gone}.
import { backoff, FrameOrder } from "../lib/frames.js";
import { applyOps, OpsError } from "../lib/ops.js";
import { isSignedOut } from "../lib/exchange.js";

const QUIET_MS = 2000; // a shorter break than this is nobody's business
const PING_MS = 25000;
const PONG_MS = 8000;
const OVERLAP_MS = 1500; // the server sends news of the sidebar with some delay

// The socket of the page just left: it still brings news of the sidebar until the next page's socket is open.
let leaving = null;

// A sidebar may well lack a row that others have.
function applyAside(ops) {
  return ops.flatMap((op) => {
    try {
      return applyOps([op]);
    } catch (error) {
      if (error instanceof OpsError) return [];
      throw error;
    }
  });
}

class ChatLive extends HTMLElement {
  connectedCallback() {
    this.banner = this.querySelector(".banner");
    this.order = new FrameOrder(Number(this.dataset.rev ?? 0));
    this.attempt = 0;
    this.closing = new AbortController();
    const { signal } = this.closing;
    addEventListener("online", () => this.retryNow(), { signal });
    addEventListener("offline", () => this.dropped(), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.wake(), { signal });
    addEventListener("focus", () => this.ended && this.wake(), { signal });
    document.addEventListener("htmx:afterRequest", ({ detail }) => this.ended && detail.successful && this.wake(), { signal });
    addEventListener("pagehide", () => this.drop(), { signal });
    addEventListener("pageshow", (event) => event.persisted && this.retryNow(), { signal });
    this.addEventListener("htmx:beforeOnLoad", (event) => this.checkSession(event), { signal });
    this.addEventListener("htmx:beforeSwap", (event) => this.refreshing(event), { signal });
    this.addEventListener("htmx:afterRequest", (event) => this.refreshed(event), { signal });
    this.connect();
  }

  disconnectedCallback() {
    this.closing.abort();
    this.ended = true;
    for (const timer of [this.retryTimer, this.bannerTimer, this.pingTimer, this.pongTimer]) clearTimeout(timer);
    leaving?.close();
    leaving = this.socket;
    setTimeout((socket) => socket?.close(), 5000, leaving);
  }

  connect() {
    clearTimeout(this.retryTimer);
    if (this.ended || this.socket) return;
    const url = new URL(this.dataset.socket, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.dataset.rev !== undefined) url.searchParams.set("rev", this.order.revision);
    url.searchParams.set("lang", document.documentElement.lang);
    const socket = new WebSocket(url);
    this.socket = socket;
    this.order.reset();
    socket.onopen = () => this.opened();
    socket.onmessage = (event) => socket === this.socket && this.received(JSON.parse(event.data));
    socket.onclose = () => socket === this.socket && this.dropped();
  }

  opened() {
    // What happened before this socket was there may still be on its way through the other.
    setTimeout((socket) => socket?.close(), OVERLAP_MS, leaving);
    leaving = null;
    this.attempt = 0;
    clearTimeout(this.bannerTimer);
    if (!this.banner.hidden) {
      this.say(this.banner.dataset.textBack, "back");
      this.bannerTimer = setTimeout(() => (this.banner.hidden = true), 2500);
    }
    this.pingTimer = setTimeout(() => this.ping(), PING_MS);
    this.announce(this.wasOpen ? "reopen" : "open");
    this.wasOpen = true;
  }

  // Forgets the present socket without waiting for it: a dead network never says goodbye.
  drop() {
    const socket = this.socket;
    this.socket = null;
    clearTimeout(this.pingTimer);
    clearTimeout(this.pongTimer);
    socket?.close();
  }

  dropped() {
    this.drop();
    if (this.ended) return;
    if (this.attempt === 0) {
      clearTimeout(this.bannerTimer);
      this.bannerTimer = setTimeout(() => this.say(this.banner.dataset.textLost, "lost"), QUIET_MS);
    }
    this.attempt += 1;
    // A socket that is refused does not say why; an ordinary request does (signed out, deleted).
    if (this.attempt === 2 && navigator.onLine) this.refresh();
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.connect(), backoff(this.attempt));
  }

  retryNow() {
    this.drop();
    this.connect();
  }

  // A phone that slept may hold a socket that is long dead.
  wake() {
    // Somebody may have signed in again in another tab.
    if (this.banner.dataset.state === "signed-out") this.ended = false;
    if (this.isOpen) this.ping(2000);
    else this.retryNow();
  }

  ping(patience = PONG_MS) {
    clearTimeout(this.pingTimer);
    clearTimeout(this.pongTimer);
    this.send({ t: "ping" });
    this.pongTimer = setTimeout(() => {
      this.dropped();
      this.connect();
    }, patience);
    this.pingTimer = setTimeout(() => this.ping(), PING_MS);
  }

  get isOpen() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  received(frame) {
    clearTimeout(this.pongTimer);
    if (this.isConnected || frame.t === "side") this.carryOut(this.order.receive(frame));
  }

  carryOut(actions) {
    for (const action of actions) {
      if (action.do === "apply") this.apply(action);
      else if (action.do === "send") this.send(action.message);
      else if (action.do === "tell") this.tell("chat:reply", action.reply);
      else if (action.do === "refresh") this.refresh();
      else if (action.do === "bye") this.bye(action.code);
    }
  }

  apply(action) {
    const { ops, kind } = action;
    let inserted;
    try {
      inserted = kind === "side" ? applyAside(ops) : applyOps(ops);
    } catch (error) {
      if (!(error instanceof OpsError)) throw error;
      this.carryOut(this.order.missed(action));
      return;
    }
    this.tell("chat:inserted", inserted);
    if (kind === "frame") return;
    for (const element of inserted) window.htmx?.process(element);
    this.announce(kind);
  }

  refresh() {
    if (!this.dataset.transcriptUrl) return;
    const context = { target: "#messages", swap: "innerHTML show:none", source: this };
    import("../lib/focus.js")
      .then(({ placeOfFocus }) => (this.placeOfFocus = placeOfFocus))
      .catch(() => {})
      .then(() => window.htmx.ajax("GET", this.dataset.transcriptUrl, context))
      .catch(() => {});
  }

  // Now, and not when the messages were asked for: the keyboard may have gone on meanwhile.
  refreshing({ target }) {
    if (target.id === "messages") this.restoreFocus = this.placeOfFocus?.(target);
  }

  refreshed(event) {
    if (event.target !== this || this.ended) return;
    const { successful, xhr } = event.detail;
    if (successful) {
      const shown = this.querySelector("#messages-revision");
      this.carryOut(this.order.refreshed(shown ? Number(shown.dataset.rev) : undefined));
      this.announce("refresh");
      this.restoreFocus?.();
      this.restoreFocus = null;
    } else if (xhr.status === 404) this.bye("gone");
    else this.dropped(); // and try again with the next connection
  }

  checkSession(event) {
    if (event.target !== this || !isSignedOut(event.detail.xhr)) return;
    event.preventDefault();
    event.stopPropagation();
    this.bye("signed_out");
  }

  announce(kind) {
    const streaming = this.querySelector('.message[data-status="streaming"], [data-writing-elsewhere]') !== null;
    this.querySelector("#transcript")?.setAttribute("aria-busy", streaming);
    this.tell("chat:applied", { kind, streaming });
  }

  // Also of the sidebar's news that the socket of a page just left still brings.
  tell(type, detail) {
    (this.isConnected ? this : document).dispatchEvent(new CustomEvent(type, { bubbles: true, detail }));
  }

  bye(code) {
    if (code === "restart") return;
    this.ended = true;
    this.drop();
    this.tell("chat:ended", code);
    clearTimeout(this.bannerTimer);
    if (code === "signed_out") this.say(this.banner.dataset.textSignedOut, "signed-out");
    else this.say(this.banner.dataset.textGone, "gone");
  }

  say(text, state) {
    this.banner.dataset.state = state;
    this.banner.querySelector("[data-banner-text]").textContent = text;
    this.banner.querySelector("[data-banner-link]").hidden = state !== "signed-out";
    this.banner.hidden = false;
  }
}

customElements.define("chat-live", ChatLive);
