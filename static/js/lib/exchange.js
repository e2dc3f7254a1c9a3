// What goes to and fro between the page and the server: a message on its way, and what an answer says to people.

const LOGIN = "/accounts/login/";

// True when the session has ended: the answer came from the sign-in page, or says so by its status.
export function isSignedOut(xhr) {
  if (xhr.status === 401) return true;
  return Boolean(xhr.responseURL) && new URL(xhr.responseURL).pathname.endsWith(LOGIN);
}

// The short words the server sent for people to read, or "" when it sent none (an error page, nothing, too much).
export function noticeText(xhr, most = 300) {
  const type = xhr.getResponseHeader("Content-Type") ?? "";
  let text = "";
  if (type.startsWith("text/plain")) text = xhr.responseText;
  else if (type.startsWith("text/html")) {
    text = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector(".notice")?.textContent ?? "";
  }
  text = text.trim();
  return text.length <= most ? text : "";
}

// What was typed, the bubble that stands for it, and the key that it is stored under.
export class SentMessage {
  // `before` is the same message, sent already and handed back: the server stores what has one key once.
  constructor(text, bubble, log, before = null) {
    this.text = text;
    this.bubble = bubble;
    this.log = log;
    this.key = before?.key ?? newKey();
    this.after = before ? before.after : articles(log).at(-1)?.id; // the last message when it was sent first
    bubble.querySelector(".part-plain").textContent = text;
    log.append(bubble);
  }

  // Whether the server's own article for it stands in the conversation.
  get hasArrived() {
    const shown = articles(this.log);
    const fresh = shown.slice(shown.findIndex(({ id }) => id === this.after) + 1);
    return fresh.some((one) => one.dataset.role === "user" && saidIn(one) === saidIn(this.bubble));
  }

  // After the conversation has been drawn anew.
  putBack() {
    if (!this.bubble.isConnected) this.log.append(this.bubble);
  }
}

function articles(log) {
  return [...log.querySelectorAll(".message:not(.is-pending)")];
}

function saidIn(article) {
  return article.querySelector(".part-plain")?.textContent.trim();
}

// Over plain HTTP, as in many a home network, browsers have no crypto.randomUUID.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
