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

const SENT = "chatsite-sent:";

// What was typed and the key that it is stored under: sent again with the same key, it is stored once.
export class SentMessage {
  constructor(text, key = newKey()) {
    this.text = text;
    this.key = key;
  }

  // The one that had been sent from this box, and not settled, when its page was left.
  static restored(draftKey) {
    try {
      const { text, key } = JSON.parse(localStorage.getItem(SENT + draftKey));
      return new SentMessage(text, key);
    } catch {
      return null;
    }
  }

  keep(draftKey) {
    try {
      localStorage.setItem(SENT + draftKey, JSON.stringify({ text: this.text, key: this.key }));
    } catch {
      // Storage is full or forbidden: the key then lives only as long as the page.
    }
  }

  static forget(draftKey) {
    localStorage.removeItem(SENT + draftKey);
  }

  // The bubble that stands for it until the server's own article is there.
  show(bubble, log) {
    bubble.querySelector(".part-plain").textContent = this.text;
    this.bubble = bubble;
    log.append(bubble);
  }

  hasArrived(log) {
    return log.querySelector(`[data-sent-as="${this.key}"]`) !== null;
  }
}

// Over plain HTTP, as in many a home network, browsers have no crypto.randomUUID.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
