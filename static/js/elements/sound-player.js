// <sound-player>: an <audio> with quiet controls: play, the waveform as the slider, the time; one sounds at a time.
// Attributes: data-peaks (about 60 heights, 0 to 100), data-seconds, data-download, data-text-{play,pause,position,
// failed,download}. A sound that does not say how long it is has no slider: it shows the time passed, and that it runs.
import { clock } from "../lib/clock.js";
import "./live-speech.js";

function make(name, part, values) {
  return Object.assign(document.createElement(name), { className: `sound__${part}`, ...values });
}

const FLAT = ["M2 50H98", 100];

function waveform(peaks) {
  const share = 46 / Math.max(...peaks, 20); // a quiet sound is seen too, silence is not
  const bar = (peak, index) => `M${index * 4 + 2} ${48 - peak * share}V${52 + peak * share}`;
  return [peaks.map(bar).join(""), peaks.length * 4];
}

// Twice the same: the second, cut where the sound has come to, is what has been played. Attributes, not styles: a page
// that is cloned with styles in it breaks its own policy.
function drawing([path, width]) {
  const bars = `<path vector-effect="non-scaling-stroke" d="${path}"/>`;
  return (
    `<svg class="sound__wave" viewBox="0 0 ${width} 100" preserveAspectRatio="none" aria-hidden="true">` +
    `${bars}<svg width="0" height="100">${bars}</svg></svg>`
  );
}

function hushOthers({ target }) {
  for (const other of document.querySelectorAll("audio, video")) if (other !== target) other.pause();
}

document.addEventListener("play", hushOthers, true);

class SoundPlayer extends HTMLElement {
  static observedAttributes = ["data-peaks", "data-seconds"];

  connectedCallback() {
    this.audio = this.querySelector("audio");
    if (!this.audio?.controls) return;
    this.audio.controls = false;
    this.role = "group";
    this.ariaLabel = this.audio.ariaLabel;
    this.button = make("button", "button", { type: "button" });
    this.slider = make("input", "slider", { type: "range", min: 0, step: "any", ariaLabel: this.dataset.textPosition });
    this.time = make("span", "time");
    this.note = make("span", "note", { role: "alert" });
    const track = make("span", "track");
    track.append(this.slider);
    this.append(this.button, track, this.time, this.note);
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.seek(Number(this.slider.value)));
    this.slider.addEventListener("keydown", (event) => this.keydown(event));
    for (const type of ["play", "pause", "timeupdate", "durationchange", "error", "emptied"]) {
      this.audio.addEventListener(type, () => this.show());
    }
    this.attributeChangedCallback();
  }

  attributeChangedCallback() {
    if (!this.slider) return;
    const peaks = this.dataset.peaks?.match(/\d+/g);
    this.toggleAttribute("data-flat", !peaks);
    this.querySelector(".sound__wave")?.remove();
    this.slider.insertAdjacentHTML("beforebegin", drawing(peaks ? waveform(peaks) : FLAT));
    this.played = this.querySelector(".sound__wave svg");
    this.show();
  }

  // Before it is loaded, what the server said; Infinity while it still comes in.
  get duration() {
    return this.audio.duration || Number(this.dataset.seconds);
  }

  toggle() {
    if (this.audio.error) this.audio.load();
    if (!this.audio.paused) this.audio.pause();
    else this.audio.play().catch(() => {}); // its error event tells of it
  }

  seek(seconds) {
    this.audio.currentTime = Math.min(Math.max(seconds, 0), this.duration);
    this.show();
  }

  keydown(event) {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
    if (!by) return;
    event.preventDefault();
    this.seek(this.audio.currentTime + by * (this.duration > 60 ? 5 : 1));
  }

  show() {
    const { audio, duration, slider, dataset } = this;
    const { currentTime, error } = audio;
    const playing = !audio.paused && !error;
    const endless = !duration || duration === Infinity;
    const time = endless ? clock(currentTime) : `${clock(currentTime)} / ${clock(duration)}`;
    this.button.ariaLabel = playing ? dataset.textPause : dataset.textPlay;
    this.toggleAttribute("data-playing", playing);
    this.toggleAttribute("data-endless", endless);
    if (this.toggleAttribute("data-failed", Boolean(error)) !== this.note.hasChildNodes()) this.tell(error);
    if (this.time.textContent !== time) this.time.textContent = time;
    slider.hidden = endless;
    cancelAnimationFrame(this.frame);
    if (endless) return;
    slider.max = duration;
    slider.value = currentTime;
    slider.setAttribute("aria-valuetext", time);
    this.played.setAttribute("width", `${(100 * currentTime) / duration}%`);
    if (playing) this.frame = requestAnimationFrame(() => this.show());
  }

  tell(error) {
    const { textFailed, textDownload, download = this.audio.src } = this.dataset;
    const link = make("a", "download", { href: download, download: "", textContent: textDownload });
    this.note.replaceChildren(...(error ? [textFailed, " ", link] : []));
  }
}

customElements.define("sound-player", SoundPlayer);
