// Records the microphone as a WAV file: one channel, 16 bits, about 24 kHz, ten minutes at most.
// A recorder is for one recording. The microphone is open from start() to stop(), cancel(), an error or the end of
// the time, never longer.
import { url } from "./recorder-worklet.js";

const MOST_SECONDS = 600;

export class Recorder {
  static get isPossible() {
    return Boolean(navigator.mediaDevices?.getUserMedia && window.AudioWorkletNode);
  }

  // The name is the first word of the file's.
  constructor(name = "Recording") {
    Object.assign(this, { name, blocks: [], samples: 0, rate: 1 });
  }

  get seconds() {
    return this.samples / this.rate;
  }

  // Throws a DOMException: NotAllowedError if the person says no, NotFoundError if there is no microphone,
  // NotReadableError if it is in use, AbortError if it was ended first. onLevel(0 to 1) comes twenty times a second;
  // onEnd() when the time is over, onError(DOMException) when the microphone is gone: stop() still gives what there is.
  async start({ onLevel, onError, onEnd } = {}) {
    this.on = { onLevel, onError, onEnd };
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
      if (!this.over) await this.listen();
    } catch (error) {
      this.release();
      if (!this.over) throw error;
    }
    if (!this.over) return;
    this.release();
    throw new DOMException("Cancelled.", "AbortError");
  }

  async listen() {
    const source = this.connect({ sampleRate: 24_000 }) ?? this.connect();
    await this.context.audioWorklet.addModule(url);
    if (this.over) return;
    const node = new AudioWorkletNode(this.context, "recorder", { channelCount: 1, channelCountMode: "explicit" });
    node.port.onmessage = ({ data }) => this.stream && this.keep(data);
    this.stream.getTracks()[0].onended = () => {
      this.release();
      this.on.onError?.(new DOMException("The microphone is gone.", "NotReadableError"));
    };
    // It is silent, but only what leads to the loudspeaker is run in every browser.
    source.connect(node).connect(this.context.destination);
    this.context.resume();
  }

  // Not every browser lets a microphone into a context of another rate.
  connect(options) {
    this.context = new AudioContext(options);
    try {
      return this.context.createMediaStreamSource(this.stream);
    } catch (error) {
      this.close();
      if (!options) throw error;
      return null;
    }
  }

  keep({ samples, rate, level }) {
    this.blocks.push(samples);
    this.samples += samples.length;
    this.rate = rate;
    this.on.onLevel?.(level);
    if (this.seconds < MOST_SECONDS) return;
    this.release();
    this.on.onEnd?.();
  }

  async stop() {
    this.over = true;
    this.release();
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
    const name = `${this.name} ${day} ${two(now.getHours())}.${two(now.getMinutes())}.wav`;
    return new File([header(this.samples * 2, this.rate), ...this.blocks], name, { type: "audio/wav" });
  }

  cancel() {
    this.over = true;
    this.release();
    this.blocks = [];
  }

  release() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.close();
  }

  close() {
    this.context?.close().catch(() => {});
    this.context = null;
  }
}

// "RIFF", "WAVE", "fmt " and "data" as numbers; PCM and one channel; two bytes in a frame and 16 bits.
function header(bytes, rate) {
  return new Uint32Array([
    ...[0x46464952, bytes + 36, 0x45564157, 0x20746d66, 16, 0x00010001],
    ...[rate, rate * 2, 0x00100002, 0x61746164, bytes],
  ]);
}
