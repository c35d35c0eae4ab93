"use strict";
// Filters, sorting, and one chart that tells its numbers. Text is set as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const form = document.getElementById("filters");
const chart = document.getElementById("chart");
const read = document.getElementById("read");
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 900, HEIGHT = 420, LEFT = 62, RIGHT = 14, TOP = 12, BOTTOM = 42;
const SUPER = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3", 4: "\u2074", 5: "\u2075", 6: "\u2076", 7: "\u2077", 8: "\u2078", 9: "\u2079" };

function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (parent) parent.append(made);
  return made;
}

function options(name, values, label, all) {
  const select = form.elements[name];
  if (all) select.append(new Option("all", ""));
  for (const value of values) select.append(new Option(label(value), value));
}

const distinct = (key) => [...new Set(data.curves.map((curve) => curve[key]))];
options("problem", distinct("problem"), (name) => `${name}: ${data.problems[name]}`, false);
options("precision", distinct("precision"), (name) => name, false);
options("backend", distinct("backend"), (name) => name, true);
options("scheme", distinct("scheme"), (name) => data.schemes[name].label, true);
if (distinct("precision").includes("float32")) form.elements.precision.value = "float32";

const power = (exponent) => "10" + [...String(exponent)].map((sign) => SUPER[sign]).join("");
const told = (value) => (value === null ? "none" : value === 0 ? "0" : value.toExponential(2));

function chosen() {
  const wanted = (key) => form.elements[key].value;
  return data.curves.filter((curve) => curve.problem === wanted("problem") && curve.precision === wanted("precision")
    && ["backend", "scheme"].every((key) => !wanted(key) || curve[key] === wanted(key)));
}

function draw() {
  const part = form.elements.part.value;
  const curves = chosen();
  const points = (curve) => curve.h.map((h, i) => ({ h, y: curve[part][i], i })).filter((p) => p.h && p.y);
  const stepped = curves.filter((curve) => points(curve).length > 0);
  const level = curves.filter((curve) => curve.h.every((h) => h === null) && curve[part][0]);
  const logs = (values) => values.map(Math.log10);
  const xs = stepped.flatMap((curve) => logs(points(curve).map((p) => p.h)));
  const ys = [...stepped.flatMap((curve) => logs(points(curve).map((p) => p.y))), ...level.map((curve) => Math.log10(curve[part][0]))].filter((y) => y < 4);
  chart.replaceChildren();
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, chart);
  if (!ys.length) {
    element("text", { x: LEFT, y: 60 }, svg).textContent = "Nothing to draw: every error is 0, or no row is ok.";
    key(curves);
    return;
  }
  const [low, high] = xs.length ? [Math.floor(Math.min(...xs)), Math.ceil(Math.max(...xs))] : [-1, 0];
  const [least, most] = [Math.floor(Math.min(...ys)), Math.ceil(Math.max(...ys))];
  const x = (value) => LEFT + ((value - low) / (high - low || 1)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - ((value - least) / (most - least || 1)) * (HEIGHT - TOP - BOTTOM);
  grid(svg, low, high, x, (at) => ({ x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM }), (at) => ({ x: at, y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }));
  grid(svg, least, most, y, (at) => ({ y1: at, y2: at, x1: LEFT, x2: WIDTH - RIGHT }), (at) => ({ x: LEFT - 6, y: at + 4, "text-anchor": "end" }));
  element("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, svg).textContent = "step h";
  for (const curve of level) {
    const at = y(Math.log10(curve[part][0]));
    line(svg, curve, `M${LEFT} ${at}H${WIDTH - RIGHT}`, () => 0, part);
  }
  for (const curve of stepped) {
    const known = points(curve);
    const path = known.map((p, i) => `${i && known[i - 1].i === p.i - 1 ? "L" : "M"}${x(Math.log10(p.h)).toFixed(1)} ${Math.max(TOP, y(Math.log10(p.y))).toFixed(1)}`).join("");
    const nearest = (at) => known.reduce((a, b) => (Math.abs(x(Math.log10(b.h)) - at) < Math.abs(x(Math.log10(a.h)) - at) ? b : a)).i;
    line(svg, curve, path, nearest, part);
  }
  key(curves);
}

function grid(svg, first, last, place, ends, label) {
  const every = Math.max(1, Math.ceil((last - first) / 8));
  for (let exponent = first; exponent <= last; exponent += every) {
    element("line", { class: "axis", ...ends(place(exponent)) }, svg);
    element("text", label(place(exponent)), svg).textContent = power(exponent);
  }
}

function line(svg, curve, path, nearest, part) {
  const about = data.schemes[curve.scheme];
  const drawn = element("path", { class: "curve", d: path, stroke: about.colour, "stroke-dasharray": about.dash }, svg);
  const halo = element("path", { class: "halo", d: path, "data-scheme": curve.scheme }, svg);
  halo.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const i = nearest(((event.clientX - box.left) / box.width) * WIDTH);
    const step = curve.h[i] === null ? "no step" : `h = ${told(curve.h[i])}`;
    const band = part === "m" ? ` (10% to 90%: ${told(curve.a[i])} to ${told(curve.b[i])})` : "";
    read.textContent = `${about.label} [${curve.backend}], ${step}: median ${told(curve[part][i])}${band}; ok ${curve.ok[i]}`;
    for (const other of svg.querySelectorAll(".curve")) other.classList.toggle("faint", other !== drawn);
  });
  halo.addEventListener("pointerleave", () => { for (const other of svg.querySelectorAll(".curve")) other.classList.remove("faint"); });
}

function key(curves) {
  const list = document.getElementById("key");
  list.replaceChildren();
  for (const name of new Set(curves.map((curve) => curve.scheme))) {
    const about = data.schemes[name];
    const item = document.createElement("li");
    const svg = element("svg", { viewBox: "0 0 32 10" }, item);
    element("path", { d: "M0 5H32", stroke: about.colour, "stroke-width": 2.5, "stroke-dasharray": about.dash }, svg);
    item.append(` ${about.label}`);
    list.append(item);
  }
}

function filterTables() {
  for (const row of document.querySelectorAll("table.filtered tbody tr")) {
    row.hidden = ["problem", "precision", "backend", "scheme"].some((key) => {
      const wanted = form.elements[key].value;
      return wanted && row.dataset[key] !== wanted;
    });
  }
}

function sort(header) {
  const table = header.closest("table"), body = table.tBodies[0], column = header.cellIndex;
  const sign = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  const value = (row) => {
    const cell = row.cells[column];
    const number = Number(String(cell.dataset.value ?? "nan").replace("inf", "Infinity"));
    return cell.dataset.value === undefined ? cell.textContent : number;
  };
  const missing = (v) => v === "" || Number.isNaN(v);
  const order = (a, b) => missing(a) - missing(b) || sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  body.append(...[...body.rows].map((row) => [value(row), row]).sort((a, b) => order(a[0], b[0])).map((pair) => pair[1]));
}

form.addEventListener("change", () => { draw(); filterTables(); });
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("click", (event) => { const header = event.target.closest("table.sortable th"); if (header && event.target.closest("button")) sort(header); });
draw();
filterTables();
