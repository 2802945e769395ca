// Keys of an officer's desk. Every one of them presses something that is on the page,
// single letters work only outside fields and can be switched off (WCAG 2.1.4).
(() => {
  "use strict";
  const STORE = "lienthong.keys";
  const dialog = document.getElementById("keys");
  const toggle = document.getElementById("keys-on");

  const stored = () => {
    try {
      return localStorage.getItem(STORE) !== "off";
    } catch {
      return true; // storage may be closed; the keys then last for the page
    }
  };
  let letters = stored();
  if (toggle) {
    toggle.checked = letters;
    toggle.addEventListener("change", () => {
      letters = toggle.checked;
      try {
        localStorage.setItem(STORE, letters ? "on" : "off");
      } catch {
        // kept for this page only
      }
    });
  }

  const inField = (element) =>
    element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);

  const visible = (element) => element.getClientRects().length > 0;

  const press = (selector) => {
    const target = [...document.querySelectorAll(selector)].find(visible);
    if (!target || target.disabled) return false;
    target.click();
    return true;
  };

  // The list is whatever carries data-list, else the queue of the desk.
  const rows = () => {
    const list = document.querySelector("[data-list]") || document.querySelector(".dk-queue");
    return list ? [...list.querySelectorAll("[data-row], li > a")].filter(visible) : [];
  };

  const step = (by) => {
    const all = rows();
    if (!all.length) return false;
    const here = all.findIndex((row) => row === document.activeElement);
    const open = all.findIndex((row) => row.hasAttribute("aria-current"));
    const from = here >= 0 ? here : open;
    const next = Math.min(all.length - 1, Math.max(0, from + by));
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
    return true;
  };

  const search = () => {
    const field = document.querySelector("[data-search]");
    if (!field) return false;
    field.focus();
    field.select();
    return true;
  };

  const showKeys = () => {
    if (!dialog || !dialog.showModal) return false;
    if (!dialog.open) dialog.showModal();
    return true;
  };

  const letter = (key) => {
    if (key === "j") return step(1);
    if (key === "k") return step(-1);
    if (key === "/") return search();
    if (key === "?") return showKeys();
    return /^[a-z]$/.test(key) && press(`[data-key="${key}"]`);
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      if (press("[data-primary]")) event.preventDefault();
      return;
    }
    if (event.ctrlKey || event.metaKey || !letters || inField(event.target)) return;
    if (dialog && dialog.open) return;
    if (letter(event.key.toLowerCase())) event.preventDefault();
  });
})();
