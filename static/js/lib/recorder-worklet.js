// Hears the microphone for recorder.js: blocks of 16-bit samples at about 24 kHz, and how loud each was.
// Imported by a page it only says where it is: file names have hashes that no script can know.
export const url = import.meta.url;

if (globalThis.registerProcessor) {
  const step = Math.max(1, Math.round(sampleRate / 24_000)); // so many samples become one, their mean
  const size = 1_200;

  class Recorder extends AudioWorkletProcessor {
    sum = 0;
    heard = 0;
    kept = [];

    process([[channel = []]]) {
      for (const sample of channel) {
        this.sum += sample;
        this.heard += 1;
        if (this.heard % step) continue;
        this.kept.push(Math.max(-1, Math.min(1, this.sum / step)));
        this.sum = 0;
        if (this.kept.length === size) this.send();
      }
      return true;
    }

    send() {
      const level = this.kept.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      const samples = Int16Array.from(this.kept, (sample) => sample * 32767);
      this.port.postMessage({ samples, rate: sampleRate / step, level });
      this.kept = [];
    }
  }

  registerProcessor("recorder", Recorder);
}
