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

// On paper the untested claims are open too; tables and effects are in the files.
(() => {
  const folded = document.querySelector(".untested-claims");
  if (!folded) return;
  let was = false;
  addEventListener("beforeprint", () => { was = folded.open; folded.open = true; });
  addEventListener("afterprint", () => { folded.open = was; });
})();

// A surface of the loss that turns with the mouse or the arrow keys; without this script readers see its contours.
document.querySelectorAll(".turning").forEach((box) => {
  const { surfaces, lowest, highest } = JSON.parse(box.dataset.surfaces);
  const canvas = box.querySelector("canvas");
  const select = box.querySelector("select");
  const pen = canvas.getContext("2d");
  surfaces.forEach(({ name }) => select.add(new Option(name)));
  box.querySelector(".range").textContent = `${lowest} to ${highest}`;
  let turned = 0.7;
  let raised = 0.55;

  const draw = () => {
    const { side, heights } = surfaces[select.selectedIndex];
    const [cos, sin] = [Math.cos(turned), Math.sin(turned)];
    const scale = 0.3 * canvas.width;
    // a and b go from -1 to 1 and heights from 0 to 1; nearer points have a larger depth.
    const points = heights.map((height, i) => {
      const [a, b] = [(2 * (i % side)) / (side - 1) - 1, (2 * Math.floor(i / side)) / (side - 1) - 1];
      const [x, depth, z] = [a * cos - b * sin, a * sin + b * cos, height / 999];
      const y = depth * Math.sin(raised) - (1.2 * z - 0.5) * Math.cos(raised);
      return [canvas.width / 2 + scale * x, canvas.height / 2 + scale * y, depth, z];
    });
    const faces = [];
    for (let row = 0; row < side - 1; row += 1) {
      for (let column = 0; column < side - 1; column += 1) {
        const first = row * side + column;
        const corners = [first, first + 1, first + side + 1, first + side].map((i) => points[i]);
        faces.push({ corners, depth: corners.reduce((sum, corner) => sum + corner[2], 0) });
      }
    }
    faces.sort((one, other) => one.depth - other.depth);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineWidth = 0.6;
    pen.strokeStyle = "rgba(40, 40, 40, 0.55)";
    faces.forEach(({ corners }) => {
      const height = corners.reduce((sum, corner) => sum + corner[3], 0) / 4;
      pen.fillStyle = `hsl(${200 - 150 * height} 65% ${72 - 30 * height}%)`;
      pen.beginPath();
      corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
      pen.closePath();
      pen.fill();
      pen.stroke();
    });
  };

  const turn = (across, up) => {
    turned += across;
    raised = Math.min(1.5, Math.max(0.05, raised + up));
    draw();
  };
  const keys = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.08], ArrowDown: [0, -0.08] };
  canvas.addEventListener("keydown", (event) => {
    if (!keys[event.key]) return;
    event.preventDefault();
    turn(...keys[event.key]);
  });
  let from = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    from = [event.clientX, event.clientY];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!from || !event.buttons) return;
    turn((from[0] - event.clientX) / 150, (event.clientY - from[1]) / 150);
    from = [event.clientX, event.clientY];
  });
  select.addEventListener("input", draw);
  box.hidden = false;
  draw();
});
