"use strict";
// Headings become buttons that sort their table; without scripts the tables stand as they are.
const shown = (cell) => (cell ? cell.textContent.trim() : "");
const valueOf = (cell) => (cell.dataset.value === undefined ? null : Number(cell.dataset.value));
function compare(one, two, isNumber, language) {
  if (!isNumber) return shown(one).localeCompare(shown(two), language, {numeric: true});
  const first = valueOf(one), second = valueOf(two);
  if (first === null || second === null) return (first === null) - (second === null);
  return first - second;
}
function sortBy(table, place, isNumber) {
  const heads = [...table.tHead.rows[0].cells], head = heads[place], body = table.tBodies[0];
  const isDown = head.getAttribute("aria-sort") === (isNumber ? null : "ascending");
  const rows = [...body.rows].sort((a, b) => {
    const order = compare(a.cells[place], b.cells[place], isNumber, document.documentElement.lang);
    const isEmpty = isNumber && (valueOf(a.cells[place]) === null || valueOf(b.cells[place]) === null);
    return isDown && !isEmpty ? -order : order;
  });
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
  body.append(...rows);
}
for (const table of document.querySelectorAll("main table")) {
  [...table.tHead.rows[0].cells].forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sorts";
    button.append(...head.childNodes);
    button.addEventListener("click", () => sortBy(table, place, head.classList.contains("number")));
    head.append(button);
  });
}
