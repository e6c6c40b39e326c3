"use strict";
// A chart whose data, question, setting and methods the reader chooses. Its state stands in the address:
// #compare:dataset:question:setting:methods, then "zoom" and "at=place" where they are chosen.
(() => {
  const section = document.getElementById("compare");
  if (!section) return;
  const { datasets, questions, methods, axes, settings } = JSON.parse(section.querySelector("[type='application/json']").textContent);
  const [form, board, plot, table, values] = ["form", ".board", ".plot", ".readings", ".values"].map((each) => section.querySelector(each));
  const [heading, about, spoken] = ["figcaption strong", ".about", "[aria-live]"].map((each) => section.querySelector(each));
  const [toCsv, toAddress] = section.querySelectorAll(".tools a");

  const element = (name, attributes = {}, ...children) => {
    const space = /^(svg|g|path|text|rect|clipPath)$/.test(name) ? "http://www.w3.org/2000/svg" : "http://www.w3.org/1999/xhtml";
    const node = document.createElementNS(space, name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    node.append(...children);
    return node;
  };
  const at = (value, i) => (Array.isArray(value) ? value[i] : value);
  const printed = (value, digits) => value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace("-", "−");

  // ---- what is chosen
  const state = { dataset: "", question: "", setting: "", methods: [], zoom: false, at: null };
  const choices = () => settings.filter((each) => each.dataset === state.dataset && each.question === state.question);
  const asked = (dataset) => Object.keys(questions).filter((name) => settings.some((each) => each.dataset === dataset && each.question === name));
  let now; // the setting that is shown
  let axis; // its axes
  let shown; // its methods that are ticked

  const settle = () => { // unknown words become the first of what there is
    if (!Object.hasOwn(datasets, state.dataset)) [state.dataset] = Object.keys(datasets);
    if (!asked(state.dataset).includes(state.question)) [state.question] = asked(state.dataset);
    now = choices().find((each) => each.name === state.setting) || choices()[0];
    state.setting = now.name;
    axis = axes[now.axis];
    const there = Object.keys(methods).filter((name) => name in now.methods);
    if (!state.methods.some((name) => there.includes(name))) state.methods = there.slice(0, 4);
    shown = there.filter((name) => state.methods.includes(name));
    state.zoom = state.zoom && Boolean(axis.range);
    if (!axis.x || !now.x.includes(state.at)) state.at = null;
  };
  const address = () =>
    `#${["compare", state.dataset, state.question, state.setting, state.methods.join(","), ...(state.zoom ? ["zoom"] : []), ...(state.at === null ? [] : [`at=${state.at}`])].join(":")}`;
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch { // a stray percent sign
      return text;
    }
  };
  const read = () => {
    const [word, dataset, question, setting, names, ...more] = decoded(location.hash.slice(1)).split(":");
    if (word !== "compare" || dataset === undefined) return false;
    const place = more.find((each) => each.startsWith("at="));
    const known = (names || "").split(",").filter((name) => Object.hasOwn(methods, name));
    Object.assign(state, { dataset, question, setting, methods: known, zoom: more.includes("zoom"), at: place ? Number(place.slice(3)) : null });
    return true;
  };
  let waiting;
  const keep = () => { // after a while: browsers refuse many changes of the address a second
    toAddress.href = address();
    clearTimeout(waiting);
    waiting = setTimeout(() => history.replaceState(null, "", address()), 150);
  };

  // ---- words
  const reading = (name, i) => {
    const of = now.methods[name];
    const digits = at(of.digits, i);
    const [y, low, high] = ["y", "low", "high"].map((key) => at(of[key], i));
    if (y === null) return { y: "–", interval: "", remark: "" };
    const [n, failed, diverged, bound] = ["n", "failed", "diverged", "bound"].map((key) => at(of[key] ?? 0, i));
    const of_all = `of ${at(of.replicates, i)}`;
    const remarks = [low === null && `${n} ${n === 1 ? "run" : "runs"}`, failed && `${failed} ${of_all} failed`, diverged && `${diverged} ${of_all} diverged`, bound && `lower bound in ${bound} ${of_all}`];
    return { y: printed(y, digits), interval: low === null ? "" : `${printed(low, digits)} to ${printed(high, digits)}`, remark: remarks.filter(Boolean).join(", ") };
  };
  const place = (x) => `${axis.x} ${x.toLocaleString("en", { maximumSignificantDigits: 6 })}`;
  const sentence = (i) =>
    shown
      .map((name) => [name, reading(name, i)])
      .filter(([, { y }]) => y !== "–")
      .map(([name, { y, interval, remark }]) => [`${methods[name].label} ${y}`, interval && `95 % interval ${interval}`, remark].filter(Boolean).join(", "))
      .join("; ");

  // ---- marks of methods
  const inked = (node, name) => {
    node.style.setProperty("--color", `var(${methods[name].color})`);
    return node;
  };
  const mark = (name, x, y) => element("path", { class: methods[name].open ? "mark open" : "mark", d: methods[name].path, transform: `translate(${x} ${y})` });
  const group = (name, ...children) => inked(element("g", { class: "curve" }, ...children), name);

  // ---- scales and ticks
  const nice = (low, high, count) => {
    const rough = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((each) => each * power >= rough * 0.999);
    const first = Math.ceil(low / step - 1e-9);
    return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(9)));
  };
  const scale = (low, high, from, to, log) => {
    const [f, g] = log ? [Math.log, Math.exp] : [(v) => v, (v) => v];
    const span = f(high) - f(low) || 1;
    return Object.assign((v) => from + ((f(v) - f(low)) / span) * (to - from), { back: (p) => g(f(low) + ((p - from) / (to - from)) * span) });
  };
  const horizontal = (x, low, high) => { // places that were measured where few, else round numbers; labels that have room
    const decades = [...Array(13)].flatMap((_, i) => [1, 2, 5].map((k) => k * 10 ** (i - 6)));
    const all = now.x.length <= 20 ? now.x : (axis.log ? decades.filter((t) => high / low < 50 || Math.abs(Math.log10(t) % 1) < 1e-9) : nice(low, high, 6)).filter((t) => t >= low && t <= high);
    const room = (t) => 9 + 7 * t.toLocaleString("en").length;
    const labelled = [];
    const isPower = (t) => Number.isInteger(Math.log2(t));
    new Set([all.at(-1), ...all.filter(isPower), ...all]).forEach((t) => {
      if (labelled.every((other) => Math.abs(x(t) - x(other)) >= (room(t) + room(other)) / 2)) labelled.push(t);
    });
    return { all, labelled };
  };
  const vertical = () => {
    const every = shown.flatMap((name) => now.x.flatMap((_, i) => ["y", "low", "high"].map((key) => at(now.methods[name][key], i)))).filter((v) => v !== null);
    if (!every.length) return axis.range || [0, 1];
    if (!axis.range) {
      const ticks = nice(Math.min(0, ...every), Math.max(...every) || Number(Math.min(...every) >= 0), 5); // zeros alone have an axis too
      const step = ticks[1] - ticks[0];
      return [ticks[0] - (Math.min(...every) < ticks[0] ? step : 0), ticks.at(-1) + step * (Math.max(...every) > ticks.at(-1))];
    }
    if (!state.zoom) return axis.range;
    const tenth = (axis.range[1] - axis.range[0]) / 10;
    const top = Math.min(axis.range[1], (Math.ceil((Math.max(...every) / tenth) * 5) * tenth) / 5);
    return [top - tenth, top];
  };

  // ---- the chart
  let geometry = null;
  const text = (words, x, y, name) => element("text", { class: name, x, y }, words);
  const cut = (words) => (words.length > 16 ? `${words.slice(0, 15)}…` : words); // the list beside the chart has the whole
  const arrow = " ↓";
  const widest = () => { // of the names, measured as they are drawn
    const probe = element("svg", { class: "chart", width: 10, height: 10 });
    const nodes = shown.map((name) => text(cut(methods[name].label) + (state.zoom ? arrow : ""), 0, 0, "name"));
    probe.append(element("g", { class: "curve" }, ...nodes));
    plot.append(probe);
    const width = Math.max(...nodes.map((node) => node.getComputedTextLength()));
    probe.remove();
    return width;
  };
  const canvas = (width, height, role) =>
    element("svg", { class: "chart", width, height, viewBox: `0 0 ${width} ${height}`, "aria-label": `${heading.textContent}. ${about.textContent}`, ...role });

  const drawRows = (width) => { // one number a method: a row each
    const line = 34;
    const height = 52 + line * shown.length;
    const left = widest() + 24;
    const right = width - (width < 500 ? 20 : 180);
    const [low, high] = vertical();
    const x = scale(low, high, left, right, false);
    const svg = canvas(width, height, { role: "img" });
    nice(low, high, 5).forEach((t) => svg.append(element("path", { class: "grid", d: `M${x(t)} 6V${height - 44}` }), text(printed(t, String(t).split(".")[1]?.length || 0), x(t), height - 27, "tick middle")));
    svg.append(text(axis.y, (left + right) / 2, height - 7, "title middle"));
    shown.forEach((name, i) => {
      const y = 6 + line * (i + 0.5);
      const [value, from, to] = ["y", "low", "high"].map((key) => at(now.methods[name][key], 0));
      const { y: number, interval } = reading(name, 0);
      const curve = group(name);
      if (from !== null) curve.append(element("rect", { class: "band", x: x(from), y: y - 8, width: x(to) - x(from), height: 16 }));
      if (value !== null) curve.append(mark(name, x(value), y));
      curve.append(text(cut(methods[name].label), left - 12, y + 4, "name end"));
      svg.append(curve);
      if (width >= 500) svg.append(text(`${number}${interval && ` (${interval})`}`, right + 14, y + 4, "tick"));
    });
    plot.replaceChildren(svg);
    geometry = { width };
  };

  const drawCurves = (width) => {
    const height = Math.max(width < 600 ? 340 : 400, 15 * shown.length + 64); // names have room
    const [top, bottom, left] = [10, height - 46, 46];
    const right = width - widest() - 18;
    const [least, most] = [now.x[0], now.x.at(-1)];
    const x = scale(least, most, left + 10, right - 6, axis.log);
    const [low, high] = vertical();
    const y = scale(low, high, bottom, top, false);
    const svg = canvas(width, height, { role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": now.x.length - 1 });
    svg.append(element("clipPath", { id: "compare-frame" }, element("rect", { x: left, y: top - 7, width: right - left + 8, height: bottom - top + (state.zoom ? 7 : 14) })));
    nice(low, high, 5).forEach((t) => svg.append(element("path", { class: "grid", d: `M${left} ${y(t)}H${right}` }), text(printed(t, String(t).split(".")[1]?.length || 0), left - 8, y(t) + 4, "tick end")));
    const { all, labelled } = horizontal(x, least, most);
    all.forEach((t) => svg.append(element("path", { class: "axis", d: `M${x(t)} ${bottom}v${labelled.includes(t) ? 5 : 3}` })));
    labelled.forEach((t) => svg.append(text(t.toLocaleString("en", { maximumSignificantDigits: 6 }), x(t), bottom + 18, "tick middle")));
    svg.append(element("path", { class: "axis", d: `M${left} ${bottom}H${right}` }), text(axis.x, (left + right) / 2, height - 7, "title middle"));
    const frame = element("g", { "clip-path": "url(#compare-frame)" });
    const ends = [];
    const lines = shown.map((name) => {
      const of = now.methods[name];
      const points = now.x.map((place, i) => ({ i, x: x(place), ...Object.fromEntries(["y", "low", "high"].map((key) => [key, at(of[key], i)])) })).filter((p) => p.y !== null);
      const sure = points.filter((p) => p.low !== null);
      const band = [...sure.map((p) => `${p.x} ${y(p.high)}`), ...sure.toReversed().map((p) => `${p.x} ${y(p.low)}`)];
      if (sure.length > 1) frame.append(group(name, element("path", { class: "band", d: `M${band.join("L")}Z` })));
      if (points.length) ends.push({ name, x: points.at(-1).x, y: y(points.at(-1).y) });
      const path = points.map((p, k) => `${k && p.low !== null && points[k - 1].low !== null ? "L" : "M"}${p.x} ${y(p.y)}`).join("");
      let marked = -Infinity; // marks of many points would hide their line
      const marks = points.filter((p) => {
        const drawn = points.length <= 20 || p.low === null || p.x >= marked + 30;
        if (drawn) marked = p.x;
        return drawn;
      });
      return group(name, element("path", { class: "line", "stroke-dasharray": methods[name].dash, d: path }), ...marks.map((p) => mark(name, p.x, y(p.y))));
    });
    frame.append(...lines);
    const cross = element("path", { class: "cross" });
    svg.append(frame, cross, ...names(ends, right, top, bottom));
    plot.replaceChildren(svg);
    geometry = { width, x, cross, svg, top, bottom };
    listen(svg);
    point();
  };
  const names = (ends, right, top, bottom) => { // at the right ends of the curves, pushed apart; below the frame an arrow says so
    const [first, last, gap] = [top + 4, bottom - 2, 15];
    ends.sort((one, other) => one.y - other.y);
    ends.forEach((end, i) => { end.at = Math.max(Math.min(end.y, last), i ? ends[i - 1].at + gap : first); });
    ends.toReversed().reduce((limit, end) => { end.at = Math.min(end.at, limit); return end.at - gap; }, last);
    return ends.map(({ name, x, y, at: to }) => {
      const inside = y <= bottom;
      const leader = inside ? [element("path", { class: "leader", d: `M${x + 6} ${y}L${right + 6} ${to}` })] : [];
      return group(name, ...leader, text(cut(methods[name].label) + (inside ? "" : arrow), right + 10, to + 4, "name"));
    });
  };

  // ---- the values at one place
  const point = () => {
    const i = now.x.indexOf(state.at);
    if (geometry.svg) {
      geometry.cross.setAttribute("d", i < 0 ? "" : `M${geometry.x(state.at)} ${geometry.top}V${geometry.bottom}`);
      geometry.svg.setAttribute("aria-valuenow", Math.max(i, 0));
      geometry.svg.setAttribute("aria-valuetext", i < 0 ? "no place chosen" : place(state.at));
    }
    const index = axis.x ? i : 0;
    table.caption.textContent = index < 0 ? "Point at the chart, or use its arrow keys, for numbers" : `${axis.x ? `${place(state.at)}: ` : ""}${axis.y} with 95 % interval`;
    [...table.tBodies[0].rows].forEach((row) => {
      const { y, interval, remark } = index < 0 || !shown.includes(row.dataset.name) ? { y: "", interval: "", remark: "" } : reading(row.dataset.name, index);
      row.cells[1].textContent = y;
      row.cells[2].replaceChildren(interval, ...(remark ? [element("span", {}, remark)] : []));
    });
    spoken.textContent = i < 0 ? "" : `${place(state.at)}. ${axis.y}: ${sentence(i)}.`;
  };
  const choose = (to) => {
    if (to === state.at) return;
    state.at = to;
    point();
  };
  const listen = (svg) => {
    const nearest = (event) => {
      const left = event.clientX - svg.getBoundingClientRect().left;
      const distance = (v) => Math.abs(geometry.x(v) - (left * geometry.width) / svg.clientWidth);
      choose(now.x.reduce((best, v) => (distance(v) < distance(best) ? v : best)));
    };
    svg.addEventListener("pointermove", nearest);
    svg.addEventListener("pointerdown", (event) => { nearest(event); keep(); });
    svg.addEventListener("keydown", (event) => {
      const [i, last] = [now.x.indexOf(state.at), now.x.length - 1];
      const to = { ArrowRight: Math.min(i + 1, last), ArrowLeft: i < 0 ? last : Math.max(i - 1, 0), Home: 0, End: last }[event.key];
      if (to === undefined && event.key !== "Escape") return;
      event.preventDefault();
      choose(to === undefined ? null : now.x[to]);
      keep();
    });
  };

  // ---- everything
  const fill = (select, options, chosen) => {
    select.replaceChildren(...options.map(([value, label, disabled]) => Object.assign(new Option(label, value, false, value === chosen), { disabled })));
  };
  const rows = () => {
    const one = !axis.x;
    const head = one ? ["method", axis.y] : [axis.x, ...shown.map((name) => methods[name].label)];
    const cell = (name, i) => {
      const { y, interval, remark } = reading(name, i);
      return [y, interval && ` (${interval})`, remark && `, ${remark}`].join("");
    };
    const body = one ? shown.map((name) => [methods[name].label, cell(name, 0)]) : now.x.map((v, i) => [v.toLocaleString("en", { maximumSignificantDigits: 6 }), ...shown.map((name) => cell(name, i))]);
    return [head, ...body];
  };
  const csv = () => { // the numbers that are drawn, a row each
    const columns = ["y", "low", "high", "n", "replicates", "failed", "diverged"];
    const lines = shown.flatMap((name) => now.x.map((v, i) => [now.dataset, now.name, name, axis.x ? v : "", ...columns.map((key) => at(now.methods[name][key] ?? "", i) ?? "")]));
    return [["dataset", "setting", "method", axis.x, axis.y, ...columns.slice(1)], ...lines].map((line) => line.map((each) => `"${String(each).replaceAll('"', '""')}"`).join(",")).join("\n");
  };
  const show = () => {
    settle();
    fill(form.elements.dataset, Object.entries(datasets), state.dataset);
    const can = asked(state.dataset);
    fill(form.elements.question, Object.entries(questions).map(([name, label]) => [name, can.includes(name) ? label : `${label} (not measured)`, !can.includes(name)]), state.question);
    fill(form.elements.setting, choices().map((each) => [each.name, each.label]), state.setting);
    form.elements.zoom.checked = state.zoom;
    form.elements.zoom.closest("label").hidden = !axis.range;
    heading.textContent = `${questions[state.question]}, ${datasets[state.dataset]}: ${axis.y}`;
    const every = shown.flatMap((name) => now.x.map((_, i) => [at(now.methods[name].y, i), at(now.methods[name].low, i)])).filter(([y]) => y !== null);
    const bands = [every.some(([, low]) => low !== null) && "Bands are 95 % intervals.", every.some(([, low]) => low === null) && "A point without a band has too few runs for an interval."];
    about.textContent = [`${now.label[0].toUpperCase()}${now.label.slice(1)}.`, axis.note, ...bands].filter(Boolean).join(" ");
    const source = section.querySelector(".source a");
    Object.assign(source, { href: now.source, textContent: now.source });
    const focused = document.activeElement.value;
    table.tBodies[0].replaceChildren(...Object.keys(methods).filter((name) => name in now.methods).map((name) => {
      const box = Object.assign(element("input", { type: "checkbox", value: name }), { checked: shown.includes(name) });
      const icon = element("svg", { class: "chart", width: 26, height: 14, viewBox: "-13 -7 26 14", "aria-hidden": "true" }, group(name, element("path", { class: "line", "stroke-dasharray": methods[name].dash, d: "M-13 0H13" }), mark(name, 0, 0)));
      const row = element("tr", {}, element("th", { scope: "row" }, element("label", {}, box, icon, element("span", {}, methods[name].label, ...(methods[name].words ? [element("small", {}, methods[name].words)] : [])))), element("td"), element("td"));
      row.dataset.name = name;
      return row;
    }));
    if (focused in methods) table.querySelector(`[value="${focused}"]`)?.focus();
    const missing = Object.keys(methods).filter((name) => !(name in now.methods)).map((name) => methods[name].label);
    section.querySelector(".missing").textContent = missing.length ? `Not measured here: ${missing.join(", ")}.` : "";
    const [head, ...body] = rows();
    values.querySelector("table").replaceChildren(
      element("thead", {}, element("tr", {}, ...head.map((each) => element("th", { scope: "col" }, each)))),
      element("tbody", {}, ...body.map(([first, ...others]) => element("tr", {}, element("th", { scope: "row" }, first), ...others.map((each) => element("td", {}, each))))),
    );
    toCsv.href = `data:text/csv;charset=utf-8,${encodeURIComponent(csv())}`;
    toCsv.download = `compare-${now.dataset}-${now.question}.csv`;
    toAddress.href = address();
    draw();
    point();
  };
  const draw = () => {
    const width = Math.max(280, plot.clientWidth);
    (axis.x ? drawCurves : drawRows)(width);
  };

  form.addEventListener("input", ({ target }) => {
    if (target.name === "zoom") state.zoom = target.checked;
    else state[target.name] = target.value;
    show();
    keep();
  });
  table.addEventListener("input", () => {
    const boxes = [...table.querySelectorAll("input")];
    const others = state.methods.filter((name) => boxes.every((box) => box.value !== name));
    state.methods = [...others, ...boxes.filter((box) => box.checked).map((box) => box.value)];
    show();
    keep();
  });
  const visit = () => {
    clearTimeout(waiting);
    if (!read()) return;
    show();
    section.scrollIntoView();
  };
  form.hidden = false;
  board.hidden = false;
  values.open = false;
  read();
  show();
  visit();
  addEventListener("hashchange", visit);
  new ResizeObserver(() => { if (plot.clientWidth && plot.clientWidth !== geometry.width) { draw(); point(); } }).observe(plot);
})();
