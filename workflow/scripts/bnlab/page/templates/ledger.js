"use strict";
(() => {
  const ledger = document.getElementById("ledger");
  if (!ledger) return;
  const form = ledger.querySelector("form");
  const count = ledger.querySelector("[role=status]");
  const nothing = ledger.querySelector(".nothing");
  const opener = form.elements.open;
  const rows = [...ledger.querySelectorAll(".ledger tbody")];
  const folded = [...ledger.querySelectorAll(".folded")];
  const texts = rows.map((row) => row.textContent.toLowerCase().replace(/\s+/g, " "));
  const lists = ["source", "topic", "verdict"];
  const visible = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector("details"));

  const nameOpener = () => {
    opener.textContent = visible().every((each) => each.open) ? "Close all" : "Open all";
  };

  const filter = () => {
    const words = form.elements.words.value.toLowerCase().split(/\s+/);
    rows.forEach((row, i) => {
      const chosen = lists.every((name) => {
        const value = form.elements[name].value;
        return !value || row.dataset[name] === value;
      });
      row.hidden = !chosen || !words.every((word) => texts[i].includes(word));
    });
    const left = visible().length;
    count.textContent =
      left === rows.length ? `${left} claims` : `${left} of ${rows.length} claims`;
    nothing.hidden = left > 0;
    folded.forEach((list) => {
      const inside = rows.filter((row) => list.contains(row) && !row.hidden).length;
      list.hidden = inside === 0;
      list.open = inside > 0 && left < rows.length;
    });
    nameOpener();
  };

  // The address holds the filter, as in #verdict=refuted&topic=speed.
  const fields = [...lists, "words"];
  const keep = () => {
    const chosen = fields.filter((name) => form.elements[name].value);
    const query = new URLSearchParams(chosen.map((name) => [name, form.elements[name].value]));
    history.replaceState(null, "", chosen.length ? `#${query}` : location.href.split("#")[0]);
  };

  const choose = (query) => {
    fields.forEach((name) => {
      const field = form.elements[name];
      field.value = query.get(name) ?? "";
      if (field.selectedIndex < 0) field.selectedIndex = 0; // a value that the list lacks
    });
    filter();
  };

  // A link to a filter applies it. A link to a claim shows it, also where a filter hides it, and opens it.
  const visit = () => {
    if (location.hash.includes("=")) {
      choose(new URLSearchParams(location.hash.slice(1)));
      form.scrollIntoView();
      return;
    }
    const row = rows.find((each) => `#${each.id}` === location.hash);
    if (!row) return;
    if (row.hidden) choose(new URLSearchParams());
    folded.forEach((list) => { if (list.contains(row)) list.open = true; });
    row.querySelector("details").open = true;
    row.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("input", () => { filter(); keep(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { filter(); keep(); })); // values are cleared after the event
  opener.addEventListener("click", () => {
    const open = opener.textContent === "Open all";
    if (open) folded.forEach((list) => { list.open = true; });
    visible().forEach((each) => { each.open = open; });
    nameOpener();
  });
  ledger.addEventListener("toggle", nameOpener, true);
  ledger.addEventListener("click", (event) => {
    const row = event.target.closest("tr.overview");
    if (!row || getSelection().toString()) return;
    const details = row.parentElement.querySelector("details");
    details.open = !details.open;
  });
  addEventListener("hashchange", visit);
  filter();
  visit();
})();

// On paper the folded claims are open too; tables and effects are in the files.
(() => {
  const closed = () => [...document.querySelectorAll(".folded:not([open])")];
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = closed();
    opened.forEach((list) => { list.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((list) => { list.open = false; }));
})();
