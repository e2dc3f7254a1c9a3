// Reads what a finished request says, for the places that show it to people. Pure over an XMLHttpRequest.

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
