// The report's page: marks the open figure, and on a phone lays its source over the text.
// Without this script every figure is a plain link that does the same.
(() => {
  "use strict";
  const narrow = matchMedia("(max-width: 54rem)");

  document.addEventListener("htmx:afterSettle", (event) => {
    const panel = document.getElementById("nguon");
    if (!panel || event.detail.target.id !== "nguon") return;
    const code = panel.dataset.figure;
    for (const figure of document.querySelectorAll(".lt-figure[data-figure]")) {
      if (figure.dataset.figure === code) figure.setAttribute("aria-current", "true");
      else figure.removeAttribute("aria-current");
    }
    // A screen reader starts at the panel; on a wide screen it already stands beside the text.
    panel.focus({ preventScroll: true });
    if (narrow.matches) {
      panel.dataset.sheet = "";
      // The figure stays in sight above the sheet that tells where it comes from.
      document.getElementById(`so-${code}`)?.scrollIntoView({ block: "start", behavior: "instant" });
    }
  });

  const close = (panel) => {
    delete panel.dataset.sheet;
    if (location.hash === "#nguon") history.replaceState(null, "", location.pathname + location.search);
    const figure = document.getElementById(`so-${panel.dataset.figure}`);
    figure?.scrollIntoView({ block: "nearest", behavior: "instant" });
    figure?.focus({ preventScroll: true });
  };

  document.addEventListener("click", (event) => {
    const way = event.target.closest?.("[data-close]");
    const panel = way?.closest(".rp-prov[data-sheet]");
    if (!panel) return;
    event.preventDefault();
    close(panel);
  });

  document.addEventListener("keydown", (event) => {
    const panel = document.querySelector(".rp-prov[data-sheet]");
    if (event.key === "Escape" && panel) close(panel);
  });
})();
