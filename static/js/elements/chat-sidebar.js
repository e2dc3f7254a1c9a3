// <chat-sidebar>: a drawer on small screens, a column that can be put away on large ones; marks the open conversation.
// Holds the nav, #row-menu and a rename template; rows carry data-url and data-pinned.

const SMALL = matchMedia("(max-width: 56rem)");

class ChatSidebar extends HTMLElement {
  connectedCallback() {
    this.panel = this.querySelector("nav");
    this.closing = new AbortController();
    const { signal } = this.closing;
    document.addEventListener("click", (event) => this.clicked(event), { signal });
    document.addEventListener("keydown", (event) => this.keydown(event), { signal });
    document.addEventListener("chat:applied", () => this.markCurrent(), { signal });
    for (const type of ["htmx:pushedIntoHistory", "htmx:historyRestore"]) {
      document.addEventListener(type, () => this.navigated(), { signal });
    }
    SMALL.addEventListener("change", () => this.setOpen(false), { signal });
    this.setOpen(false);
  }

  disconnectedCallback() {
    this.closing.abort();
  }

  clicked(event) {
    const more = event.target.closest("[data-row-menu]");
    if (more) import("../lib/row-actions.js").then(({ openRowMenu }) => openRowMenu(this, more));
    else if (event.target.closest("[data-sidebar-open]")) this.show(event.target.closest("button"));
    else if (event.target.closest("[data-sidebar-close]")) this.hide();
  }

  show(opener) {
    this.opener = opener;
    if (SMALL.matches) this.setOpen(true);
    else this.setCollapsed(false);
    this.panel.querySelector("button[data-sidebar-close]").focus();
  }

  hide() {
    if (SMALL.matches) this.setOpen(false);
    else this.setCollapsed(true);
    document.querySelector("[data-sidebar-open]")?.focus();
  }

  setCollapsed(collapsed) {
    document.documentElement.toggleAttribute("data-sidebar", collapsed);
    if (collapsed) document.documentElement.dataset.sidebar = "collapsed";
    document.cookie = `sidebar=${collapsed ? "collapsed" : "open"}; path=/; max-age=31536000; samesite=lax`;
  }

  // An open drawer is all there is: the page behind it takes no focus.
  setOpen(open) {
    this.toggleAttribute("data-open", open);
    const main = document.getElementById("main");
    if (main) main.inert = open;
    document.querySelector("[data-sidebar-open]")?.setAttribute("aria-expanded", open);
  }

  keydown(event) {
    if (!this.hasAttribute("data-open") || this.querySelector(":popover-open")) return;
    if (event.key === "Escape") {
      event.preventDefault();
      this.hide();
    } else if (event.key === "Tab") this.keepFocus(event);
  }

  keepFocus(event) {
    const stops = [...this.panel.querySelectorAll("a[href], button, input")].filter((stop) => stop.checkVisibility());
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (document.activeElement !== edge && this.panel.contains(document.activeElement)) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  navigated() {
    this.setOpen(false);
    this.markCurrent();
  }

  markCurrent() {
    for (const link of this.querySelectorAll("#sidebar-list [aria-current]")) link.removeAttribute("aria-current");
    for (const row of this.querySelectorAll(".sidebar-item")) {
      if (row.dataset.url === location.pathname) row.querySelector("a").setAttribute("aria-current", "page");
    }
  }
}

customElements.define("chat-sidebar", ChatSidebar);
