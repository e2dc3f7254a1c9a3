// <attachment-tray>: brings files to the server while the message is still being written, and shows them in #tray.
// Attributes: data-{upload,order,tray}-url, data-conversation, data-text-*.
import { clock } from "../lib/clock.js";
import { noticeText } from "../lib/exchange.js";
import { post } from "../lib/post.js";

const LONG_TEXT = 8000; // characters: more is offered as a file
const LEVELS_KEPT = 4; // a fifth of a second: what jumps about less can be read

class AttachmentTray extends HTMLElement {
  connectedCallback() {
    this.list = document.getElementById("tray");
    this.offer = this.querySelector(".offer");
    this.addressForm = this.querySelector(".address-form");
    this.recordingBar = this.querySelector(".recording");
    this.composer = this.closest("chat-composer");
    this.closing = new AbortController();
    const { signal } = this.closing;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });

    on(this, "click", (event) => this.clicked(event));
    on(this.list, "click", (event) => this.listClicked(event));
    for (const input of this.querySelectorAll("input[type=file]")) {
      on(input, "change", () => {
        this.take(input.files);
        input.value = "";
      });
    }
    on(this.addressForm, "submit", (event) => this.fetchAddress(event));
    on(this.addressForm, "keydown", (event) => event.key === "Escape" && this.closeAddress(event));
    on(document, "htmx:afterSwap", (event) => this.swapped(event));
    on(window, "beforeunload", (event) => this.isBusy && event.preventDefault());
    on(document, "change", ({ target }) => target.name === "model" && this.refresh());
    // A phone has a camera, and a desk has not.
    this.querySelector("[data-pick=camera]").hidden = !matchMedia("(pointer: coarse)").matches;
    this.querySelector("[data-record]").hidden = !navigator.mediaDevices?.getUserMedia;
  }

  // Whoever goes elsewhere finds the recording where it was begun.
  async disconnectedCallback() {
    this.closing.abort();
    const { recorder } = this;
    this.recorder = null;
    if (!recorder?.seconds) return recorder?.cancel();
    const file = await recorder.stop();
    const body = new FormData();
    body.append("file", file, file.name);
    body.set("conversation", this.dataset.conversation);
    const request = this.request();
    request.onloadend = () => request.status === 201 || saveCopy(file);
    request.send(body);
  }

  // What the page's own handlers caught: files, a text just pasted, or something that is dragged over the page.
  bring({ type, files, text, isOutside }) {
    if (type === "paste" && !files.length) this.offerFor(text);
    else if (type !== "dragover") this.take(files);
    document.body.toggleAttribute("data-dragging", type === "dragover" || (type === "dragleave" && !isOutside));
  }

  // What is sent leaves the tray, and stands in the message's bubble as it stood there, until it is known to be stored.
  takeOut(bubble) {
    this.sent = [...this.list.querySelectorAll("[data-attachment]")];
    const shown = bubble.querySelector("[data-pending-files]");
    for (const item of this.sent) {
      shown.append(item.querySelector(".tray-item__picture").cloneNode(true));
      item.remove();
    }
    shown.hidden = !this.sent.length;
  }

  putBack() {
    this.list.prepend(...(this.sent ?? []));
    this.refresh();
  }

  get isBusy() {
    return this.list.querySelector(".is-uploading:not(.has-failed)") !== null || Boolean(this.recorder);
  }

  get model() {
    return new FormData(this.composer.form).get("model") ?? "";
  }

  // Files or blobs, from wherever they come.
  take(files) {
    for (const file of files) {
      const body = new FormData();
      body.append("file", file, file.name);
      this.send(body, file.name, file.type.startsWith("image/") ? file : null);
    }
  }

  takeText(text) {
    const name = `${this.dataset.textPasted}.txt`;
    this.take([new File([text], name, { type: "text/plain" })]);
  }

  takeAddress(address) {
    const body = new FormData();
    body.append("url", address);
    this.send(body, address, null);
  }

  send(body, name, picture) {
    const item = this.querySelector("[data-uploading]").content.cloneNode(true).firstElementChild;
    item.querySelector(".tray-item__name").textContent = name;
    if (picture) this.showPicture(item, picture);
    item.querySelector("[data-retry]").addEventListener("click", () => this.upload(item, body));
    item.querySelector("[data-save]").addEventListener("click", () => saveCopy(body.get("file")));
    item.querySelector("[data-cancel-upload]").addEventListener("click", () => {
      item.request?.abort();
      this.remove(item);
    });
    item.hasFile = body.has("file");
    this.list.append(item);
    item.scrollIntoView({ block: "nearest" });
    this.upload(item, body);
  }

  showPicture(item, file) {
    const picture = new Image();
    picture.className = "tray-item__picture";
    picture.alt = "";
    picture.onload = picture.onerror = () => URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(file);
    item.querySelector(".tray-item__picture").replaceWith(picture);
  }

  upload(item, body) {
    body.set("conversation", this.dataset.conversation);
    body.set("model", this.model);
    const request = this.request();
    item.request = request;
    item.classList.remove("has-failed");
    item.querySelector("[data-retry]").hidden = true;
    item.querySelector(".tray-item__problem").hidden = true;
    const progress = item.querySelector("progress");
    progress.hidden = false;
    // At the end it is looked at, which takes a moment of its own.
    request.upload.onprogress = ({ loaded, total }) => (progress.value = total ? loaded / total : 0);
    request.upload.onload = () => progress.removeAttribute("value");
    request.onload = () => this.uploaded(item, request);
    request.onerror = () => this.failed(item, this.dataset.textOffline, true);
    if (body.get("file")?.size > Number(this.dataset.largest)) this.failed(item, this.dataset.textLarge, false);
    else request.send(body);
    this.changed();
  }

  request() {
    const request = new XMLHttpRequest();
    request.open("POST", this.dataset.uploadUrl);
    request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
    request.setRequestHeader("X-CSRFToken", document.cookie.match(/(?:^|; )chatsite_csrf=([^;]+)/)?.[1] ?? "");
    return request;
  }

  uploaded(item, request) {
    if (request.status === 201) {
      const fresh = parsed(request.responseText);
      item.replaceWith(fresh);
      window.htmx.process(fresh);
      this.arranged();
    } else if (request.status === 401) this.failed(item, this.dataset.textSignedOut, true);
    // What was refused for what it is would be refused again.
    else this.failed(item, noticeText(request) || this.dataset.textFailed, request.status !== 422);
    this.changed();
  }

  failed(item, text, again) {
    item.classList.add("has-failed");
    item.querySelector("progress").hidden = true;
    item.querySelector("[data-retry]").hidden = !again;
    item.querySelector("[data-save]").hidden = !item.hasFile;
    const problem = item.querySelector(".tray-item__problem");
    problem.textContent = text;
    problem.hidden = false;
    this.changed();
  }

  remove(item) {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    (next?.querySelector("[data-discard], [data-cancel-upload]") ?? this.composer.box).focus();
    this.changed();
  }

  // The composer knows by it whether there is anything to send.
  changed() {
    this.composer.show();
  }

  listClicked(event) {
    const item = event.target.closest(".tray-item");
    const move = event.target.closest("[data-move]");
    if (move) this.move(item, Number(move.dataset.move), move);
    else if (event.target.closest("[data-discard]")) {
      event.preventDefault();
      post(event.target.closest("[data-discard]").getAttribute("formaction"));
      this.remove(item);
    }
  }

  move(item, by, button) {
    const other = by < 0 ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (by < 0) other.before(item);
    else other.after(item);
    button.focus();
    this.arranged();
  }

  arranged() {
    const ids = [...this.list.querySelectorAll("[data-attachment]")].map((item) => item.dataset.attachment);
    if (ids.length > 1) post(this.dataset.orderUrl, { attachment: ids });
  }

  clicked({ target }) {
    const choice = target.closest("[role=menuitem]");
    if (choice) document.getElementById("attach-menu").hidePopover();
    const pick = choice?.dataset.pick;
    if (pick) this.querySelector(pick === "camera" ? "[data-camera]" : "[data-files]").click();
    else if (target.closest("[data-record]")) this.record();
    else if (target.closest("[data-record-stop]")) this.stopRecording();
    else if (target.closest("[data-record-cancel]")) this.endRecording();
    else if (target.closest("[data-address]")) this.openAddress();
    else if (target.closest("[data-address-cancel]")) this.closeAddress();
    else if (target.closest("[data-offer-take]")) this.takeOffer();
    else if (target.closest("[data-offer-leave]")) this.offer.hidden = true;
  }

  openAddress() {
    this.addressForm.hidden = false;
    this.addressForm.elements.url.focus();
  }

  closeAddress(event) {
    event?.stopPropagation();
    this.addressForm.hidden = true;
    this.addressForm.reset();
    this.composer.box.focus();
  }

  fetchAddress(event) {
    event.preventDefault();
    event.stopPropagation();
    this.takeAddress(this.addressForm.elements.url.value);
    this.closeAddress();
  }

  // `text` is in the box already, where it may as well stay.
  offerFor(text) {
    const isAddress = /^https?:\/\/\S+\.(png|jpe?g|gif|webp|avif|heic)(\?\S*)?$/i.test(text.trim());
    if (!isAddress && text.length <= LONG_TEXT) return;
    this.offered = { text, isAddress };
    this.offer.querySelector("[data-offer-text]").textContent = isAddress ? this.dataset.textAddress : this.dataset.textLong;
    this.offer.querySelector("[data-offer-take]").textContent = isAddress ? this.dataset.textAsPicture : this.dataset.textAsFile;
    this.offer.hidden = false;
  }

  takeOffer() {
    const { text, isAddress } = this.offered;
    const { box } = this.composer;
    const at = box.value.indexOf(text.replaceAll("\r\n", "\n"));
    if (at >= 0) box.setRangeText("", at, at + text.replaceAll("\r\n", "\n").length, "start");
    this.composer.edited();
    this.offer.hidden = true;
    if (isAddress) this.takeAddress(text.trim());
    else this.takeText(text);
    box.focus();
  }

  async record() {
    const { Recorder } = await import("../lib/recorder.js");
    if (this.recorder) return;
    const bars = [];
    const level = this.recordingBar.querySelector(".recording__level");
    const time = this.recordingBar.querySelector("[data-seconds]");
    const recorder = new Recorder(this.dataset.textRecording);
    this.recorder = recorder;
    const onLevel = (loudness) => {
      bars.push(loudness);
      level.value = Math.max(...bars);
      if (bars.length > LEVELS_KEPT) bars.shift();
      time.textContent = clock(recorder.seconds);
    };
    try {
      const stop = () => this.stopRecording();
      await recorder.start({ onLevel, onError: stop, onEnd: stop });
    } catch ({ name }) {
      this.endRecording();
      if (name !== "AbortError") this.composer.say(this.dataset.textNoMicrophone);
      return;
    }
    this.recordingBar.hidden = false;
    this.recordingBar.querySelector("[data-record-stop]").focus();
  }

  async stopRecording() {
    const { recorder } = this;
    const file = await recorder?.stop();
    this.endRecording();
    if (file) this.take([file]);
  }

  endRecording() {
    this.recorder?.cancel();
    this.recorder = null;
    this.recordingBar.hidden = true;
    this.composer.box.focus();
  }

  // What was said of a file has been kept: its item has been drawn anew.
  swapped({ target, detail }) {
    if (!detail.requestConfig?.path.endsWith("/describe/") || detail.requestConfig.verb !== "post") return;
    document.getElementById("attachment-sheet")?.hidePopover();
    if (target.isConnected) this.changed();
  }

  // Another model may take other things, and another tab may have sent them meanwhile.
  async refresh() {
    if (!this.list.querySelector("[data-attachment]") || this.isBusy) return;
    const query = new URLSearchParams({ conversation: this.dataset.conversation, model: this.model });
    const answer = await fetch(`${this.dataset.trayUrl}?${query}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const fresh = new Map([...parsedAll(await answer.text())].map((item) => [item.id, item]));
    for (const item of this.list.querySelectorAll("[data-attachment]")) {
      const how = fresh.get(item.id);
      if (how) {
        item.replaceWith(how);
        window.htmx.process(how);
      } else item.remove();
    }
    this.changed();
  }
}

// Puts a file that could not be sent among the reader's own.
function saveCopy(file) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function parsedAll(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.querySelectorAll("li");
}

function parsed(html) {
  return parsedAll(html)[0];
}

customElements.define("attachment-tray", AttachmentTray);
