// Puts a popover beside the button that opened it, inside the window.

const GAP = 6;
const MARGIN = 8;

export function placeBeside(popover, button) {
  const anchor = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = popover;
  const below = anchor.bottom + GAP;
  const fitsBelow = below + height <= innerHeight - MARGIN;
  const top = fitsBelow ? below : Math.max(MARGIN, anchor.top - GAP - height);
  const left = Math.min(Math.max(MARGIN, anchor.left), innerWidth - width - MARGIN);
  popover.style.top = `${top}px`;
  popover.style.left = `${Math.max(MARGIN, left)}px`;
}

export function openBeside(popover, button) {
  popover.showPopover({ source: button });
  if (!popover.matches(".sheet")) placeBeside(popover, button);
  popover.focus({ preventScroll: true });
}
