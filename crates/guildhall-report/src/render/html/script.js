// Sorting and filtering of the tables. Everything is already in the page; the
// script only reorders rows and hides them.
"use strict";
(() => {
  const words = new Intl.Collator("en", { numeric: true });
  const grouped = new Intl.NumberFormat("en");

  function key(row, column) {
    const cell = row.cells[column];
    if (!cell) return "";
    const value = cell.dataset.value;
    return value === undefined ? cell.textContent : Number(value);
  }

  function compare(a, b) {
    return typeof a === "number" && typeof b === "number"
      ? a - b
      : words.compare(String(a), String(b));
  }

  function sort(table, header) {
    const column = header.cellIndex;
    const body = table.tBodies[0];
    const keyed = Array.from(body.rows, (row) => [key(row, column), row]);
    const before = header.getAttribute("aria-sort");
    // Numbers are most interesting when large, words read from A.
    const numeric = keyed.some(([value]) => typeof value === "number");
    const first = numeric ? "descending" : "ascending";
    const other = numeric ? "ascending" : "descending";
    const order = before === first ? other : first;
    const sign = order === "ascending" ? 1 : -1;
    keyed.sort(([a], [b]) => sign * compare(a, b));
    for (const cell of header.parentElement.cells) cell.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", order);
    body.append(...keyed.map(([, row]) => row));
  }

  let refresh = () => {};
  for (const table of document.querySelectorAll("table.sortable")) {
    for (const button of table.querySelectorAll("th button")) {
      button.addEventListener("click", () => {
        sort(table, button.closest("th"));
        refresh();
      });
    }
  }

  const findings = document.querySelector("table.findings");
  if (!findings) return;
  const form = document.querySelector(".filters");
  const text = document.getElementById("filter-text");
  const rule = document.getElementById("filter-rule");
  const count = document.getElementById("filter-count");
  const all = document.getElementById("show-all");
  let limit = Number(findings.dataset.limit);

  const content = new Map();
  for (const row of findings.tBodies[0].rows) {
    content.set(row, {
      severity: row.dataset.severity,
      rule: row.cells[3].textContent,
      text: row.textContent.toLowerCase(),
    });
  }

  refresh = () => {
    const wanted = text.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    const severities = new Set(
      Array.from(form.querySelectorAll("input:checked"), (box) => box.value),
    );
    let matching = 0;
    let shown = 0;
    for (const row of findings.tBodies[0].rows) {
      const about = content.get(row);
      const matches =
        severities.has(about.severity) &&
        (rule.value === "" || rule.value === about.rule) &&
        wanted.every((word) => about.text.includes(word));
      if (matches) matching += 1;
      const visible = matches && shown < limit;
      if (visible) shown += 1;
      row.hidden = !visible;
    }
    count.textContent =
      shown === matching
        ? `${grouped.format(matching)} shown`
        : `${grouped.format(shown)} of ${grouped.format(matching)} shown`;
    if (all) {
      all.parentElement.hidden = shown === matching;
      all.textContent = `Show all ${grouped.format(matching)}`;
    }
  };

  let pending = 0;
  text.addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(refresh, 120);
  });
  form.addEventListener("change", refresh);
  form.addEventListener("submit", (event) => event.preventDefault());
  if (all) {
    all.addEventListener("click", () => {
      limit = Infinity;
      refresh();
    });
  }
  refresh();
})();
