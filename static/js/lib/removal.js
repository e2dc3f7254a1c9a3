// Takes the row of a button away when the server has done what the button says, with a way back.
// Buttons carry data-removes (selector of the row), data-undo-url, data-text-{removed,undo}.
import { post } from "./post.js";
import { showToast } from "./toast.js";

export function removeRow(button) {
  const row = button.closest(button.dataset.removes);
  const list = row.parentElement;
  const [place, before] = [row.nextElementSibling, row.previousElementSibling];
  const { undoUrl, textRemoved, textUndo } = button.dataset;
  row.remove();
  focusIn(nearest(list, place) ?? list);
  const putBack = async () => {
    if (!(await post(undoUrl))) return;
    if (place?.isConnected) place.before(row);
    else if (before?.isConnected) before.after(row);
    else list.prepend(row);
    focusIn(row);
  };
  showToast(textRemoved, { label: textUndo, run: putBack });
}

function nearest(list, place) {
  return place ?? list.querySelector(":scope > :has(button):last-of-type");
}

function focusIn(element) {
  (element.querySelector("a, button") ?? element).focus();
}
