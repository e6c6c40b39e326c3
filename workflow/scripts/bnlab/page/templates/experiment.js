"use strict";
const COLORS = [[255, 255, 217], [65, 182, 196], [37, 52, 148]];
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

  const shade = (height) => { // the colours of the contours
    const [from, to, share] = height < 0.5 ? [COLORS[0], COLORS[1], 2 * height] : [COLORS[1], COLORS[2], 2 * height - 1];
    return `rgb(${from.map((value, i) => value + (to[i] - value) * share)})`;
  };
  const draw = () => {
    const { side, heights } = surfaces[select.selectedIndex];
    const [cos, sin] = [Math.cos(turned), Math.sin(turned)];
    const scale = 0.355 * canvas.height; // the highest corner at the back stays inside
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
      pen.fillStyle = shade(height);
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
