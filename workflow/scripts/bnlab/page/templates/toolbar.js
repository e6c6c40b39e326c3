"use strict";
// Under every figure: its picture as PNG and SVG, made here from the very picture that is shown; a link that copies itself;
// and the citation. The title stands above the picture, what is shown and its source below, on white.
document.querySelectorAll(".tools").forEach((tools) => {
  const figure = tools.closest("figure");
  const citation = document.getElementById("citation");
  const pad = 16;
  const written = [
    "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "stroke-opacity", "opacity",
    "font-family", "font-size", "font-style", "font-weight", "text-anchor", "dominant-baseline", "visibility",
  ];
  const make = (name, attributes = {}, words = "") => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => node.setAttribute(key, value));
    node.textContent = words;
    return node;
  };

  const wrapped = (words, width, font) => { // lines of a text that fit a width
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    return words.split(/\s+/).reduce((lines, word) => {
      const longer = `${lines.at(-1)} ${word}`.trim();
      return pen.measureText(longer).width <= width ? [...lines.slice(0, -1), longer] : [...lines, word];
    }, [""]).filter(Boolean);
  };

  // Both return the text of a drawing at a place: parsed in the page, styles of an image's drawing would break its policy.
  const ofImage = (image, place) =>
    decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1)).replace(/<style>[^]*?<\/style>/, "").replace(
      /^[^]*?<svg([^>]*)>/,
      (_, attributes) => `<svg ${Object.entries(place).map(([key, value]) => `${key}="${value}"`).join(" ")} ${attributes.replace(/\s(?:width|height)=(["']).*?\1/g, "")}>`,
    );
  const ofChart = (chart, place) => { // a copy with the colours of white paper, written out
    const paper = document.createElement("div");
    paper.className = "paper";
    const copy = chart.cloneNode(true);
    paper.append(copy);
    chart.parentNode.append(paper);
    const nodes = [copy, ...copy.querySelectorAll("*")];
    const styles = nodes.map((node) => written.map((key) => [key, getComputedStyle(node).getPropertyValue(key)]));
    nodes.forEach((node, i) => {
      styles[i].forEach(([key, value]) => node.setAttribute(key, value));
      ["class", "style", "tabindex"].forEach((key) => node.removeAttribute(key));
    });
    paper.remove();
    Object.entries(place).forEach(([key, value]) => copy.setAttribute(key, value));
    return new XMLSerializer().serializeToString(copy);
  };

  const picture = () => {
    const shown = figure.querySelector("img, svg");
    const isImage = shown.localName === "img";
    const { width, height } = Object.fromEntries(["width", "height"].map((key) => [key, Math.ceil(isImage ? shown.getAttribute(key) : shown.viewBox.baseVal[key])]));
    const title = figure.querySelector("figcaption strong").textContent.trim();
    const name = (isImage ? shown.alt : shown.getAttribute("aria-label")).replace(title, "").replace(/^[\s,.:]+/, "");
    const unit = Math.min(1.2, Math.max(0.75, width / 640)); // letters grow with the picture
    let y = pad / 2;
    const lines = (words, pixels, weight, fill) =>
      wrapped(words, width, `${weight} ${pixels * unit}px sans-serif`).map((line) => {
        y += 1.35 * pixels * unit;
        return make("text", { x: pad, y, fill, "font-family": "sans-serif", "font-size": pixels * unit, "font-weight": weight }, line);
      });
    const above = lines(title, 15, 600, "#1d2430");
    const place = { x: pad, y: y + pad / 2, width, height };
    y += height + pad;
    const below = [...lines(name, 12, 400, "#1d2430"), ...lines(citation.dataset.source, 11, 400, "#5b6472")];
    const size = { width: width + 2 * pad, height: Math.ceil(y + pad) };
    const whole = make("svg", { ...size, viewBox: `0 0 ${size.width} ${size.height}` });
    whole.append(make("title", {}, title), make("rect", { ...size, fill: "#fff" }), ...above, ...below);
    const drawing = isImage ? ofImage(shown, place) : ofChart(shown, place);
    return { text: new XMLSerializer().serializeToString(whole).replace(/<\/svg>$/, `${drawing}</svg>`), ...size };
  };

  const save = (blob, ending) => {
    const link = document.createElement("a");
    Object.assign(link, { href: URL.createObjectURL(blob), download: `${tools.dataset.name}.${ending}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  const saveSvg = () => save(new Blob([picture().text], { type: "image/svg+xml" }), "svg");
  const savePng = async () => {
    const { text, width, height } = picture();
    const scale = Math.max(2, Math.ceil(1600 / width)); // for slides
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: scale * width, height: scale * height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => save(blob, "png"), "image/png");
  };

  const button = (words, about, action) => {
    const node = Object.assign(document.createElement("button"), { type: "button", textContent: words, title: about });
    node.addEventListener("click", action);
    return node;
  };
  const toSelf = tools.lastElementChild;
  toSelf.addEventListener("click", () => {
    navigator.clipboard?.writeText(toSelf.href).then(() => {
      toSelf.textContent = "Link copied";
      setTimeout(() => { toSelf.textContent = "Link"; }, 2000);
    }, () => {}); // refused: the address is in the address bar
  });
  if (figure) tools.prepend(button("PNG", "This figure as a picture for slides", savePng), button("SVG", "This figure as a drawing for print", saveSvg));
  const entry = Object.assign(document.createElement("code"), { textContent: citation.content.textContent.replace(/\s+/g, " ").trim(), hidden: true });
  const cite = button("Cite", "BibTeX of this study", () => {
    entry.hidden = !entry.hidden;
    cite.setAttribute("aria-expanded", String(!entry.hidden));
  });
  cite.setAttribute("aria-expanded", "false");
  tools.append(cite, entry);
});
