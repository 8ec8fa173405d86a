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
// what the script of the index makes is offered only where scripts run
for (const pair of document.querySelectorAll(".pair")) pair.hidden = false;
/** The value of a mark of a chart, from the table beside it: by pointing, tapping or the arrow keys. */
const NEAR = 28;
function created(name, look, parent) {
  const element = document.createElement(name);
  element.className = look;
  parent.append(element);
  return element;
}
function valued(chart) {
  const table = chart.closest(".finding").querySelector("table");
  if (!table) return;
  const image = chart.querySelector("img");
  const heads = Array.from(table.tHead.rows[0].cells, (head) => head.textContent.trim());
  const marks = chart.dataset.marks.split(" ").map((mark) => {
    const [row, column, x, y] = mark.split(",").map(Number);
    const cells = Array.from(table.tBodies[0].rows[row]?.cells ?? []);
    if (!cells[column]) return null;
    const names = cells.slice(0, column).filter((cell, at) => !at || cell.className === "t").slice(0, 3);
    const text = (cell) => cell.textContent.trim();
    return { x, y, words: `${names.map(text).join(", ")}: ${text(cells[column])} (${heads[column]})` };
  }).filter(Boolean);
  if (!marks.length) return;
  const spot = created("span", "spot", chart);
  const tip = created("span", "tip", chart);
  const slider = created("input", "values", chart);
  Object.assign(slider, { type: "range", min: 0, max: marks.length - 1, value: 0 });
  slider.setAttribute("aria-label", `Values of the chart, ${marks.length}: ${chart.closest(".finding").id.replaceAll("-", " ")}`);
  tip.setAttribute("aria-hidden", "true");
  /** Where a mark is, from the corner of the chart: the picture may be smaller than its box. */
  function place({ x, y }) {
    const [outer, box] = [chart.getBoundingClientRect(), image.getBoundingClientRect()];
    const pad = parseFloat(getComputedStyle(image).paddingLeft);
    const [wide, high] = [box.width - 2 * pad, box.height - 2 * pad];
    const scale = Math.min(wide / image.naturalWidth, high / image.naturalHeight);
    const [width, height] = [scale * image.naturalWidth, scale * image.naturalHeight];
    return [box.left - outer.left + pad + x * width / 1000, box.top - outer.top + pad + (high - height) / 2 + y * height / 1000];
  }
  function show(mark) {
    chart.classList.toggle("told", Boolean(mark));
    if (!mark) return;
    const [left, top] = place(mark);
    tip.textContent = mark.words;
    slider.setAttribute("aria-valuetext", mark.words);
    const half = tip.offsetWidth / 2;
    spot.style.left = `${left}px`;
    tip.style.left = `${Math.max(half, Math.min(left, chart.clientWidth - half))}px`;
    spot.style.top = `${top}px`;
    tip.style.top = `${top < tip.offsetHeight + 14 ? top + tip.offsetHeight + 28 : top}px`;
  }
  function near(event) {
    if (event.target === tip) return;
    const outer = chart.getBoundingClientRect();
    const far = (mark) => Math.hypot(...place(mark).map((at, n) => at - (n ? event.clientY - outer.top : event.clientX - outer.left)));
    const nearest = marks.map((mark) => [far(mark), mark]).sort(([one], [other]) => one - other)[0];
    show(nearest[0] < NEAR ? nearest[1] : null);
  }
  chart.addEventListener("pointermove", near);
  chart.addEventListener("pointerdown", near);
  chart.addEventListener("pointercancel", () => show(null));
  // a finger is lifted to read what it has shown
  chart.addEventListener("pointerleave", (event) => event.pointerType === "touch" || show(null));
  document.addEventListener("pointerdown", (event) => chart.contains(event.target) || show(null));
  document.addEventListener("keydown", (event) => event.key === "Escape" && show(null));
  slider.addEventListener("focus", () => show(marks[slider.value]));
  slider.addEventListener("input", () => show(marks[slider.value]));
  slider.addEventListener("blur", () => show(null));
  slider.setAttribute("aria-valuetext", marks[0].words);
}
document.querySelectorAll("[data-marks]").forEach(valued);
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
/** The day that a text names first, on one scale for years, financial years, quarters, months and days. */
function day(text, later) {
  const named = text
    .replace(/^(\d{4}) ?Q(\d)/, (_, year, quarter) => `${MONTHS.substr(9 * quarter - 9, 3)} ${year}`)
    .replace(/^(\d{4})-(0[1-9]|1[0-2])(?:-(\d\d))?\b/, (_, year, month, date = "") => `${date} ${MONTHS.substr(3 * month - 3, 3)} ${year}`.trim())
    .replace(/^(\d{4})[-/–]\d\d(?:\d\d)?\b/, "Apr $1")
    .replace(/^(?:19|20)\d\d(?![.,]?\d)/, "Jan $&");
  const [, date, name, year = later] = named.match(/^(?:(\d\d?) )?([A-Z][a-z]{2})[a-z]*(?: (\d{4})\b)?/) ?? [];
  const month = MONTHS.indexOf(name) / 3;
  return month < 0 ? NaN : year * 372 + month * 31 + Number(date ?? 1);
}
/** Which starts first, and of those that start together which ends first. */
function period(text) {
  const [first, last = first] = text.replace(/^(since|from|year to|quarter from) /i, "").split(/ (?:to|and|–) /);
  return day(first, last.match(/\b\d{4}\b/)?.[0]) + (day(last) || 0) / 1e7;
}
function amount(text) {
  if (/^no (upp|low)er limit/.test(text)) return text[3] === "u" ? Infinity : -Infinity;
  const bare = text.replace(/[,£]/g, "").replace("\u2212", "-");
  return parseFloat(bare.match(/^(?:(?:about|at least|at most|between|exactly|nearly|over|(?:p )?under|p =|up to|(?:fewer|less|more) than) )?([-+]?\d[\d.]*)/i)?.[1]);
}
const UNKNOWN = /^(\[|$|(dates? |p )?not (known|limited|stated))/;
/** As periods or as amounts, whichever most cells are; as words where most are neither. */
function order(table, head, column) {
  const body = table.tBodies[0];
  const down = head.getAttribute("aria-sort") === "ascending";
  const rows = Array.from(body.rows, (row) => [row.cells[column].textContent.trim(), row]);
  const given = rows.filter(([text]) => !UNKNOWN.test(text));
  const many = (read) => given.filter(([text]) => !isNaN(read(text))).length;
  const read = many(period) < many(amount) ? amount : period;
  const sized = 2 * many(read) >= given.length;
  const last = (text) => UNKNOWN.test(text) ? 2 : sized && isNaN(read(text)) ? 1 : 0;
  rows.sort(([one], [other]) => {
    const [a, b] = [read(one), read(other)];
    const less = sized && !isNaN(a) ? (a > b) - (a < b) : one.localeCompare(other, "en-GB", { numeric: true });
    return last(one) - last(other) || (down ? -less : less);
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
