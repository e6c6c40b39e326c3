"use strict";
(() => {
  const ledger = document.getElementById("ledger");
  if (!ledger) return;
  const form = ledger.querySelector("form");
  const count = ledger.querySelector("[role=status]");
  const nothing = ledger.querySelector(".nothing");
  const opener = form.elements.open;
  const rows = [...ledger.querySelectorAll(".ledger tbody")];
  const folded = ledger.querySelector(".untested-claims");
  const texts = rows.map((row) => row.textContent.toLowerCase().replace(/\s+/g, " "));
  const lists = ["source", "topic", "verdict"];
  const shown = () => rows.filter((row) => !row.hidden).map((row) => row.querySelector("details"));

  const nameOpener = () => {
    opener.textContent = shown().every((each) => each.open) ? "Close all" : "Open all";
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
    const left = shown().length;
    count.textContent =
      left === rows.length ? `${left} claims` : `${left} of ${rows.length} claims`;
    nothing.hidden = left > 0;
    if (folded) {
      const inside = rows.filter((row) => folded.contains(row) && !row.hidden).length;
      folded.hidden = inside === 0;
      folded.open = inside > 0 && left < rows.length;
    }
    nameOpener();
  };

  // A link to a claim shows it, also where a filter hides it, and opens it.
  const visit = () => {
    const row = rows.find((each) => `#${each.id}` === location.hash);
    if (!row) return;
    if (row.hidden) {
      form.reset();
      filter();
    }
    if (folded && folded.contains(row)) folded.open = true;
    row.querySelector("details").open = true;
    row.scrollIntoView();
  };

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter)); // values are cleared after the event
  opener.addEventListener("click", () => {
    const open = opener.textContent === "Open all";
    if (folded && open) folded.open = true;
    shown().forEach((each) => { each.open = open; });
    nameOpener();
  });
  ledger.addEventListener("toggle", nameOpener, true);
  ledger.addEventListener("click", (event) => {
    const said = event.target.closest("tr.said");
    if (!said || getSelection().toString()) return;
    const details = said.parentElement.querySelector("details");
    details.open = !details.open;
  });
  document.querySelectorAll("a[data-name]").forEach((link) => {
    link.addEventListener("click", () => {
      form.reset();
      form.elements[link.dataset.name].value = link.dataset.value;
      filter();
    });
  });
  addEventListener("hashchange", visit);
  filter();
  visit();
})();

// On paper the claims that are not tested are there too; tables and effects are in the files.
(() => {
  const folded = document.querySelector(".untested-claims");
  if (!folded) return;
  let was = false;
  addEventListener("beforeprint", () => { was = folded.open; folded.open = true; });
  addEventListener("afterprint", () => { folded.open = was; });
})();
