// <chat-sidebar>: a drawer on small screens, a column that can be put away on large ones; marks the open conversation.
// Holds the nav, #row-menu and a rename template; rows carry data-url and data-pinned. Attributes: data-list-url.

const SMALL = matchMedia("(max-width: 56rem)");

class ChatSidebar extends HTMLElement {
  connectedCallback() {
    this.panel = this.querySelector("nav");
    this.closing = new AbortController();
    const { signal } = this.closing;
    document.addEventListener("click", (event) => this.clicked(event), { signal });
    document.addEventListener("keydown", (event) => this.keydown(event), { signal });
    document.addEventListener("chat:applied", (event) => this.applied(event.detail.kind), { signal });
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
    if (more) import("../lib/row-actions.js").then(({ openRowMenu }) => openRowMenu(this, more), () => {});
    else if (event.target.closest("[data-sidebar-open]")) this.show();
    else if (event.target.closest("[data-sidebar-close]")) this.hide();
  }

  show() {
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

  // An open drawer is all there is: what lies behind it takes no focus.
  setOpen(open) {
    this.toggleAttribute("data-open", open);
    for (const behind of document.querySelectorAll("#main, .skip-link")) behind.inert = open;
    document.querySelector("[data-sidebar-open]")?.setAttribute("aria-expanded", open);
  }

  keydown(event) {
    if (event.key !== "Escape" || !this.hasAttribute("data-open") || this.querySelector(":popover-open")) return;
    event.preventDefault();
    this.hide();
  }

  navigated() {
    this.setOpen(false);
    this.markCurrent();
  }

  // What happened to the list while no socket was open is not told again.
  applied(kind) {
    const complete = this.markCurrent() || !location.pathname.startsWith("/c/");
    if (kind !== "reopen" && (kind !== "open" || complete)) return;
    const list = this.querySelector("#sidebar-list");
    window.htmx.ajax("GET", this.dataset.listUrl, { source: list, target: list, swap: "innerHTML show:none" }).then(
      () => this.markCurrent(),
      () => {},
    );
  }

  markCurrent() {
    for (const link of this.querySelectorAll("#sidebar-list [aria-current]")) link.removeAttribute("aria-current");
    const row = this.querySelector(`.sidebar-item[data-url="${location.pathname}"]`);
    row?.querySelector("a").setAttribute("aria-current", "page");
    return row !== null;
  }
}

customElements.define("chat-sidebar", ChatSidebar);
