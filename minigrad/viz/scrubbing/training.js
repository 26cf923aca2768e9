"use strict";
// The page of minigrad.viz.TrainingScrubber: shows one of the pictures. Without this script all stand in a row.

const $ = (id) => document.getElementById(id);
const frames = [...document.querySelectorAll("figure")];
let at = 0;

function show(number) {
  at = Math.max(0, Math.min(frames.length - 1, number));
  const label = frames[at].querySelector("figcaption").textContent;
  frames.forEach((frame, i) => { frame.hidden = i !== at; });
  $("slider").value = String(at);
  $("slider").setAttribute("aria-valuetext", label);
  $("place").textContent = `${at + 1} of ${frames.length}`;
  $("said").textContent = label;
}

const moves = { first: () => 0, back: () => at - 1, next: () => at + 1, last: () => frames.length - 1 };
for (const [id, where] of Object.entries(moves)) $(id).addEventListener("click", () => show(where()));
$("slider").addEventListener("input", () => show(Number($("slider").value)));

const KEYS = { ArrowLeft: moves.back, ArrowRight: moves.next, Home: moves.first, End: moves.last };
document.addEventListener("keydown", (event) => {
  const own = event.target.closest && event.target.closest("input"); // the slider goes by itself
  if (own || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !(event.key in KEYS)) return;
  event.preventDefault();
  show(KEYS[event.key]());
});

for (const caption of document.querySelectorAll("figcaption")) caption.classList.add("hidden"); // said above
show(0);
