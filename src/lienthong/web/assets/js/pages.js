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
  // The paper beside a form shows what is being typed into the field of that name.
  on("input", "[name]", (field) => {
    for (const place of document.querySelectorAll("[data-mirror]"))
      if (place.dataset.mirror === field.name) place.textContent = field.value;
  });
  // A form is sent once: a second press on a slow line would file it twice.
  on("submit", "form[data-once]", (form, event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // A fragment that could not be fetched is told in words, where a screen reader hears it.
  const live = document.querySelector(".lt-live");
  const tell = (node) => live && live.replaceChildren(node);
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    const made = new DOMParser().parseFromString(answer.responseText, "text/html");
    const alert = made.querySelector(".ds-alert");
    tell(alert || document.getElementById("no-answer").content.cloneNode(true));
  });
  for (const type of ["htmx:sendError", "htmx:timeout"])
    document.addEventListener(type, () =>
      tell(document.getElementById("no-answer").content.cloneNode(true)),
    );
  document.addEventListener("htmx:beforeRequest", () => live && live.replaceChildren());

  // The strip for a lost network.
  const strip = document.querySelector(".lt-offline");
  const network = () => strip && (strip.hidden = navigator.onLine);
  addEventListener("offline", network);
  addEventListener("online", network);
  network();

  // Two minutes before the session ends, ask; staying keeps the page as it is.
  const ends = document.getElementById("session-ends");
  const { session, stay } = document.body.dataset;
  let timer;
  const watch = (seconds) => {
    clearTimeout(timer);
    // setTimeout holds at most 24.8 days; a session is hours.
    timer = setTimeout(() => ends.showModal(), Math.max(0, seconds - 120) * 1000);
  };
  if (ends && ends.showModal && session) {
    watch(Number(session));
    ends.addEventListener("close", async () => {
      if (ends.returnValue === "leave") {
        document.getElementById("session-leave").submit();
        return;
      }
      const token = document.querySelector("#session-leave [name=csrfmiddlewaretoken]").value;
      const answer = await fetch(stay, { method: "POST", headers: { "X-CSRFToken": token } });
      if (answer.ok) watch(Number((await answer.json()).seconds));
      else location.reload();
    });
  }

  // Where a table's rows become cards (a phone), each cell says by itself what it is; the roles keep
  // it a table for a screen reader, which a changed display would take away.
  const label = () => {
    for (const table of document.querySelectorAll(".console .ds-table:not([role])")) {
      const heads = [...table.querySelectorAll("thead th")];
      table.setAttribute("role", "table");
      for (const part of table.querySelectorAll("thead, tbody")) part.setAttribute("role", "rowgroup");
      for (const row of table.querySelectorAll("tr")) row.setAttribute("role", "row");
      for (const head of heads) head.setAttribute("role", "columnheader");
      for (const row of table.querySelectorAll("tbody tr"))
        [...row.cells].forEach((cell, at) => {
          cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
          if (heads[at]) cell.dataset.label = heads[at].textContent.trim();
        });
    }
  };
  label();
  document.addEventListener("htmx:afterSwap", label);

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
