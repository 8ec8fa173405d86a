"use strict";
const contents = document.querySelector(".contents details");
const wide = matchMedia("(min-width: 72rem)");
const narrow = matchMedia("(max-width: 44rem)");
const MOST_CARDS = 30;
function unfold() {
  if (contents) contents.open = wide.matches;
}
/** On a phone each row of a table that is much too wide is a list of all it says. */
function deal(table, cards) {
  const heads = Array.from(table.tHead.rows[0].cells, (head) => head.textContent.trim());
  table.classList.toggle("cards", cards);
  const say = (element, role) => cards ? element.setAttribute("role", role) : element.removeAttribute("role");
  say(table, "table");
  say(table.tBodies[0], "rowgroup");
  for (const row of table.tBodies[0].rows) {
    say(row, "row");
    Array.from(row.cells, (cell, at) => {
      say(cell, at ? "cell" : "rowheader");
      if (at) cell.dataset.head = heads[at];
    });
  }
}
function fit() {
  for (const table of document.querySelectorAll(".finding .cards")) {
    if (!narrow.matches) deal(table, false);
  }
  for (const table of narrow.matches ? document.querySelectorAll(".finding table:not(.cards)") : []) {
    const few = table.tBodies[0].rows.length <= MOST_CARDS;
    if (few && table.scrollWidth > 1.05 * table.closest(".scroll").clientWidth) deal(table, true);
  }
  // what scrolls sideways can be reached by keyboard; what does not is no stop
  for (const box of document.querySelectorAll(".scroll")) {
    if (box.scrollWidth <= box.clientWidth && box.scrollHeight <= box.clientHeight) {
      box.removeAttribute("tabindex");
    } else {
      box.tabIndex = 0;
    }
  }
}
wide.addEventListener("change", unfold);
addEventListener("resize", fit);
document.addEventListener("toggle", fit, true);
unfold();
fit();
const closed = () => document.querySelectorAll(".finding details:not([open])");
addEventListener("beforeprint", () => closed().forEach((one) => { one.open = true; one.dataset.printed = ""; }));
addEventListener("afterprint", () => {
  for (const one of document.querySelectorAll("[data-printed]")) {
    one.open = false;
    delete one.dataset.printed;
  }
});
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
function size(text) {
  const date = text.match(/^(?:(\d{1,2}) )?([A-Z][a-z]{2})[a-z]* (\d{4})/);
  if (date) return +date[3] * 372 + MONTHS.indexOf(date[2]) / 3 * 31 + +(date[1] || 0);
  const number = text.replace(/[,£%]/g, "").replace("\u2212", "-").match(/^[^\d.-]*(-?[\d.]+)/);
  return number ? parseFloat(number[1]) : NaN;
}
function order(table, head, column) {
  const body = table.tBodies[0];
  const down = head.getAttribute("aria-sort") === "ascending";
  const rows = Array.from(body.rows, (row) => [row.cells[column].textContent.trim(), row]);
  const known = rows.every(([text]) => text[0] === "[" || !isNaN(size(text)));
  rows.sort(([one], [other]) => {
    const last = (one[0] === "[") - (other[0] === "[");  // what is not known stands last
    const less = known ? size(one) - size(other) : one.localeCompare(other, "en-GB", { numeric: true });
    return last || (down ? -less : less);
  });
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  body.append(...rows.map(([, row]) => row));
}
for (const table of document.querySelectorAll(".finding table")) {
  if (table.tBodies[0].rows.length < 3) continue;
  Array.from(table.tHead.rows[0].cells, (head, column) => {
    const button = document.createElement("button");
    button.append(...head.childNodes);
    button.addEventListener("click", () => order(table, head, column));
    head.append(button);
  });
}
