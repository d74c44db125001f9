
"use strict";
// Tables can be sorted, filtered and copied, and of several details one can be shown. Without this script, the page
// shows the same content.
const words = document.body.dataset;

function makeButton(text) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(text);
  return button;
}

// Rows in the order of a column, by the number or the text in its cells; a second time the other way round.
function makeSortable(table) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
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
    const button = makeButton("");
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

// A field that hides the rows without its text.
function makeFilter(table) {
  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = words.filter;
  field.setAttribute("aria-label", `${words.filter}: ${table.parentElement.getAttribute("aria-label")}`);
  field.addEventListener("input", () => {
    const sought = field.value.trim().toLocaleLowerCase();
    for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLocaleLowerCase().includes(sought);
  });
  return field;
}

// A button that copies the visible rows, for a spreadsheet.
function makeCopyButton(table) {
  const button = makeButton(words.copy);
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", () => {
    const rows = [...table.rows].filter((row) => !row.hidden);
    const places = [...table.tHead.rows[0].cells].map((head, place) => (head.classList.contains("bar") ? -1 : place));
    const text = rows
      .map((row) => places.filter((place) => place >= 0).map((place) => row.cells[place].innerText.trim()).join("\t"))
      .join("\n");
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    button.after(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    button.focus();
    if (isCopied) button.textContent = words.copied;
  });
  return button;
}

for (const table of document.querySelectorAll("table")) {
  const rowCount = table.tBodies[0].rows.length;
  if (rowCount < 3) continue;
  makeSortable(table);
  const tools = document.createElement("div");
  tools.className = "tools";
  tools.append(...(rowCount > 7 ? [makeFilter(table)] : []), makeCopyButton(table));
  table.after(tools);
}

// A menu above several details: it opens one and closes the others.
for (const first of document.querySelectorAll("details.more")) {
  if (first.previousElementSibling?.matches("details.more")) continue;
  const group = [first];
  while (group.at(-1).nextElementSibling?.matches("details.more")) group.push(group.at(-1).nextElementSibling);
  if (group.length < 3) continue;
  const menu = document.createElement("select");
  menu.append(new Option("–", ""), ...group.map((one) => new Option(one.querySelector("summary").textContent, one.id)));
  menu.addEventListener("change", () => {
    for (const one of group) one.open = one.id === menu.value;
  });
  const label = document.createElement("label");
  label.className = "menu";
  label.append(`${words.show} `, menu);
  first.before(label);
}
