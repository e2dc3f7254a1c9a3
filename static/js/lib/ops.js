// Applies the server's DOM operations in order. Knows nothing of the network or of what the elements mean.
// An operation whose element is missing throws OpsError (except "remove"): the page is then out of date.

export class OpsError extends Error {}

const operations = {
  append: (element, html) => insert(element, "beforeend", html),
  before: (element, html) => insert(element, "beforebegin", html),
  replace(element, html) {
    const wasOpen = element.localName === "details" && element.open;
    const { id, ownerDocument } = element;
    const parent = element.parentNode;
    const previous = element.previousSibling;
    const next = element.nextSibling;
    element.outerHTML = html;
    // A reader who has opened a block keeps it open.
    if (wasOpen) ownerDocument.getElementById(id)?.setAttribute("open", "");
    return between(parent, previous, next);
  },
  inner(element, html) {
    element.innerHTML = html;
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

function between(parent, previous, next) {
  const inserted = [];
  let node = previous ? previous.nextSibling : parent.firstChild;
  for (; node && node !== next; node = node.nextSibling) {
    if (node.nodeType === Node.ELEMENT_NODE) inserted.push(node);
  }
  return inserted;
}

function insert(element, position, html) {
  const inside = position === "beforeend";
  const parent = inside ? element : element.parentNode;
  const previous = inside ? element.lastChild : element.previousSibling;
  element.insertAdjacentHTML(position, html);
  return between(parent, previous, inside ? null : element);
}

// Returns the elements that came in, so that the caller can bring them to life.
export function applyOps(ops, root = document) {
  const inserted = [];
  for (const [name, id, ...rest] of ops) {
    const operation = operations[name];
    if (!operation) throw new OpsError(`unknown operation ${name}`);
    const element = root.getElementById(id);
    if (element) inserted.push(...operation(element, ...rest));
    else if (name !== "remove") throw new OpsError(`${name}: no element ${id}`);
  }
  return inserted.filter((element) => element.isConnected);
}
