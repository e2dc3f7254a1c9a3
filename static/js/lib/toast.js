// Shows a short message at the foot of the page, with at most one action; it leaves by itself.

const SECONDS = 6;

export function showToast(text, action = null) {
  const region = document.getElementById("toasts");
  const toast = document.getElementById("toast-template").content.cloneNode(true).firstElementChild;
  toast.querySelector(".toast__text").textContent = text;
  const leave = () => toast.remove();
  const timer = setTimeout(leave, SECONDS * 1000);
  // For whoever points at it or is in it, it stays until it is closed.
  for (const event of ["pointerenter", "focusin"]) toast.addEventListener(event, () => clearTimeout(timer));
  toast.querySelector("[data-toast-close]").addEventListener("click", leave);
  if (action) {
    const button = toast.querySelector("[data-toast-action]");
    button.textContent = action.label;
    button.hidden = false;
    button.addEventListener("click", () => {
      leave();
      action.run();
    });
  }
  place(region);
  region.replaceChildren(toast);
}

function place(region) {
  const column = document.getElementById("main").getBoundingClientRect();
  const box = document.querySelector(".conversation:not(.is-new) .composer")?.getBoundingClientRect();
  region.style.left = `calc(${column.left}px + var(--s4))`;
  region.style.bottom = box ? `${innerHeight - box.top + 8}px` : "";
}
