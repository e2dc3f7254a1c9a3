// Zooms and moves one picture in the box that shows it, by wheel, fingers, double click, drag and keys. At its smallest
// it is fitted.

const MOST = 4; // pixels of the window for one of the picture
const ZOOM = 1.5;
const PAN = 80;
const SWIPE = 48;
const STILL = 4; // so far a finger may tremble

const clamp = (value, reach) => Math.min(Math.max(value, -reach), reach);

export class PanZoom {
  fingers = new Map();

  // onScale(percent of the picture's own size), onSwipe(1 to the next or -1 to the previous).
  constructor(box, { onScale, onSwipe }) {
    Object.assign(this, { box, onScale, onSwipe });
    const on = (type, handler) => box.addEventListener(type, (event) => this.picture && handler(event));
    on("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event);
    });
    on("dblclick", (event) => (this.scale > 1 ? this.reset() : this.zoom(Math.max(2, 1 / this.fitted), event)));
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.lift(event, this.slide));
    on("pointercancel", (event) => this.lift(event, 0));
    new ResizeObserver(() => this.place()).observe(box);
  }

  // A picture of so many pixels, or null.
  show(picture, width, height) {
    Object.assign(this, { picture, width, height });
    this.fingers.clear();
    this.reset();
  }

  reset() {
    Object.assign(this, { scale: 1, x: 0, y: 0, slide: 0 });
    this.place();
  }

  // What is at the point stays there; without one, what is in the middle.
  zoom(factor, point) {
    const { x, y, width, height } = this.box.getBoundingClientRect();
    const [right, down] = point ? [point.clientX - x - width / 2, point.clientY - y - height / 2] : [0, 0];
    const before = this.scale;
    this.scale = Math.min(Math.max(before * factor, 1), MOST / this.fitted);
    this.x = right - ((right - this.x) * this.scale) / before;
    this.y = down - ((down - this.y) * this.scale) / before;
    this.place();
  }

  // False where there is nothing left to move to.
  pan(right, down) {
    const { x, y } = this;
    this.x += right;
    this.y += down;
    this.place();
    return x !== this.x || y !== this.y;
  }

  // False for a key that has nothing to do.
  key(name) {
    const [right, down] = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[name] ?? [];
    const factor = { "+": ZOOM, "=": ZOOM, "-": 1 / ZOOM, 0: 1 / this.scale }[name];
    if (!this.picture || (factor ?? right) === undefined) return false;
    if (!factor) return this.pan(right * PAN, down * PAN);
    this.zoom(factor);
    return true;
  }

  place() {
    const { picture, width, height, scale, box } = this;
    const { clientWidth, clientHeight } = box;
    if (!picture || !width || !clientWidth) return;
    this.fitted = Math.min(1, clientWidth / width, clientHeight / height);
    const [shownWidth, shownHeight] = [width * this.fitted, height * this.fitted];
    this.x = clamp(this.x, Math.max(0, (shownWidth * scale - clientWidth) / 2));
    this.y = clamp(this.y, Math.max(0, (shownHeight * scale - clientHeight) / 2));
    picture.style.width = `${shownWidth}px`;
    picture.style.height = `${shownHeight}px`;
    picture.style.transform = `translate(${this.x + this.slide}px, ${this.y}px) scale(${scale})`;
    box.toggleAttribute("data-zoomed", scale > 1);
    this.onScale(Math.round(100 * scale * this.fitted));
  }

  press(event) {
    if (event.button) return;
    event.target.setPointerCapture(event.pointerId);
    this.dragged = false;
    this.swipes = !this.fingers.size;
    this.fingers.set(event.pointerId, event);
  }

  move(event) {
    const last = this.fingers.get(event.pointerId);
    if (!last) return;
    const [right, down] = [event.clientX - last.clientX, event.clientY - last.clientY];
    if (!this.dragged && Math.hypot(right, down) < STILL) return;
    this.dragged = true;
    this.box.toggleAttribute("data-dragging", true);
    this.fingers.set(event.pointerId, event);
    const other = [...this.fingers.values()].find(({ pointerId }) => pointerId !== event.pointerId);
    if (other) this.pinch(last, event, other);
    else if (this.scale > 1) this.pan(right, down);
    else if (this.swipes) {
      this.slide += right;
      this.place();
    }
  }

  pinch(before, now, other) {
    const apart = (finger) => Math.hypot(finger.clientX - other.clientX, finger.clientY - other.clientY) || 1;
    const middle = { clientX: (now.clientX + other.clientX) / 2, clientY: (now.clientY + other.clientY) / 2 };
    this.slide = 0;
    this.zoom(apart(now) / apart(before), middle);
    this.pan((now.clientX - before.clientX) / 2, (now.clientY - before.clientY) / 2);
  }

  lift({ pointerId }, slide) {
    if (!this.fingers.delete(pointerId) || this.fingers.size) return;
    this.box.removeAttribute("data-dragging");
    this.slide = 0;
    this.place();
    if (Math.abs(slide) > SWIPE) this.onSwipe(slide < 0 ? 1 : -1);
  }
}
