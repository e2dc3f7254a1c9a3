// Sends a form's worth of values; the promise says whether the server did it. What went wrong is said elsewhere.

export function post(url, values = {}) {
  return new Promise((resolve) => {
    const ended = ({ detail }) => {
      if (detail.pathInfo?.requestPath !== url) return;
      document.removeEventListener("htmx:afterRequest", ended);
      resolve(detail.successful);
    };
    document.addEventListener("htmx:afterRequest", ended);
    window.htmx.ajax("POST", url, { swap: "none", source: document.body, values }).catch(() => {});
  });
}
