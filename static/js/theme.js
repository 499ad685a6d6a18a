/* The colour scheme before the first paint: this browser's choice, else the person's preference. */
(() => {
  const root = document.documentElement.dataset;
  root.theme = localStorage.theme ?? root.theme;
  document.addEventListener("click", ({ target }) => {
    const chosen = target.closest("[data-set-theme]")?.dataset.setTheme;
    if (chosen) localStorage.theme = root.theme = chosen;
  });
})();
