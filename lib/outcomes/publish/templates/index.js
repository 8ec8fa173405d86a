"use strict";
const box = document.getElementById("find");
const [asked, group, mark] = box.querySelectorAll("input, select");
const said = box.querySelector("p[role]");
const list = box.querySelector("ul");
const plain = (text) => text.toLowerCase().replace(/[^a-z0-9£%.]+/g, " ").trim();
const pages = Array.from(document.querySelectorAll("#pages tbody tr"), (row) => ({
  link: row.querySelector("a"),
  finding: row.cells[1].textContent,
  title: plain(row.cells[0].textContent),
  text: plain(row.textContent),
  group: row.dataset.group,
  mark: row.dataset.mark,
}));
function fits(page, words) {
  const chosen = (!group.value || group.value === page.group) && (!mark.value || mark.value === page.mark);
  return chosen && words.every((word) => page.text.includes(word));
}
function item(page) {
  const line = document.createElement("li");
  line.append(page.link.cloneNode(true), " ", page.finding);
  return line;
}
function show() {
  const some = plain(asked.value) || group.value || mark.value;
  const words = plain(asked.value).split(" ");
  const named = (page) => words.every((word) => page.title.includes(word));
  const hits = some ? pages.filter((page) => fits(page, words)) : [];
  hits.sort((one, other) => named(other) - named(one));
  list.replaceChildren(...hits.map(item));
  said.textContent = some ? `${hits.length || "None"} of ${pages.length} pages` : "";
}
box.addEventListener("input", show);
box.addEventListener("keydown", (event) => {
  const links = [asked, ...list.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") {
    asked.value = group.value = mark.value = "";
    show();
    asked.focus();
  } else if (step && at >= 0 && links[at + step]) {
    event.preventDefault();
    links[at + step].focus();
  }
});
addEventListener("pageshow", show);
box.hidden = false;
