// Sends a form's worth of values; the promise says whether the server did it. What went wrong is said elsewhere.

export function post(url, values = {}) {
  // An element of its own: htmx lets one element have one request at a time.
  const source = document.createElement("i");
  source.hidden = true;
  document.body.append(source);
  return new Promise((resolve) => {
    source.addEventListener("htmx:afterRequest", ({ detail }) => {
      resolve(detail.successful);
      setTimeout(() => source.remove());
    });
    window.htmx.ajax("POST", url, { swap: "none", source, values }).catch(() => {});
  });
}
