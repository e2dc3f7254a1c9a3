// <live-speech>: plays what an answer says while it comes; later the <audio> inside it plays the whole.
// Attributes: data-src, data-text-{play,pause}. Browsers wait for much of a sound that has no end: this does not.
import { clock } from "../lib/clock.js";

const HEADER_BYTES = 44;
const AHEAD_SECONDS = 0.12; // so much is in store before the first sound

class LiveSpeech extends HTMLElement {
  connectedCallback() {
    this.audio = this.querySelector("audio");
    this.button = Object.assign(document.createElement("button"), { type: "button", className: "sound__button" });
    this.time = Object.assign(document.createElement("span"), { className: "sound__time" });
    this.line = Object.assign(document.createElement("span"), { className: "sound__line" });
    this.role = "group";
    this.ariaLabel = this.audio.ariaLabel;
    this.audio.hidden = true;
    this.append(this.button, this.line, this.time);
    this.button.addEventListener("click", () => this.toggle());
    this.show();
    // Of several windows only the one that somebody sits at speaks.
    if (document.hasFocus()) this.begin();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
    this.reading?.abort();
    this.context?.close();
    this.context = null;
  }

  get isPlaying() {
    return this.context?.state === "running";
  }

  async toggle() {
    if (!this.context) this.begin();
    else if (this.isPlaying) await this.context.suspend();
    else await this.context.resume();
    this.show();
  }

  show() {
    this.button.ariaLabel = this.isPlaying ? this.dataset.textPause : this.dataset.textPlay;
    this.toggleAttribute("data-playing", this.isPlaying);
    this.time.textContent = clock(Math.max(0, (this.context?.currentTime ?? 0) - (this.startedAt ?? 0)));
  }

  async begin() {
    this.context = new AudioContext();
    this.context.onstatechange = () => this.show();
    this.timer = setInterval(() => this.show(), 250);
    this.reading = new AbortController();
    try {
      await this.read();
    } catch {
      this.ended();
    }
  }

  async read() {
    const answer = await fetch(this.dataset.src, { signal: this.reading.signal });
    if (!answer.ok) return this.ended();
    const reader = answer.body.getReader();
    let bytes = new Uint8Array();
    let rate = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const joined = new Uint8Array(bytes.length + value.length);
      joined.set(bytes);
      joined.set(value, bytes.length);
      bytes = joined;
      if (!rate && bytes.length >= HEADER_BYTES) {
        const header = new DataView(bytes.buffer);
        // One channel of 16 bits is what is spoken; all else is for the browser's own player.
        if (header.getUint16(22, true) !== 1 || header.getUint16(34, true) !== 16) return this.ended();
        rate = header.getUint32(24, true);
        bytes = bytes.slice(HEADER_BYTES);
      }
      if (rate && bytes.length > 1) {
        const whole = bytes.length - (bytes.length % 2);
        this.schedule(new DataView(bytes.buffer, bytes.byteOffset, whole), rate);
        bytes = bytes.slice(whole);
      }
    }
    if (this.playsUntil > this.context.currentTime) this.last.onended = () => this.ended();
    else this.ended();
  }

  schedule(samples, rate) {
    const { context } = this;
    const buffer = context.createBuffer(1, samples.byteLength / 2, rate);
    const channel = buffer.getChannelData(0);
    for (let index = 0; index < channel.length; index += 1) channel[index] = samples.getInt16(index * 2, true) / 32768;
    const source = new AudioBufferSourceNode(context, { buffer });
    source.connect(context.destination);
    this.startedAt ??= context.currentTime + AHEAD_SECONDS;
    this.playsUntil = Math.max(this.playsUntil ?? 0, context.currentTime + AHEAD_SECONDS);
    source.start(this.playsUntil);
    this.playsUntil += buffer.duration;
    this.last = source;
  }

  // From now on it is a sound like any other.
  ended() {
    if (!this.isConnected || !this.context) return;
    const player = document.createElement("sound-player");
    player.className = this.className;
    Object.assign(player.dataset, this.dataset);
    this.audio.hidden = false;
    player.append(this.audio);
    this.replaceWith(player);
  }
}

customElements.define("live-speech", LiveSpeech);
