"use strict";
const box = document.getElementById("find");
const asked = box.querySelector("input");
const said = box.querySelector("p[role]");
const list = box.querySelector("ul");
const [MOST_PAGES, MOST_FINDINGS] = [8, 3];
let search = null;
/** Whether all that was found is listed, or the best of it. */
let all = false;
/** The search's own file is asked for once, when somebody is about to search. */
function load() {
  search ??= new Promise((done) => {
    const file = document.createElement("script");
    file.src = "search.js";
    file.addEventListener("load", () => done(globalThis.lookUp));
    file.addEventListener("error", () => done(null));
    document.head.append(file);
  });
  return search;
}
function made(name, ...content) {
  const element = document.createElement(name);
  element.append(...content);
  return element;
}
function link(address, ...content) {
  const element = made("a", ...content);
  element.href = address;
  return element;
}
function hit({ entry, page }, path) {
  const words = entry.answer ? `${entry.answer[0].toUpperCase()}${entry.answer.slice(1)}. ` : "";
  return made("li", link(`${path}#${page[1]}`, `${words}${entry.sentence}`));
}
function item(page) {
  const findings = page.findings.map((one) => hit(one, page.path));
  return made("li", link(page.path, made("b", page.title)), made("ul", ...findings));
}
/** The best findings of the best pages. */
function best(pages) {
  return pages.slice(0, MOST_PAGES).map((page) => ({ ...page, findings: page.findings.slice(0, MOST_FINDINGS) }));
}
const more = made("button");
more.type = "button";
more.hidden = true;
list.after(more);
function counted(number, noun) {
  return `${number || "No"} ${noun}${number === 1 ? "" : "s"}`;
}
function telling({ pages, findings, term, instead, unknown }, words, shown) {
  const meaning = term ? ` ${term[0][0].toUpperCase()}${term[0].slice(1)}: ${term[1]}` : "";
  if (!pages.length && term) return meaning.trim();
  if (!pages.length) return `Nothing was found for “${words}”. Try a place, a programme or a kind of crime.`;
  const few = shown < findings ? `; the best ${shown} are shown` : "";
  const mended = instead ? `Nothing says “${words}”. Did you mean “${instead}”? For that: ` : "";
  const lost = unknown.length ? `No page says “${unknown.join("”, “")}”. ` : "";
  return `${mended}${lost}${counted(findings, "finding")} on ${counted(pages.length, "page")}${few}.${meaning}`;
}
async function show() {
  const words = asked.value.trim();
  const find = words ? await load() : null;
  if (words !== asked.value.trim()) return;
  const found = find ? find(words) : { pages: [] };
  const pages = all ? found.pages : best(found.pages);
  const shown = pages.reduce((sum, page) => sum + page.findings.length, 0);
  list.replaceChildren(...bothNamed(words), ...pages.map(item));
  more.hidden = !(shown < found.findings);
  more.textContent = `Show all ${found.findings} findings`;
  said.textContent = !words ? "" : find ? telling(found, words, shown) : "The search could not be loaded.";
  said.dataset.said = asked.value;
}
asked.addEventListener("focus", load, { once: true });
box.addEventListener("input", () => {
  all = false;
  show();
});
more.addEventListener("click", async () => {
  const before = new Set(Array.from(list.querySelectorAll("a"), (one) => one.href));
  all = true;
  await show();
  [...list.querySelectorAll("a")].find((one) => !before.has(one.href))?.focus();
});
box.addEventListener("keydown", (event) => {
  const links = [asked, ...list.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    asked.value = "";
    show();
    asked.focus();
  } else if (step && at >= 0 && links[at + step]) {
    event.preventDefault();
    links[at + step].focus();
  }
});
addEventListener("pageshow", show);
box.hidden = false;
/** Heads of the table of districts become buttons: the first press sorts by the highest. */
const rates = document.querySelector(".rates");
function valueOf(row, column) {
  const cell = row.cells[column];
  return column ? Number(cell.dataset.value ?? -Infinity) : cell.textContent.trim();
}
function sort(head) {
  const column = head.cellIndex;
  const before = head.getAttribute("aria-sort");
  const rising = before ? before === "descending" : column === 0;
  for (const other of head.parentNode.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", rising ? "ascending" : "descending");
  const rows = [...rates.tBodies[0].rows].sort((one, other) => {
    const [a, b] = [valueOf(one, column), valueOf(other, column)];
    return (rising ? 1 : -1) * (column ? a - b : a.localeCompare(b));
  });
  rates.tBodies[0].append(...rows);
}
for (const head of rates ? rates.tHead.rows[0].cells : []) {
  const button = made("button", ...head.childNodes);
  button.type = "button";
  button.addEventListener("click", () => sort(head));
  head.append(button);
}
/** On a phone the table of districts shows one measure at a time, which is chosen above it. */
const narrow = matchMedia("screen and (max-width: 44rem)");
const choice = document.createElement("select");
function choose() {
  for (const row of rates.rows) {
    Array.from(row.cells, (cell, at) => {
      cell.hidden = narrow.matches && at > 0 && at !== Number(choice.value);
    });
  }
  choice.parentNode.hidden = !narrow.matches;
}
if (rates) {
  Array.from(rates.tHead.rows[0].cells, (head, at) => at && choice.append(new Option(head.textContent.trim(), at)));
  const label = made("label", "Show ", choice);
  label.className = "choose";
  rates.closest(".scroll").before(label);
  choice.addEventListener("change", () => {
    choose();
    const head = rates.tHead.rows[0].cells[choice.value];
    head.removeAttribute("aria-sort");
    sort(head);
  });
  narrow.addEventListener("change", choose);
  choose();
}
/** Two districts side by side: a row for each measure, made of the rows of the table of districts. */
const pair = document.getElementById("pair");
const [one, other] = pair ? pair.querySelectorAll("select") : [];
const districts = new Map(rates ? Array.from(rates.tBodies[0].rows, (row) => {
  const page = row.cells[0].querySelector("a");
  return [page.getAttribute("href").match(/([^/]*)\.html$/)[1], { row, page, label: page.textContent }];
}) : []);
function pairOf(first, second) {
  return `?one=${first}&other=${second}#pair`;
}
function setBeside() {
  const chosen = [one, other].map((choice) => districts.get(choice.value));
  const table = pair.querySelector("table");
  chosen.forEach(({ page, label }, at) => table.tHead.rows[0].cells[at + 1].replaceChildren(link(page.href, label)));
  const heads = Array.from(rates.tHead.rows[0].cells, (head) => head.textContent.trim());
  table.tBodies[0].replaceChildren(...heads.slice(1).map((words, at) => {
    const head = made("th", words);
    head.scope = "row";
    return made("tr", head, ...chosen.map(({ row }) => {
      const cell = made("td", ...row.cells[at + 1].cloneNode(true).childNodes);
      for (const words of cell.querySelectorAll(".unseen")) {
        words.className = "quiet";
        words.textContent = words.textContent.replace(/^, /, "");
      }
      return cell;
    }));
  }));
  pair.querySelector("a[href^='?'], a[href='#side']").href = pairOf(one.value, other.value);
}
if (districts.size > 1) {
  for (const choice of [one, other]) {
    choice.append(...Array.from(districts, ([name, { label }]) => new Option(label, name)));
    choice.addEventListener("change", setBeside);
  }
  const asks = new URLSearchParams(location.search);
  const names = [...districts.keys()];
  [one.value, other.value] = ["one", "other"].map((key, at) => districts.has(asks.get(key)) ? asks.get(key) : names[at]);
  pair.querySelector("p:not(.choose)").append(...document.getElementById("compared").cloneNode(true).childNodes);
  pair.hidden = false;
  setBeside();
}
/** The link to two districts side by side, where somebody has typed the names of both, or a place that names one. */
function bothNamed(words) {
  const said = words.toLowerCase();
  const [first, second] = [...districts].map(([name, { label }]) => {
    const places = label.toLowerCase().split(/ (?:with|and) /).map((place) => said.indexOf(place)).filter((at) => at >= 0);
    return [Math.min(...places), name, label];
  }).filter(([at]) => at < Infinity).sort(([a], [b]) => a - b);
  return second ? [made("li", link(pairOf(first[1], second[1]), made("b", `${first[2]} and ${second[2]} side by side`)))] : [];
}
/** What scrolls sideways can be reached by keyboard; what does not is no stop. */
function fit() {
  for (const part of document.querySelectorAll(".scroll")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    else part.removeAttribute("tabindex");
  }
}
addEventListener("resize", fit);
document.addEventListener("toggle", fit, true);
fit();
