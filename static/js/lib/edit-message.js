// Puts an editor in the place of a message of one's own; sending it makes a new version beside the old one.

export function clicked(button) {
  const message = button.closest(".message");
  if (message.querySelector(".message-edit")) return;
  const form = document.getElementById("edit-template").content.cloneNode(true).firstElementChild;
  const box = form.querySelector("textarea");
  const id = `edit-${message.dataset.messageId}`;
  box.id = id;
  form.querySelector("label").htmlFor = id;
  box.value = [...message.querySelectorAll(".part-plain")].map((part) => part.textContent).join("\n\n");
  const close = () => {
    form.remove();
    button.focus();
  };
  form.querySelector("[data-cancel]").addEventListener("click", close);
  box.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  form.setAttribute("hx-post", button.dataset.editUrl);
  form.setAttribute("hx-swap", "none");
  form.addEventListener("htmx:afterRequest", (event) => event.detail.successful && close());
  message.querySelector(".message-body").after(form);
  window.htmx.process(form);
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}
