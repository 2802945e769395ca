// The report's page: marks the open figure, and on a phone brings its source into view.
// Without this script every figure is a plain link that does the same.
(() => {
  "use strict";
  const narrow = matchMedia("(max-width: 54rem)");

  document.addEventListener("htmx:afterSwap", (event) => {
    const panel = document.getElementById("nguon");
    if (!panel || event.detail.target.id !== "nguon") return;
    const code = panel.dataset.figure;
    for (const figure of document.querySelectorAll(".lt-figure[data-figure]")) {
      if (figure.dataset.figure === code) figure.setAttribute("aria-current", "true");
      else figure.removeAttribute("aria-current");
    }
    // A screen reader starts at the panel; on a wide screen it already stands beside the text.
    panel.focus({ preventScroll: true });
    if (narrow.matches) panel.scrollIntoView({ block: "start" });
  });
})();
