// Applies the server's DOM operations in order. Knows nothing of the network or of what the elements mean.
// An operation whose element is missing throws OpsError (except "remove"): the page is then out of date.

export class OpsError extends Error {}

const operations = {
  append: (element, html) => insert(element, "beforeend", html),
  prepend: (element, html) => insert(element, "afterbegin", html),
  before: (element, html) => insert(element, "beforebegin", html),
  replace(element, html) {
    const { parentNode, previousSibling, nextSibling } = element;
    keepOpen(element, () => (element.outerHTML = html));
    return between(parentNode, previousSibling, nextSibling);
  },
  inner(element, html) {
    keepOpen(element, () => (element.innerHTML = html));
    return [...element.children];
  },
  text(element, text) {
    const last = element.lastChild;
    if (last?.nodeType === Node.TEXT_NODE) last.appendData(text);
    else element.append(text);
    return [];
  },
  patch(element, path, keep, html) {
    const target = path.reduce((node, index) => node?.childNodes[index], element);
    if (!target || target.nodeType !== Node.ELEMENT_NODE || target.childNodes.length < keep) {
      throw new OpsError(`patch: no node at ${path.join(".")}`);
    }
    while (target.childNodes.length > keep) target.lastChild.remove();
    return insert(target, "beforeend", html);
  },
  remove(element) {
    element.remove();
    return [];
  },
  set(element, name, value) {
    if (value === null) element.removeAttribute(name);
    else element.setAttribute(name, value);
    return [];
  },
};

// What a reader has opened stays open, and the focus stays where it was.
function keepOpen(element, change) {
  const { ownerDocument, id: own } = element;
  const open = [element, ...element.querySelectorAll("details[open][id]")].filter(({ open }) => open === true);
  const focused = element.contains(ownerDocument.activeElement) ? pathTo(ownerDocument.activeElement, element) : null;
  change();
  for (const { id } of open) ownerDocument.getElementById(id)?.setAttribute("open", "");
  if (focused) focused.reduce((node, index) => node?.children[index], ownerDocument.getElementById(own))?.focus();
}

function pathTo(descendant, element) {
  const path = [];
  for (let node = descendant; node !== element; node = node.parentElement) {
    path.unshift([...node.parentElement.children].indexOf(node));
  }
  return path;
}

function between(parent, previous, next) {
  const inserted = [];
  let node = previous ? previous.nextSibling : parent.firstChild;
  for (; node && node !== next; node = node.nextSibling) {
    if (node.nodeType === Node.ELEMENT_NODE) inserted.push(node);
  }
  return inserted;
}

function insert(element, position, html) {
  const parent = position === "beforebegin" ? element.parentNode : element;
  const previous = { beforeend: element.lastChild, afterbegin: null, beforebegin: element.previousSibling }[position];
  const next = { beforeend: null, afterbegin: element.firstChild, beforebegin: element }[position];
  element.insertAdjacentHTML(position, html);
  return between(parent, previous, next);
}

// ["title", conversation id, text]: the heading and the window, if they show that conversation.
function setTitle(root, conversation, text) {
  const heading = root.getElementById("conversation-title");
  if (heading?.dataset.conversation !== conversation) return;
  heading.textContent = text;
  root.title = `${text} · Chatsite`;
}

// Returns the elements that came in, so that the caller can bring them to life.
export function applyOps(ops, root = document) {
  const inserted = [];
  for (const [name, id, ...rest] of ops) {
    if (name === "title") {
      setTitle(root, id, ...rest);
      continue;
    }
    const operation = operations[name];
    if (!operation) throw new OpsError(`unknown operation ${name}`);
    const element = root.getElementById(id);
    if (element) inserted.push(...operation(element, ...rest));
    else if (name !== "remove") throw new OpsError(`${name}: no element ${id}`);
  }
  return inserted.filter((element) => element.isConnected);
}
