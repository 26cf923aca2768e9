"use strict";
// The page of minigrad.viz.scrub: shows one of the recorded steps. All numbers and sentences come from the record.

const data = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const LARGE = 64; // numbers: in a larger table they are behind the colours until they are asked for
let at = 0;

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== null) element.textContent = text; // never as HTML: names are the learner's
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function short(value) {
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  const tiny = Math.abs(value) < 0.5 * 10 ** -data.precision;
  if (tiny || Math.abs(value) >= 1e7) return value.toExponential(Math.max(data.precision - 1, 0));
  return String(parseFloat(value.toFixed(data.precision)));
}

const shapeOf = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

// An array as a table whose cells are coloured: blue above zero, orange below, the stronger the larger.
function table(caption, array, rows, columns) {
  const { numbers } = array;
  const sizes = numbers.filter((v) => typeof v === "number").map(Math.abs);
  const most = sizes.reduce((a, b) => Math.max(a, b), 0) || 1;
  const made = make("table", null, numbers.length > LARGE ? { class: "dense" } : {});
  made.append(make("caption", caption));
  const vector = array.shape.length === 1; // which has no rows to be told apart
  const head = made.appendChild(make("thead", null)).appendChild(make("tr", null));
  if (!vector) head.append(make("th", "row", { scope: "col" }));
  for (let j = 0; j < columns; j++) head.append(make("th", String(j), { scope: "col" }));
  const body = made.appendChild(make("tbody", null));
  for (let i = 0; i < rows; i++) {
    const line = body.appendChild(make("tr", null));
    if (!vector) line.append(make("th", String(i), { scope: "row" }));
    for (let j = 0; j < columns; j++) {
      const value = numbers[i * columns + j];
      const cell = line.appendChild(make("td", null, { title: `[${vector ? j : `${i}, ${j}`}] = ${value}` }));
      cell.append(make("span", short(value)));
      if (typeof value !== "number" || value === 0) continue;
      cell.dataset.sign = value > 0 ? "+" : "-";
      cell.style.setProperty("--size", (Math.abs(value) / most).toFixed(3));
    }
  }
  return made;
}

function shown(item) {
  const box = make("div", null);
  const { array, caption } = item;
  if (array === null) {
    box.append(make("div", `${caption}: its numbers are not kept`, { class: "caption" }));
    return box;
  }
  const { shape, numbers } = array;
  if (numbers === null) {
    const said = Object.entries(array.summary).map(([name, v]) => `${name} ${short(v)}`).join(", ");
    box.append(make("div", `${caption} ${shapeOf(shape)}: ${said}`, { class: "caption" }));
  } else if (numbers.length === 1) {
    box.append(make("div", shape.length ? `${caption} ${shapeOf(shape)}` : caption, { class: "caption" }));
    box.append(make("div", short(numbers[0]), { class: "number", title: String(numbers[0]) }));
  } else if (numbers.length === 0) {
    box.append(make("div", `${caption} ${shapeOf(shape)}: no numbers`, { class: "caption" }));
  } else {
    const columns = shape[shape.length - 1];
    const region = make("div", null, { class: "scroll", tabindex: "0", role: "group", "aria-label": caption });
    region.append(table(`${caption} ${shapeOf(shape)}`, array, numbers.length / columns, columns));
    box.append(region);
  }
  return box;
}

// Arrays with signs between them: [a, "×", b, "=", c].
function row(...parts) {
  const made = make("div", null, { class: "row" });
  for (const part of parts) {
    made.append(typeof part === "string" ? make("span", part, { class: "sign" }) : shown(part));
  }
  return made;
}

function way(step, sent) {
  const made = make("section", null, { "aria-label": `To ${sent.name}` });
  made.append(make("h3", `To ${sent.name}`));
  if (sent.kind === "rule") {
    made.append(make("p", "Its local derivative, a row for each number of the result and a column for each of the argument, "
      + "is too large to be shown; the rule gives its product with upstream directly.", { class: "muted" }));
    made.append(row(step.upstream, "→", sent.contribution));
  } else {
    made.append(row(step.upstream, "×", sent.local, "=", sent.contribution));
  }
  if (sent.kind === "matrix") {
    made.append(make("p", "Local has a row for each number of the result and a column for each of the argument: "
      + "each column, times upstream number by number, adds up to one number of the contribution.", { class: "muted" }));
  } else if (sent.stretched) {
    made.append(make("p", `${sent.name} was stretched: the products are added over the axes along which it was.`,
      { class: "muted" }));
  }
  if (sent.before !== null) {
    made.append(make("p", `A contribution was here before: they are added (${sent.arrived} of ${sent.of}).`));
    made.append(row(sent.before, "+", sent.contribution, "=", sent.after));
  } else if (sent.of > 1) {
    made.append(make("p", `The first of ${sent.of} contributions to ${sent.name}.`));
  }
  if (sent.rule !== null) {
    const rule = made.appendChild(make("details", null));
    rule.append(make("summary", "The rule that computed it"));
    const code = make("pre", sent.rule, { class: "scroll", tabindex: "0", role: "group", "aria-label": "Rule" });
    rule.append(code);
  }
  return made;
}

function arraysOf(step) {
  if (step.ways) {
    const said = step.waiting.length ? `Waiting now: ${step.waiting.join(", ")}.` : "Nothing waits: backward is done.";
    const why = make("p", `Why now: ${step.why}. ${said}`, { class: "muted" });
    return [why, ...step.ways.map((sent) => way(step, sent))];
  }
  const parts = [];
  if (step.inputs.length) parts.push(row(...step.inputs));
  if (step.result) parts.push(row(...(step.inputs.length ? ["→"] : []), step.result));
  return parts;
}

// Which boxes of the picture have which look at a step.
function marks(step) {
  const reached = (step.ways || []).map((sent) => sent.box);
  const waiting = new Set();
  if (step.ways) {
    const names = new Set(step.waiting);
    for (const turn of data.order) if (names.has(turn.name)) waiting.add(turn.box);
  }
  return { current: new Set([step.box]), waiting, reached: new Set(reached) };
}

function mark(step) {
  const looks = marks(step);
  for (const box of document.querySelectorAll("#graph [data-box]")) {
    for (const [look, keys] of Object.entries(looks)) box.classList.toggle(look, keys.has(box.dataset.box));
  }
  const current = document.querySelector("#graph .current");
  if (current) { // into the middle of the frame; the page itself stays where it is
    const frame = $("graph"), outer = frame.getBoundingClientRect(), inner = current.getBoundingClientRect();
    frame.scrollTop += inner.top + inner.height / 2 - outer.top - outer.height / 2;
    frame.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
  }
}

function show(number) {
  at = Math.max(0, Math.min(data.steps.length - 1, number));
  const step = data.steps[at];
  $("slider").value = String(at);
  $("slider").setAttribute("aria-valuetext", step.title);
  $("place").textContent = `${at} of ${data.steps.length - 1}`;
  $("title").textContent = step.title;
  $("said").textContent = step.text;
  $("arrays").replaceChildren(...arraysOf(step));
  $("option").hidden = document.querySelector(".dense") === null;
  for (const button of document.querySelectorAll("#order button")) {
    if (Number(button.dataset.step) === at) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  }
  mark(step);
}

const moves = { first: () => 0, back: () => at - 1, next: () => at + 1, turn: () => data.forward + 1,
  last: () => data.steps.length - 1 };
for (const [id, where] of Object.entries(moves)) {
  if ($(id) !== null) $(id).addEventListener("click", () => show(where())); // forward alone has no turn
}
$("slider").addEventListener("input", () => show(Number($("slider").value)));
$("numbers").addEventListener("change", () => document.body.classList.toggle("numbers", $("numbers").checked));
for (const button of document.querySelectorAll("#order button")) {
  button.addEventListener("click", () => show(Number(button.dataset.step)));
}
$("graph").addEventListener("click", (event) => {
  const box = event.target.closest("[data-box]");
  if (box === null) return;
  const phase = data.steps[at].phase === "backward" ? "backward" : "forward";
  const found = data.steps.findLastIndex((step) => step.phase === phase && step.box === box.dataset.box);
  if (found >= 0) show(found);
});

const KEYS = { ArrowLeft: moves.back, ArrowRight: moves.next, Home: moves.first, End: moves.last };
document.addEventListener("keydown", (event) => {
  const own = event.target.closest && event.target.closest("input, .scroll"); // where these keys mean something else
  if (own || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(event.key in KEYS)) return;
  event.preventDefault();
  show(KEYS[event.key]());
});

for (const item of data.gradients) $("gradients").append(shown(item));
show(0); // last: it looks whether any array is large
