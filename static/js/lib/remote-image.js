// Puts a picture from another host in the place of its link, once the reader asks: our own server fetches it, so that
// its host learns nothing of the reader.
import { noticeText } from "./exchange.js";
import { showToast } from "./toast.js";

export function clicked(link) {
  const message = link.closest("[data-message-id]");
  const page = message?.closest("chat-live")?.dataset.transcriptUrl;
  if (!page) return open(link.href, "_blank", "noopener");
  const address = new URL(`${message.dataset.messageId}/picture/`, new URL(page, location.href));
  address.searchParams.set("url", link.dataset.src);
  link.ariaBusy = "true";
  const request = new XMLHttpRequest();
  request.responseType = "blob";
  request.onload = async () => {
    link.ariaBusy = null;
    if (request.status === 200) return show(link, request.response);
    const text = await request.response.text();
    const getResponseHeader = (name) => request.getResponseHeader(name);
    showToast(noticeText({ getResponseHeader, responseText: text }) || document.getElementById("toasts").dataset.textFailed);
  };
  request.onerror = () => {
    link.ariaBusy = null;
    showToast(document.getElementById("toasts").dataset.textOffline);
  };
  request.open("GET", address);
  request.setRequestHeader("HX-Request", "true");
  request.send();
}

function show(link, blob) {
  const picture = new Image();
  picture.className = "loaded-image";
  picture.alt = link.textContent;
  picture.src = URL.createObjectURL(blob);
  picture.onload = () => URL.revokeObjectURL(picture.src);
  const whole = link.cloneNode();
  whole.className = "";
  whole.append(picture);
  link.replaceWith(whole);
}
