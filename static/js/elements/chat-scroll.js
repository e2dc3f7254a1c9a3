// <chat-scroll>: keeps the newest text in view for a reader at the bottom, and never moves a reader who is not.
// Holds #transcript (which scrolls), #messages inside it, and the [data-jump] button.

const NEAR = 32; // pixels from the end that still count as being there
const LIVELY = 40; // this many of the last messages are always laid out
const AHEAD = "800px 0px 0px 0px"; // earlier messages are fetched this long before they are reached

class ChatScroll extends HTMLElement {
  connectedCallback() {
    this.view = this.querySelector("#transcript");
    this.messages = this.querySelector("#messages");
    this.jump = this.querySelector("[data-jump]");
    this.pinned = true;
    this.lastTop = 0;
    this.lastHeight = 0;
    this.closing = new AbortController();
    const { signal } = this.closing;
    this.view.addEventListener("scroll", () => this.scrolled(), { signal, passive: true });
    this.view.addEventListener("wheel", (event) => event.deltaY < 0 && this.release(), { signal, passive: true });
    this.jump.addEventListener("click", () => this.jumpToLatest(), { signal });
    this.view.addEventListener("htmx:beforeSwap", (event) => this.hold(event), { signal });
    this.view.addEventListener("htmx:afterSwap", () => this.restore(), { signal });
    const conversation = this.closest("chat-live");
    conversation?.addEventListener("chat:sent", () => this.toBottom(), { signal });
    conversation?.addEventListener("chat:applied", () => this.watchOlder(), { signal });
    conversation?.addEventListener("chat:inserted", () => this.follow(), { signal });
    this.resize = new ResizeObserver(() => this.keep());
    this.resize.observe(this.messages);
    this.resize.observe(this.view);
    this.older = new IntersectionObserver((entries) => this.fetchOlder(entries), { root: this.view, rootMargin: AHEAD });
    const linked = document.getElementById(location.hash.slice(1));
    if (linked && this.messages.contains(linked)) this.show(linked);
    else this.toBottom();
    // Not before the first jump to the end, or the loader would count as being in view.
    requestAnimationFrame(() => this.watchOlder());
  }

  disconnectedCallback() {
    this.closing.abort();
    this.resize.disconnect();
    this.older.disconnect();
  }

  get distance() {
    return this.view.scrollHeight - this.view.scrollTop - this.view.clientHeight;
  }

  scrolled() {
    const { scrollTop, scrollHeight } = this.view;
    if (this.distance <= NEAR) this.pinned = true;
    // Upwards while nothing shrank: that was the reader (a key, a finger, the scroll bar).
    else if (scrollTop < this.lastTop && scrollHeight >= this.lastHeight) this.pinned = false;
    this.remember();
  }

  remember() {
    this.lastTop = this.view.scrollTop;
    this.lastHeight = this.view.scrollHeight;
    const hidden = this.pinned || this.distance <= NEAR;
    if (this.jump.hidden !== hidden) this.jump.hidden = hidden; // even set to what it is, it would be styled again
  }

  release() {
    if (this.view.scrollTop > 0 && this.view.scrollHeight > this.view.clientHeight) this.pinned = false;
  }

  keep() {
    if (this.pinned) this.view.scrollTop = this.view.scrollHeight;
    this.remember();
  }

  // With the text, before the page is drawn: moved only while it is drawn, the page would be drawn a second time
  // to tell of its scrolling. The observer of sizes sees to everything else that grows.
  follow() {
    if (this.pinned && !document.hidden) this.keep();
  }

  toBottom() {
    this.pinned = true;
    this.keep();
  }

  show(message) {
    this.pinned = false;
    message.scrollIntoView();
    this.remember();
  }

  jumpToLatest() {
    this.toBottom();
    this.view.focus({ preventScroll: true });
  }

  watchOlder() {
    const loader = this.messages.querySelector("#older-messages");
    if (loader === this.loader) return;
    this.older.disconnect();
    this.loader = loader;
    if (loader) this.older.observe(loader);
  }

  fetchOlder(entries) {
    if (entries.some((entry) => entry.isIntersecting)) window.htmx?.trigger(this.loader, "chat:older");
  }

  // While messages come in above, the one being read stays where it is.
  hold(event) {
    if (event.detail.target?.id !== "older-messages") return;
    const top = this.view.getBoundingClientRect().top;
    const anchor = [...this.messages.children].find(
      (child) => child.matches(".message") && child.getBoundingClientRect().bottom > top,
    );
    if (!anchor) return;
    this.held = { anchor, offset: anchor.getBoundingClientRect().top };
    this.view.classList.add("is-holding");
  }

  restore() {
    if (this.held) {
      const { anchor, offset } = this.held;
      this.held = null;
      this.view.scrollTop += anchor.getBoundingClientRect().top - offset;
      requestAnimationFrame(() => requestAnimationFrame(() => this.settle()));
    }
    this.remember();
    this.watchOlder();
  }

  // A browser remembers the height of what it has shown; only then may it skip the rest.
  settle() {
    this.view.classList.remove("is-holding");
    for (const message of [...this.messages.querySelectorAll(".message:not(.is-far)")].slice(0, -LIVELY)) {
      message.classList.add("is-far");
    }
  }
}

customElements.define("chat-scroll", ChatScroll);
