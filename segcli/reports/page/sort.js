
"use strict";
// Rows in the order of a column, by the number or the text in its cells; a second time the other way round.
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  if (body.rows.length < 3) continue;
  const value = (row, place) => {
    const cell = row.cells[place];
    const bar = cell.querySelector("rect");
    const number = bar ? bar.getAttribute("width") : cell.dataset.number;
    return number === undefined ? cell.textContent.trim() : Number(number);
  };
  const compare = (one, other) =>
    typeof one === "number" && typeof other === "number" ? one - other
      : typeof one === "number" ? -1 : typeof other === "number" ? 1
      : one.localeCompare(other, undefined, { numeric: true });
  heads.forEach((head, place) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const numbers = head.classList.contains("number") || head.classList.contains("bar");
      const before = head.getAttribute("aria-sort");
      const down = before ? before === "ascending" : numbers;
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows];
      rows.sort((one, other) => (down ? -1 : 1) * compare(value(one, place), value(other, place)));
      body.append(...rows);
    });
  });
}
