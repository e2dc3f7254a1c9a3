// openLightbox(link) shows over the page what a link [data-lightbox] leads to, and all others in the transcript (or
// [data-gallery], or page) beside it. Links carry data-kind, -name, -download; pictures data-width and -height, all
// else data-preview. The dialog's markup is #lightbox-template.
import { PanZoom } from "./pan-zoom.js";

let lightbox;

export function openLightbox(link) {
  lightbox ??= new Lightbox();
  lightbox.open(link);
}

export { openLightbox as clicked };

class Lightbox {
  constructor() {
    this.dialog = document.getElementById("lightbox-template").content.cloneNode(true).firstElementChild;
    for (const part of ["name", "count", "scale", "download", "view", "failed", "about"]) {
      this[part] = this.dialog.querySelector(`.lightbox__${part}`);
    }
    this.zoomer = new PanZoom(this.view, {
      onScale: (percent) => (this.scale.textContent = `${percent} %`),
      onSwipe: (by) => this.go(this.index + by),
    });
    this.dialog.addEventListener("click", (event) => this.click(event));
    this.dialog.addEventListener("keydown", (event) => this.keydown(event));
    this.dialog.addEventListener("close", () => this.closed());
    window.addEventListener("popstate", () => this.dialog.close());
  }

  open(link) {
    this.opener = link;
    this.links = [...(link.closest("#messages, [data-gallery]") ?? document).querySelectorAll("[data-lightbox]")];
    document.body.append(this.dialog);
    this.dialog.toggleAttribute("data-single", this.links.length === 1);
    this.show(this.links.indexOf(link));
    this.dialog.showModal();
    this.content.focus();
  }

  // What the keys act on.
  get content() {
    return this.view.querySelector("[role=region]") ?? this.dialog;
  }

  go(index) {
    if (index === this.index || !this.links[index]) return;
    this.show(index);
    // Whoever presses a button of the dialog stays on it.
    if (!document.activeElement.matches(".lightbox *")) this.content.focus();
  }

  show(index) {
    this.fetching?.abort();
    this.fetching = new AbortController();
    this.index = index;
    const link = this.links[index];
    const { kind, name, download } = link.dataset;
    this.name.textContent = name;
    const { text } = this.count.dataset;
    this.count.textContent = text.replace("{position}", index + 1).replace("{total}", this.links.length);
    this.download.href = download ?? link.href;
    this.download.download = name;
    for (const button of this.dialog.querySelectorAll("[data-step]")) {
      button.ariaDisabled = !this.links[index + Number(button.dataset.step)];
    }
    this.dialog.dataset.kind = kind;
    this.say("loading");
    if (kind === "image") this.showPicture(link, link.querySelector("img"));
    else this.showPreview(link, this.fetching.signal);
  }

  say(state) {
    this.dialog.dataset.state = state;
    this.failed.hidden = state !== "failed";
  }

  // Its thumbnail stands in its place until it has come.
  showPicture(link, thumbnail) {
    const picture = new Image();
    const { name, width, height } = link.dataset;
    picture.className = "lightbox__picture";
    picture.alt = thumbnail?.alt || name;
    picture.draggable = false;
    if (thumbnail?.naturalWidth) picture.style.backgroundImage = `url("${thumbnail.currentSrc}")`;
    picture.onload = () => {
      if (!picture.isConnected) return;
      picture.style.backgroundImage = "";
      this.zoomer.show(picture, picture.naturalWidth, picture.naturalHeight);
      this.say("ready");
      for (const near of [this.links[this.index + 1], this.links[this.index - 1]]) {
        if (near?.dataset.kind === "image") new Image().src = near.href;
      }
    };
    picture.onerror = () => picture.isConnected && this.say("failed");
    this.about.textContent = picture.alt === name ? "" : picture.alt;
    this.view.replaceChildren(picture);
    this.zoomer.show(picture, Number(width), Number(height));
    picture.src = link.href;
  }

  async showPreview({ dataset: { name, preview } }, signal) {
    const region = document.createElement("div");
    Object.assign(region, { className: "lightbox__document", role: "region", ariaLabel: name, tabIndex: 0 });
    this.about.textContent = "";
    this.view.replaceChildren(region);
    this.zoomer.show(null);
    try {
      const response = await fetch(preview, { signal, headers: { "HX-Request": "true" } });
      // The page of signing in is no preview.
      if (!response.ok || response.redirected) throw new Error(response.status);
      region.replaceChildren(...new DOMParser().parseFromString(await response.text(), "text/html").body.childNodes);
      region.dispatchEvent(new CustomEvent("chat:inserted", { bubbles: true, detail: [region] }));
      this.say("ready");
    } catch {
      if (!signal.aborted) this.say("failed");
    }
  }

  click({ target }) {
    const { step, zoom } = target.closest("button")?.dataset ?? {};
    if (step) this.go(this.index + Number(step));
    else if (zoom) this.zoomer.key(zoom);
    else if (target.closest("[data-close]") || (target === this.view && !this.zoomer.dragged)) this.dialog.close();
  }

  // The page's own keys rest: Escape would also stop an answer that is being written.
  keydown(event) {
    event.stopPropagation();
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!this.zoomer.key(key)) {
      const goal = this.goals(target)[key];
      if (goal === undefined) return;
      this.go(goal);
    }
    event.preventDefault();
  }

  // In a text, keys that can move it do.
  goals({ scrollWidth, clientWidth }) {
    const { index, links, zoomer } = this;
    const goals = { ArrowLeft: index - 1, ArrowRight: index + 1 };
    if (zoomer.picture) return { ...goals, Home: 0, End: links.length - 1 };
    return scrollWidth > clientWidth ? {} : goals;
  }

  closed() {
    this.fetching.abort();
    this.view.replaceChildren();
    this.zoomer.show(null);
    this.opener.focus({ preventScroll: true });
  }
}
