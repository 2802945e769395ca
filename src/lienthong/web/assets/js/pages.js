// What every page may use; each page works without it.
(() => {
  "use strict";
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const found = event.target.closest && event.target.closest(selector);
      if (found) act(found, event);
    });

  // An error summary takes the focus, so that a screen reader starts there.
  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  on("click", "[data-print]", () => window.print());
  on("click", "[data-open]", (button) => {
    const dialog = document.getElementById(button.dataset.open);
    if (dialog && dialog.showModal) dialog.showModal();
  });
  on("click", "[data-copy]", async (button) => {
    // Personal IDs are shown in groups and copied without spaces.
    await navigator.clipboard.writeText(button.dataset.copy.replace(/\s/g, ""));
    const said = button.querySelector("[data-said]");
    if (said) said.textContent = button.dataset.done || "✓";
  });
  // A form is sent once: a second press on a slow line would file it twice.
  on("submit", "form[data-once]", (form, event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // Menus made of <details> close on Escape and on a click elsewhere.
  const menus = () => document.querySelectorAll("details.lt-menu[open], details.dk-me[open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
})();
