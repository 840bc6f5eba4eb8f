"use strict";
for (const table of document.querySelectorAll("table.searchable")) {
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const caption = table.caption.textContent;
  const bar = document.createElement("div");
  bar.className = "search";
  const label = document.createElement("label");
  label.textContent = "Filter ";
  const input = document.createElement("input");
  input.type = "search";
  input.setAttribute("aria-label", "Filter: " + caption);
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  label.append(input);
  bar.append(label, count);
  table.closest(".scroll").before(bar);
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += !row.hidden;
    }
    count.textContent = shown + " of " + rows.length + " rows";
  };
  input.addEventListener("input", filter);
  filter();
  const number = (text) => Number(text.replace(/,/g, "").replace(/%$/, ""));
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sign = down ? -1 : 1;
      const numeric = head.classList.contains("number");
      rows.sort((a, b) => {
        const [x, y] = [a.cells[column].textContent, b.cells[column].textContent];
        return sign * (numeric ? number(x) - number(y) : x.localeCompare(y));
      });
      body.append(...rows);
    });
  });
}
for (const gallery of document.querySelectorAll(".gallery")) {
  const figures = [...gallery.children];
  if (figures.length < 2) continue;
  const bar = document.createElement("div");
  bar.className = "turn";
  const place = document.createElement("span");
  place.setAttribute("role", "status");
  let shown = 0;
  const show = (index) => {
    shown = (index + figures.length) % figures.length;
    figures.forEach((figure, i) => { figure.hidden = i !== shown; });
    place.textContent = shown + 1 + " of " + figures.length;
  };
  const button = (text, step) => {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.setAttribute("aria-label", text + ": " + gallery.dataset.title);
    made.addEventListener("click", () => show(shown + step));
    return made;
  };
  bar.append(button("Previous", -1), button("Next", 1), place);
  gallery.prepend(bar);
  show(0);
  window.addEventListener("beforeprint", () => figures.forEach((f) => { f.hidden = false; }));
  window.addEventListener("afterprint", () => show(shown));
}
