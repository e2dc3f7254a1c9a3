// Keeps the keyboard where it was when the messages are fetched again: on the same control of the message that stands
// in the same place, else on the transcript, and never on nothing.

// Returns a function that puts the focus back, or null when it is not in `messages`.
export function placeOfFocus(messages) {
  const { activeElement: focused } = document;
  const message = focused.closest?.(".message");
  if (!message || !messages.contains(message)) return null;
  const fromEnd = place(messages, message);
  const name = focused.ariaLabel ?? focused.textContent;
  return () => {
    if (document.activeElement !== document.body) return;
    const now = document.getElementById(message.id) ?? messages.querySelectorAll(".message")[fromEnd];
    const controls = [...(now?.querySelectorAll("a[href], button:enabled, summary") ?? [])];
    const same = controls.find((control) => (control.ariaLabel ?? control.textContent) === name);
    const near = controls.find((control) => control.matches(".versions button") && focused.closest(".versions"));
    (same ?? near ?? messages.closest("[tabindex]")).focus({ preventScroll: true });
  };
}

function place(messages, message) {
  return [...messages.querySelectorAll(".message")].indexOf(message);
}
