/* Gives each field of the admin that only a column or a box names that name for who hears it. */
const wordsOf = (part) => part?.textContent.trim().replace(/[:?]$/, "") ?? "";
const columnOf = (cell) => cell.closest("table").tHead.rows[0].cells[cell.cellIndex];

(() => {
  const FOUND = ".select2-selection, .select2-selection__rendered[role], .select2-search__field";

  function nameAll() {
    for (const head of document.querySelectorAll("#content th:empty")) {
      head.classList.add("visually-hidden-head");
      head.textContent = "Row";
    }
    for (const cell of document.querySelectorAll(".tabular td:is([class*=field-], .delete)")) {
      const column = columnOf(cell);
      for (const field of cell.querySelectorAll("input:not([type=hidden]), select, textarea"))
        if (!field.labels?.length) field.setAttribute("aria-label", wordsOf(column));
    }
    for (const box of document.querySelectorAll(FOUND)) {
      const cell = box.closest(".tabular td");
      const place = box.closest(".form-row")?.querySelector("label");
      const said = wordsOf(cell ? columnOf(cell) : place);
      if (!said) continue;
      box.removeAttribute("aria-labelledby");
      box.setAttribute("aria-label", said);
    }
  }

  /* What finds while one types, and rows that are added, come after the page. */
  nameAll();
  new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
})();
