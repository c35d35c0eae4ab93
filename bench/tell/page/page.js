"use strict";
// Filters, sorting, and one chart that tells its numbers. Text is set as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const form = document.getElementById("filters");
const chart = document.getElementById("chart");
const read = document.getElementById("read");
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = Math.max(320, Math.min(900, chart ? chart.clientWidth : 900)), HEIGHT = Math.max(280, 0.46 * WIDTH); // labels stay legible on a telephone
const LEFT = 62, RIGHT = 14, TOP = 12, BOTTOM = 42;
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

function fillFilters() {
  const distinct = (key) => [...new Set(data.curves.map((curve) => curve[key]))];
  options("problem", distinct("problem"), (name) => `${name}: ${data.problems[name]}`, false);
  options("precision", distinct("precision"), (name) => name, false);
  options("backend", distinct("backend"), (name) => name, true);
  options("scheme", distinct("scheme"), (name) => data.schemes[name].label, true);
  if (distinct("precision").includes("float32")) form.elements.precision.value = "float32";
}

// The marks of the figures, as paths around 0 0: a scheme is told by its mark, too, not by colour alone.
const MARKS = { o: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z", s: "M-4.5 -4.5H4.5V4.5H-4.5Z", "^": "M0 -6L5.5 4.5H-5.5Z", D: "M0 -6L6 0L0 6L-6 0Z", v: "M0 6L5.5 -4.5H-5.5Z", P: "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z", X: "M-6 -3.5L-3.5 -6L0 -2.5L3.5 -6L6 -3.5L2.5 0L6 3.5L3.5 6L0 2.5L-3.5 6L-6 3.5L-2.5 0Z", "*": "M0 -6.5L1.9 -2L6.5 -2L2.9 1.1L4.2 5.8L0 3L-4.2 5.8L-2.9 1.1L-6.5 -2L-1.9 -2Z" };

function mark(svg, kind, x, y, colour, attributes) {
  return element("path", { class: "mark", d: MARKS[kind] || MARKS.o, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, fill: colour, ...attributes }, svg);
}

const power = (exponent) => "10" + [...String(exponent)].map((sign) => SUPER[sign]).join("");
const told = (value) => (value === null ? "none" : value === 0 ? "0" : value.toExponential(2));

function chosen() {
  const wanted = (key) => form.elements[key].value;
  return data.curves.filter((curve) => curve.problem === wanted("problem") && curve.precision === wanted("precision")
    && ["backend", "scheme"].every((key) => !wanted(key) || curve[key] === wanted(key)));
}

const PARTS = { e: ["total", "currentColor", ""], t: ["truncation", "#2f86c1", "8 4"], r: ["rounding", "#d55e00", "2 3"] };

// What is drawn: the part that is chosen of each curve, or all parts of the error of one.
function series() {
  const part = form.elements.part.value, curves = chosen();
  if (part !== "anatomy") return curves.map((curve) => ({ curve, values: curve[part], band: part === "m", ...data.schemes[curve.scheme] }));
  const stepped = curves.filter((curve) => curve.h.some((h) => h !== null));
  const curve = stepped.find((each) => each.scheme === "central") || stepped[0];
  if (!curve) return [];
  const label = data.schemes[curve.scheme].label;
  return Object.entries(PARTS).map(([name, [what, colour, dash]]) => ({ curve, values: curve[name], band: false, label: `${label}, ${what} error`, colour, dash }));
}

function draw() {
  const drawn = series();
  for (const each of drawn) each.points = each.curve.h.map((h, i) => ({ h, y: each.values[i], i })).filter((p) => p.h && p.y);
  const stepped = drawn.filter((each) => each.points.length > 0);
  const level = drawn.filter((each) => each.curve.h.every((h) => h === null) && each.values[0]);
  const xs = stepped.flatMap((each) => each.points.map((p) => Math.log10(p.h)));
  const ys = [...stepped.flatMap((each) => each.points.map((p) => Math.log10(p.y))), ...level.map((each) => Math.log10(each.values[0]))].filter((y) => y < 4);
  chart.replaceChildren();
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, chart);
  key(document.getElementById("key"), drawn);
  if (!ys.length) {
    element("text", { x: LEFT, y: 60 }, svg).textContent = "Nothing to draw: every error is 0, or no row is ok.";
    return;
  }
  const { x, y } = axes(svg, xs.length ? xs : [-1, 0], ys, "step h");
  for (const each of level) line(svg, each, `M${LEFT} ${y(Math.log10(each.values[0]))}H${WIDTH - RIGHT}`, () => 0);
  for (const each of stepped) {
    const known = each.points;
    const path = known.map((p, i) => `${i && known[i - 1].i === p.i - 1 ? "L" : "M"}${x(Math.log10(p.h)).toFixed(1)} ${Math.max(TOP, y(Math.log10(p.y))).toFixed(1)}`).join("");
    const nearest = (at) => known.reduce((a, b) => (Math.abs(x(Math.log10(b.h)) - at) < Math.abs(x(Math.log10(a.h)) - at) ? b : a)).i;
    line(svg, each, path, nearest);
    if (each.mark) known.forEach((p, i) => { if (i % 5 === 2) mark(svg, each.mark, x(Math.log10(p.h)), Math.max(TOP, y(Math.log10(p.y))), each.colour, { "pointer-events": "none" }); });
  }
}

// Logarithmic axes around these numbers; where a pair of logarithms stands.
function axes(svg, xs, ys, title) {
  const [low, high] = [Math.floor(Math.min(...xs)), Math.max(Math.ceil(Math.max(...xs)), Math.floor(Math.min(...xs)) + 1)];
  const [least, most] = [Math.floor(Math.min(...ys)), Math.max(Math.ceil(Math.max(...ys)), Math.floor(Math.min(...ys)) + 1)];
  const x = (value) => LEFT + ((value - low) / (high - low)) * (WIDTH - LEFT - RIGHT);
  const y = (value) => HEIGHT - BOTTOM - ((value - least) / (most - least)) * (HEIGHT - TOP - BOTTOM);
  grid(svg, low, high, x, (at) => ({ x1: at, x2: at, y1: TOP, y2: HEIGHT - BOTTOM }), (at) => ({ x: at, y: HEIGHT - BOTTOM + 16, "text-anchor": "middle" }));
  grid(svg, least, most, y, (at) => ({ y1: at, y2: at, x1: LEFT, x2: WIDTH - RIGHT }), (at) => ({ x: LEFT - 6, y: at + 4, "text-anchor": "end" }));
  element("text", { x: (LEFT + WIDTH) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, svg).textContent = title;
  return { x, y };
}

// Error at the best step against work, and the line below and left of which there is nothing.
function drawWork() {
  const place = document.getElementById("work"), by = document.getElementById("workby").value;
  const wanted = (name) => form.elements[name].value;
  const cases = data.best.filter((each) => each.problem === wanted("problem") && each.precision === wanted("precision")
    && ["backend", "scheme"].every((name) => !wanted(name) || each[name] === wanted(name)) && each[by] && each.error !== null);
  place.replaceChildren();
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` }, place);
  if (!cases.length) {
    element("text", { x: LEFT, y: 60 }, svg).textContent = "Nothing to draw.";
    return;
  }
  const positive = cases.map((each) => each.error).filter((error) => error > 0);
  const floor = (positive.length ? Math.min(...positive) : data.u[wanted("precision")]) / 4; // exact results stand here
  const at = (each) => [Math.log10(each[by]), Math.log10(Math.max(each.error, floor))];
  const { x, y } = axes(svg, cases.map((each) => at(each)[0]), cases.map((each) => at(each)[1]), by === "evaluations" ? "evaluations of f" : "seconds a point");
  const front = [];
  for (const each of [...cases].sort((a, b) => a[by] - b[by] || a.error - b.error)) if (!front.length || each.error < front[front.length - 1].error) front.push(each);
  const corners = front.map((each) => at(each).map((value, i) => (i ? y(value) : x(value))));
  const path = corners.map(([px, py]) => `H${px}V${py}`).join("");
  element("path", { class: "front", d: `M${corners[0][0]} ${TOP}${path}H${WIDTH - RIGHT}` }, svg);
  for (const each of cases) {
    const about = data.schemes[each.scheme], [px, py] = at(each);
    const dot = mark(svg, about.mark, x(px), y(py), about.colour, { class: "dot mark", "data-scheme": each.scheme, tabindex: 0 });
    const tell = () => { document.getElementById("readwork").textContent = `${about.label} [${each.backend}]: error ${told(each.error)}, ${each.evaluations} evaluations${each.seconds ? `, ${told(each.seconds)} s a point` : ""}${front.includes(each) ? "; on the front" : ""}`; };
    for (const name of ["pointerenter", "focus"]) dot.addEventListener(name, tell);
  }
  if (positive.length < cases.length) element("text", { x: WIDTH - RIGHT - 4, y: y(Math.log10(floor)) - 8, "text-anchor": "end" }, svg).textContent = "exactly 0";
  key(document.getElementById("workkey"), cases.map((each) => ({ ...data.schemes[each.scheme], bare: true })));
}

function grid(svg, first, last, place, ends, label) {
  const every = Math.max(1, Math.ceil((last - first) / (WIDTH < 600 ? 5 : 8)));
  for (let exponent = first; exponent <= last; exponent += every) {
    element("line", { class: "axis", ...ends(place(exponent)) }, svg);
    element("text", label(place(exponent)), svg).textContent = power(exponent);
  }
}

function line(svg, each, path, nearest) {
  const { curve, label, colour, dash, values } = each;
  const drawn = element("path", { class: "curve", d: path, stroke: colour, "stroke-dasharray": dash }, svg);
  const halo = element("path", { class: "halo", d: path, "data-scheme": curve.scheme }, svg);
  halo.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const i = nearest(((event.clientX - box.left) / box.width) * WIDTH);
    const step = curve.h[i] === null ? "no step" : `h = ${told(curve.h[i])}`;
    const band = each.band ? ` (10% to 90%: ${told(curve.a[i])} to ${told(curve.b[i])})` : "";
    read.textContent = `${label} [${curve.backend}], ${step}: median ${told(values[i])}${band}; ok ${curve.ok[i]}`;
    for (const other of svg.querySelectorAll(".curve")) other.classList.toggle("faint", other !== drawn);
  });
  halo.addEventListener("pointerleave", () => { for (const other of svg.querySelectorAll(".curve")) other.classList.remove("faint"); });
}

function key(list, drawn) {
  list.replaceChildren();
  const seen = new Set();
  for (const { label, colour, dash, mark: kind, bare } of drawn) {
    if (seen.has(label)) continue;
    seen.add(label);
    const item = document.createElement("li");
    const svg = element("svg", { viewBox: "0 -2 32 14" }, item);
    if (!bare) element("path", { d: "M0 5H32", stroke: colour, "stroke-width": 2.5, "stroke-dasharray": dash }, svg);
    if (kind) mark(svg, kind, 16, 5, colour, {});
    item.append(` ${label}`);
    list.append(item);
  }
}

// A row of something that cannot be chosen (a function of the times alone) stays.
function filterTables() {
  const offered = (select, value) => [...select.options].some((option) => option.value === value);
  for (const row of document.querySelectorAll("table.filtered tbody tr")) {
    row.hidden = ["problem", "precision", "backend", "scheme"].some((key) => {
      const select = form.elements[key], own = row.dataset[key];
      return select.value && own !== select.value && own !== undefined && offered(select, own);
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

function all() {
  const shown = `${form.elements.problem.selectedOptions[0].text}, ${form.elements.precision.value}, ${form.elements.part.selectedOptions[0].text}`;
  for (const each of document.querySelectorAll(".shown")) each.textContent = shown;
  draw();
  drawWork();
  filterTables();
}

// What is folded on a screen is printed, and folded again.
const folded = () => [...document.querySelectorAll("details:not([open])")].filter((each) => each.querySelectorAll("tr").length < 60);
let opened = [];
addEventListener("beforeprint", () => { opened = folded(); for (const each of opened) each.open = true; });
addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
document.addEventListener("click", (event) => { const header = event.target.closest("table.sortable th"); if (header && event.target.closest("button")) sort(header); });
if (form) {
  fillFilters();
  form.addEventListener("change", all);
  form.elements.part.addEventListener("change", all); // it stands apart, at the chart
  document.getElementById("workby").addEventListener("change", drawWork);
  form.addEventListener("submit", (event) => event.preventDefault());
  all();
}
