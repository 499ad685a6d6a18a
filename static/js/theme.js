/* The colour scheme before the first paint: this browser's, else the person's. */
(() => {
  const root = document.documentElement.dataset;
  const preferred = root.theme;
  const [chosen, instead] = (localStorage.theme ?? "").split(" ");
  if (instead === preferred) root.theme = chosen; // a preference changed since then wins
  document.addEventListener("click", ({ target }) => {
    const { setTheme } = target.closest("[data-set-theme]")?.dataset ?? {};
    if (!setTheme) return;
    root.theme = setTheme;
    localStorage.theme = `${setTheme} ${preferred}`;
  });
})();
