"use strict";
// A chart that is read at a step, tables that are sorted and searched. Text is set as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const form = document.getElementById("choice"), chart = document.getElementById("chart");
const SVG = "http://www.w3.org/2000/svg", LEFT = 66, RIGHT = 10, TOP = 10, BOTTOM = 44;
const HIGHEST = 1, DEEPEST = 3; // decades: above an error of 1, below u
const SUPER = { "-": "\u207b", 0: "\u2070", 1: "\u00b9", 2: "\u00b2", 3: "\u00b3", 4: "\u2074", 5: "\u2075", 6: "\u2076", 7: "\u2077", 8: "\u2078", 9: "\u2079" };
const VIEWS = { m: "error", t: "truncation error", r: "rounding error" };
let shown = null; // what is drawn: curves, steps, where things stand, and what is read

// The marks of the figures, as paths around 0 0: a scheme is told by its mark, too, not by colour alone.
const MARKS = { o: "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z", s: "M-4.5 -4.5H4.5V4.5H-4.5Z", "^": "M0 -6L5.5 4.5H-5.5Z", D: "M0 -6L6 0L0 6L-6 0Z", v: "M0 6L5.5 -4.5H-5.5Z", P: "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z", X: "M-6 -3.5L-3.5 -6L0 -2.5L3.5 -6L6 -3.5L2.5 0L6 3.5L3.5 6L0 2.5L-3.5 6L-6 3.5L-2.5 0Z", "*": "M0 -6.5L1.9 -2L6.5 -2L2.9 1.1L4.2 5.8L0 3L-4.2 5.8L-2.9 1.1L-6.5 -2L-1.9 -2Z" };


function element(name, attributes, parent) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (parent) parent.append(made);
  return made;
}

// A group in a colour of its own, on light and on dark paper.
function coloured(each, parent) {
  const made = element("g", { class: "own" }, parent);
  for (const paper of ["light", "dark"]) made.style.setProperty(`--${paper}`, each[paper]);
  return made;
}

function mark(parent, kind, x, y) {
  element("path", { class: "mark", d: MARKS[kind] || MARKS.o, transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` }, parent);
}

const power = (exponent) => "10" + [...String(exponent)].map((sign) => SUPER[sign]).join("");
const told = (value, digits = 2) => (value === null ? "none" : value === 0 ? "0" : value.toExponential(digits).replace("e+", "e"));
const step = (k, digits) => told(2 ** k, digits);
const log = (value) => (value > 0 ? Math.log10(value) : null);
const distinct = (curves, key) => [...new Set(curves.map((curve) => curve[key]))];

// The curves of the chosen problem and format; of a scheme that is there on the chosen backend, that one.
function chosen() {
  const wanted = (key) => form.elements[key].value, backend = wanted("backend");
  const all = data.curves.filter((curve) => curve.problem === wanted("problem") && curve.precision === wanted("precision"));
  const there = new Set(all.filter((curve) => curve.backend === backend).map((curve) => curve.scheme));
  return all.filter((curve) => !there.has(curve.scheme) || curve.backend === backend);
}

function named(curve, curves) {
  const several = curves.filter((other) => other.scheme === curve.scheme).length > 1;
  return data.schemes[curve.scheme].label + (several ? ` [${curve.backend}]` : "");
}

// What is drawn: one part of the error of each curve, or all parts of one.
function series() {
  const view = form.elements.view.value, curves = chosen();
  if (view !== "parts") return curves.map((curve) => ({ curve, values: curve[view], label: named(curve, curves), ...data.schemes[curve.scheme], band: view === "m" }));
  const one = curves.find((curve) => curve.scheme === form.elements.scheme.value) || curves[0];
  return Object.entries(VIEWS).map(([part, label]) => ({ curve: one, values: one[part], label, ...data.parts[part], band: part === "m" }));
}

const level = (each) => each.curve.k[0] === null;
const valueAt = (each, k) => each.values[level(each) ? 0 : each.curve.k.indexOf(k)] ?? null;

// The least and the most exponents of errors: of every part of every curve of a problem and format, so of every view.
function range() {
  const curves = chosen(), u = Math.log10(data.u[curves[0].precision] ?? 2 ** -53);
  const logs = (part) => curves.flatMap((curve) => curve[part].map(log)).filter((each) => each !== null);
  const least = Math.max(Math.min(u, ...logs("m")), u - DEEPEST), most = Math.min(Math.max(u + 2, ...["m", "t", "r"].flatMap(logs)), HIGHEST);
  return [Math.floor(least), Math.ceil(most)];
}

function draw() {
  const width = Math.max(320, chart.clientWidth), height = Math.max(300, Math.min(430, 0.5 * width)); // type is legible on a telephone
  const drawn = series(), steps = distinct(chosen().flatMap((curve) => curve.k.filter((k) => k !== null).map((k) => ({ k }))), "k").sort((a, b) => a - b);
  const decades = steps.length ? [Math.floor(log(2 ** steps[0])), Math.ceil(log(2 ** steps[steps.length - 1]))] : [-1, 0], errors = range();
  const x = (value) => LEFT + ((value - decades[0]) / (decades[1] - decades[0])) * (width - LEFT - RIGHT);
  const y = (value) => height - BOTTOM - ((value - errors[0]) / (errors[1] - errors[0])) * (height - TOP - BOTTOM);
  chart.replaceChildren();
  const svg = element("svg", { viewBox: `0 0 ${width} ${height}` }, chart);
  shown = { drawn, steps, x, y, svg, width, height };
  axes(decades, errors);
  const place = { x: LEFT, y: TOP, width: width - LEFT - RIGHT, height: height - TOP - BOTTOM };
  const inside = element("svg", { ...place, viewBox: Object.values(place).join(" ") }, svg); // what lies outside is cut
  unit(inside);
  shown.pointer = element("line", { class: "pointer", y1: TOP, y2: height - BOTTOM }, inside);
  for (const each of drawn) line(each, inside);
  find();
}

function axes(decades, errors) {
  const { svg, x, y, width, height } = shown;
  const text = (words, attributes) => { element("text", attributes, svg).textContent = words; };
  for (const at of ticks(decades)) {
    element("line", { class: "axis", x1: x(at), x2: x(at), y1: TOP, y2: height - BOTTOM }, svg);
    text(power(at), { x: x(at), y: height - BOTTOM + 16, "text-anchor": "middle" });
  }
  for (const at of ticks(errors)) {
    element("line", { class: "axis", y1: y(at), y2: y(at), x1: LEFT, x2: width - RIGHT }, svg);
    text(power(at), { class: "error", x: LEFT - 6, y: y(at) + 4, "text-anchor": "end" });
  }
  text("step h", { x: (LEFT + width) / 2, y: height - 6, "text-anchor": "middle" });
  text("|error| / |f'|, median over the points", { transform: `translate(14 ${(height - BOTTOM + TOP) / 2}) rotate(-90)`, "text-anchor": "middle" });
}

function ticks([first, last]) {
  const every = Math.max(1, Math.ceil((last - first) / (shown.width < 600 ? 6 : 12)));
  return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, i) => first + i * every);
}

// The unit roundoff of the format: an error below it cannot be told from a rounding of the result.
function unit(inside) {
  const { x, y, width } = shown, u = data.u[form.elements.precision.value];
  if (!u) return;
  element("line", { class: "unit", x1: LEFT, x2: width, y1: y(log(u)), y2: y(log(u)) }, inside);
  element("text", { x: width - RIGHT - 4, y: y(log(u)) - 4, "text-anchor": "end" }, inside).textContent = "u";
}

function line(each, inside) {
  const { x, y, width } = shown, group = coloured(each, inside), values = each.values.map(log);
  each.group = group;
  const dashed = { class: "curve", "data-scheme": each.curve.scheme, "stroke-dasharray": each.dash || "" };
  if (level(each)) {
    if (values[0] !== null) element("path", { ...dashed, d: `M${LEFT} ${y(values[0]).toFixed(1)}H${width - RIGHT}` }, group);
    return;
  }
  const points = each.curve.k.map((k, i) => [x(log(2 ** k)), values[i] === null ? null : y(values[i]), i]);
  const path = points.filter((p) => p[1] !== null).map(([px, py, i]) => `${i && points[i - 1][1] !== null ? "L" : "M"}${px.toFixed(1)} ${py.toFixed(1)}`);
  element("path", { ...dashed, d: path.join("") }, group);
  if (each.mark) for (const [px, py, i] of points) if (py !== null && i % 5 === 2) mark(group, each.mark, px, py);
}

// What was found on the chosen problem, in a sentence; the chart is read there first.
function find() {
  const curves = chosen(), main = curves.find((curve) => curve.scheme === data.main) || curves.find((curve) => curve.k[0] !== null) || curves[0];
  const known = main.m.filter((value) => value !== null), least = known.length ? Math.min(...known) : null;
  const k = main.k[main.m.indexOf(least)] ?? shown.steps[0];
  const levels = curves.filter((curve) => curve.k[0] === null && curve.m[0] !== null).sort((a, b) => a.m[0] - b.m[0]);
  const by = (value) => (value === 0 ? "is exact" : `errs by ${told(value, 1)}`);
  const said = least === null ? [] : [`${data.schemes[main.scheme].label} ${by(least)} at ${main.k[0] === null ? "any step" : `its best h, ${step(k, 1)}`}`];
  if (levels.length && levels[0] !== main) said.push(`${data.schemes[levels[0].scheme].label} ${by(levels[0].m[0])}, without a step`);
  document.getElementById("found").textContent = `${data.problems[main.problem]} in ${main.precision}: ${said.join("; ") || "no error is known"}.`;
  show(Math.max(0, shown.steps.indexOf(k)), shown.drawn.find((each) => each.curve === main) || shown.drawn[0]);
}

// Reads all curves at a step, one of them marked.
function show(at, near) {
  const { drawn, steps, pointer, x } = shown, k = steps[at];
  Object.assign(shown, { at, near });
  if (k !== undefined) for (const end of ["x1", "x2"]) pointer.setAttribute(end, x(log(2 ** k)));
  for (const each of drawn) {
    each.group.classList.toggle("near", each === near);
    each.group.classList.toggle("faint", each !== near);
  }
  near.group.parentElement.append(near.group);
  const parts = form.elements.view.value === "parts";
  document.getElementById("at").textContent = k === undefined ? "at any step" : `at h = ${step(k)}`;
  document.getElementById("what").textContent = parts ? "" : VIEWS[form.elements.view.value];
  document.querySelector("#values tbody").replaceChildren(...sorted(k).map((each) => row(each, valueAt(each, k))));
  document.getElementById("read").textContent = reading(near, k);
}

function sorted(k) {
  const size = (each) => valueAt(each, k) ?? Infinity;
  return [...shown.drawn].sort((a, b) => (size(a) === size(b) ? 0 : size(a) - size(b)));
}

function row(each, value) {
  const made = document.createElement("tr"), [name, number] = [made.insertCell(), made.insertCell()];
  const swatch = element("svg", { viewBox: "0 -2 32 14", "aria-hidden": "true" }, name), group = coloured(each, swatch);
  element("path", { class: "curve", d: "M0 5H32", "stroke-dasharray": each.dash || "" }, group);
  if (each.mark) mark(group, each.mark, 16, 5);
  name.append(each.label);
  number.className = "number";
  number.textContent = told(value);
  made.dataset.scheme = each.curve.scheme;
  if (each === shown.near) { made.className = "near"; made.setAttribute("aria-current", "true"); }
  made.addEventListener("click", () => show(shown.at, each));
  return made;
}

function reading(each, k) {
  const { curve } = each, i = level(each) ? 0 : curve.k.indexOf(k), value = valueAt(each, k);
  const where = level(each) ? "at any step" : `at h = ${step(k)}`;
  const band = each.band && value !== null && curve.a[i] !== null ? `; 10% of the points are below ${told(curve.a[i])}, 10% above ${told(curve.b[i])}` : "";
  return `${each.label} ${where}: ${told(value)}${band}; ${curve.n[i] ?? 0} of ${curve.of} points are ok. Point at the chart, or use the arrow keys, to read another step or curve.`;
}

// The step at the pointer, and of the curves the one that is nearest there.
function point(event) {
  const { svg, steps, drawn, x, y, width } = shown, box = svg.getBoundingClientRect(), scale = width / box.width;
  const [px, py] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  const nearest = (items, distance) => items.reduce((a, b) => (distance(b) < distance(a) ? b : a));
  const k = steps.length ? nearest(steps, (each) => Math.abs(x(log(2 ** each)) - px)) : undefined;
  const off = (each) => { const at = log(valueAt(each, k)); return at === null ? Infinity : Math.abs(y(at) - py); };
  show(Math.max(0, steps.indexOf(k)), nearest(drawn, off));
}

function move(event) {
  const across = { ArrowLeft: -1, ArrowRight: 1 }[event.key], along = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (!across && !along) return;
  event.preventDefault();
  const { steps, at, near } = shown, order = sorted(steps[at]), within = (i, items) => Math.max(0, Math.min(items.length - 1, i));
  if (across) show(within(at + across, steps), near);
  else show(at, order[within(order.indexOf(near) + along, order)]);
}

function fill() {
  const options = (name, label) => form.elements[name].append(...distinct(data.curves, name).map((value) => new Option(label(value), value)));
  options("problem", (name) => `${name}: ${data.problems[name]}`);
  options("precision", (name) => name);
  options("scheme", (name) => data.schemes[name].label);
  options("backend", (name) => name);
  form.elements.problem.value = data.opens.problem;
  form.elements.precision.value = data.opens.precision;
  form.elements.scheme.value = data.main;
}

// Shows only the choices that change something.
function choose() {
  const several = new Set(data.curves.map((curve) => `${curve.scheme} ${curve.backend}`)).size > distinct(data.curves, "scheme").length;
  form.elements.scheme.parentElement.hidden = form.elements.view.value !== "parts";
  form.elements.backend.parentElement.hidden = !several;
  form.elements.precision.parentElement.hidden = form.elements.precision.options.length < 2;
  draw();
}

function sort(header) {
  const body = header.closest("table").tBodies[0], column = header.cellIndex, numbers = header.classList.contains("number");
  const sign = header.getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
  const value = ({ cells: { [column]: cell } }) => {
    const text = (numbers && cell.dataset.value) || cell.textContent;
    return numbers && text !== "" ? Number(text.replace("inf", "Infinity")) : text;
  };
  const missing = (v) => v === "" || Number.isNaN(v);
  const order = (a, b) => missing(a) - missing(b) || sign * (numbers ? a - b || 0 : a.localeCompare(b));
  body.append(...[...body.rows].map((each) => [value(each), each]).sort((a, b) => order(a[0], b[0])).map((pair) => pair[1]));
}

// Keeps the rows in which each of the words begins a cell; phones write a capital first.
function search(input) {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const each of input.closest("label").nextElementSibling.querySelector("tbody").rows) {
    const cells = [...each.cells].map((cell) => cell.textContent.toLowerCase());
    each.hidden = !words.every((word) => cells.some((cell) => cell.startsWith(word)));
  }
}

document.addEventListener("click", (event) => { if (event.target.closest("table.sortable th button")) sort(event.target.closest("th")); });
for (const input of document.querySelectorAll("input[type=search]")) input.addEventListener("input", () => search(input));
if (form) {
  fill();
  choose();
  form.addEventListener("change", choose);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const name of ["pointermove", "pointerdown"]) chart.addEventListener(name, point);
  chart.addEventListener("keydown", move);
  addEventListener("resize", () => { if (shown.width !== Math.max(320, chart.clientWidth)) draw(); });
}
