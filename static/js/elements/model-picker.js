// <model-picker>: a combobox of the models that the endpoints list, which also takes any typed name.
// Attributes: data-models-url, data-choose-url (of an existing conversation), data-text-{loading,failed,use}. The chosen key is in its hidden input.

class ModelPicker extends HTMLElement {
  connectedCallback() {
    if (this.closing) return;
    this.input = this.querySelector("[role=combobox]");
    this.chosen = this.querySelector("input[type=hidden]");
    this.popup = this.querySelector(".model-picker__popup");
    this.list = this.querySelector("[role=listbox]");
    this.note = this.querySelector(".model-picker__note");
    this.label = this.input.value;
    this.closing = new AbortController();
    const { signal } = this.closing;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    on(this.input, "click", () => this.open());
    on(this.input, "input", () => this.typed());
    on(this.input, "keydown", (event) => this.keydown(event));
    on(this.list, "click", (event) => this.take(event.target.closest("[role=option]")));
    on(this.list, "mousedown", (event) => event.preventDefault());
    on(this, "focusout", (event) => this.contains(event.relatedTarget) || this.close());
    on(this.querySelector("[data-refresh]"), "click", () => this.load(true));
    on(document, "pointerdown", (event) => this.contains(event.target) || this.close());
    if (document.activeElement === this.input) this.open();
  }

  disconnectedCallback() {
    this.closing.abort();
    this.closing = null;
  }

  get options() {
    return [...this.list.querySelectorAll("[role=option]:not([hidden])")];
  }

  get isOpen() {
    return !this.popup.hidden;
  }

  open() {
    if (this.isOpen) return;
    this.popup.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.input.select();
    if (this.loaded) this.filter("");
    else this.load();
  }

  // Leaving the box takes what was typed in it: any name works, listed or not.
  close({ keep = true } = {}) {
    if (!this.isOpen) return;
    this.popup.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.activate(null);
    const typed = this.input.value.trim();
    if (keep && typed && typed !== this.label) this.choose(this.keyOf(typed) ?? typed, typed);
    else this.input.value = this.label;
  }

  async load(again = false) {
    this.say(this.dataset.textLoading);
    const url = this.dataset.modelsUrl + (again ? "?refresh=1" : "");
    const refreshed = (event) => {
      this.loaded = event.detail.successful;
      this.say(this.loaded ? "" : this.dataset.textFailed);
      if (this.loaded) this.filter(this.input.value === this.label ? "" : this.input.value);
    };
    this.list.addEventListener("htmx:afterRequest", refreshed, { once: true });
    window.htmx.ajax("GET", url, { source: this.list, target: this.list, swap: "innerHTML" }).catch(() => {});
  }

  keyOf(label) {
    const same = [...this.list.querySelectorAll("[data-key]")].find((option) => option.dataset.label === label);
    return same?.dataset.key;
  }

  typed() {
    if (!this.isOpen) this.open();
    this.filter(this.input.value);
  }

  filter(text) {
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    this.list.querySelector("[data-typed]")?.remove();
    for (const group of this.list.querySelectorAll("[role=group]")) {
      const options = [...group.querySelectorAll("[role=option]")];
      for (const option of options) {
        const name = `${option.dataset.label} ${option.dataset.key}`.toLowerCase();
        option.hidden = !words.every((word) => name.includes(word));
        option.setAttribute("aria-selected", option.dataset.key === this.chosen.value);
      }
      group.hidden = words.length > 0 && options.every((option) => option.hidden);
    }
    if (words.length > 0 && this.keyOf(text.trim()) === undefined) this.offerTyped(text.trim());
    const current = this.list.querySelector("[aria-selected=true]:not([hidden])");
    this.activate(words.length > 0 ? this.options[0] : current);
  }

  offerTyped(name) {
    const option = this.querySelector("template").content.cloneNode(true).firstElementChild;
    Object.assign(option.dataset, { key: name, label: name });
    option.textContent = this.dataset.textUse.replace("{name}", name);
    this.list.append(option);
  }

  activate(option) {
    for (const other of this.list.querySelectorAll("[data-active]")) delete other.dataset.active;
    this.active = option ?? null;
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.dataset.active = "";
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  keydown(event) {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (this.isOpen) this.move(step);
      else this.open();
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!this.isOpen) this.open();
      else if (this.active) this.take(this.active);
      else this.close();
    } else if (event.key === "Escape" && this.isOpen) {
      event.preventDefault();
      event.stopPropagation();
      this.close({ keep: false });
      this.input.select();
    }
  }

  move(step) {
    const { options } = this;
    if (options.length === 0) return;
    const now = options.indexOf(this.active);
    const next = now === -1 && step === -1 ? -1 : (now + step) % options.length;
    this.activate(options.at(next));
  }

  take(option) {
    if (!option) return;
    this.choose(option.dataset.key, option.dataset.label);
    this.close({ keep: false });
    document.getElementById("message-text")?.focus({ preventScroll: true });
  }

  choose(key, label) {
    const { chooseUrl } = this.dataset;
    if (chooseUrl && key !== this.chosen.value) {
      window.htmx.ajax("POST", chooseUrl, { source: this.list, swap: "none", values: { model: key } }).catch(() => {});
    }
    this.chosen.value = key;
    this.label = label;
    this.input.value = label;
  }

  say(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
  }
}

customElements.define("model-picker", ModelPicker);
