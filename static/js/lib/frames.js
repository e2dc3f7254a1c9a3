// Decides what to do with each live frame: which to apply, which to ignore, when to ask again.
// Pure: receive() and refreshed() return actions ({do: "apply" | "send" | "tell" | "refresh" | "bye", …}) for the caller to carry out.

export class FrameOrder {
  constructor(revision = 0) {
    this.revision = revision;
    this.reset();
  }

  // After a new connection the server sends a snapshot of every running answer.
  reset() {
    this.runs = new Map(); // run -> {seq, text}: its last frame (null while a snapshot is awaited) and "text" element
    this.absent = new Map(); // run -> revision whose transcript was fetched and does not show it
    this.held = null; // frames that came while the transcript is being fetched again
    this.announced = this.revision;
  }

  receive(message) {
    const [run, seq, ...ops] = Array.isArray(message) ? message : [];
    const frame = run ? { t: "frame", run, seq, ops } : message;
    if (frame.t === "bye") return [{ do: "bye", code: frame.code }];
    if (frame.t === "mark") return [{ do: "send", message: frame }]; // says how far this page has come
    if (frame.t === "sent" || frame.t === "refused") return [{ do: "tell", reply: frame }]; // about a message of this page
    if (frame.t === "side") return [{ do: "apply", kind: "side", ops: frame.ops }];
    if (this.held && frame.t !== "hello") {
      this.held.push(frame);
      return [];
    }
    return this[`on_${frame.t}`]?.(frame) ?? [];
  }

  // The title may have changed while nobody was listening.
  on_hello(frame) {
    return frame.ops ? [{ do: "apply", kind: "side", ops: frame.ops }] : [];
  }

  on_refresh(frame) {
    this.announced = frame.rev;
    return this.refresh();
  }

  on_rev(frame) {
    if (frame.rev <= this.revision) return [];
    if (frame.rev !== this.revision + 1) return this.refresh();
    // What closes an answer fits only a page that has seen all of it.
    if (frame.run && this.runs.get(frame.run)?.seq !== (frame.seq ?? 0)) return this.refresh();
    this.revision = frame.rev;
    return [{ do: "apply", kind: "rev", ops: frame.ops }];
  }

  on_snapshot(frame) {
    this.runs.set(frame.run, { seq: frame.seq });
    return [{ do: "apply", kind: "snapshot", run: frame.run, ops: frame.ops }];
  }

  on_frame(frame) {
    const last = this.runs.get(frame.run);
    if (!last) return [this.resync(frame.run)];
    if (last.seq === null || frame.seq <= last.seq) return [];
    if (frame.seq !== last.seq + 1) return [this.resync(frame.run)];
    last.seq = frame.seq;
    return [{ do: "apply", kind: "frame", run: frame.run, ops: frame.ops.map((op) => this.written_out(op, last)) }];
  }

  // An operation that is only a string appends to the element that the last "text" operation named.
  written_out(op, last) {
    if (typeof op === "string") return ["text", last.text, op];
    if (op[0] === "text") last.text = op[1];
    return op;
  }

  resync(run) {
    this.runs.set(run, { seq: null });
    return { do: "send", message: { t: "resync", run } };
  }

  // The page lacks what an action is about: it is out of date, or it shows another branch than the run's.
  missed({ run }) {
    if (run === undefined || this.absent.get(run) !== this.revision) {
      if (run !== undefined) this.absent.set(run, this.revision);
      return this.refresh();
    }
    this.runs.set(run, { seq: null }); // until the transcript changes
    return [];
  }

  refresh() {
    if (this.held) return [];
    this.held = [];
    return [{ do: "refresh" }];
  }

  // The transcript on the page is now that of `revision`. Streamed frames that waited may be older than
  // what was fetched, so their runs are asked for again instead.
  refreshed(revision = this.announced) {
    if (revision < this.revision) {
      this.held ??= [];
      return [{ do: "refresh" }]; // overtaken by a change that was applied meanwhile
    }
    this.revision = revision;
    const held = this.held ?? [];
    this.held = null;
    const runs = new Set(this.runs.keys());
    for (const frame of held) if (frame.run !== undefined) runs.add(frame.run);
    const actions = [...runs].map((run) => this.resync(run));
    for (const frame of held) if (frame.t === "rev") actions.push(...this.receive(frame));
    return actions;
  }
}

// Milliseconds to wait before connection attempt `attempt` (1, 2, …): doubling up to `most`, half of it random,
// so that a restarted server is not met by everybody at once.
export function backoff(attempt, random = Math.random(), most = 15000) {
  const ceiling = Math.min(most, 500 * 2 ** (attempt - 1));
  return ceiling / 2 + (ceiling / 2) * random;
}
