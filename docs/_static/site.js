// What scrolls sideways can be reached by the keyboard; parts of a page have names; pages to step through are as light
// or dark as the site; and search asks for no page where it may not.
"use strict";

function reachable() {
  for (const box of document.querySelectorAll("pre, .table-wrapper, .sidebar-scroll, .toc-scroll")) {
    const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
    if (scrolls) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);

// The page of search, which Sphinx writes, has no heading.
addEventListener("load", () => {
  if (document.querySelector("h1")) return;
  const heading = Object.assign(document.createElement("h1"), { textContent: "Search" });
  document.querySelector("article")?.prepend(heading);
});

// Two asides, to be told apart by those who hear them.
addEventListener("load", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
});

// Such a page is in a frame, which may not read what is around it, so it is told.
const tell = (frame) => frame.contentWindow.postMessage({ theme: document.body.dataset.theme }, "*");
const tellAll = () => document.querySelectorAll("iframe.scrubber").forEach(tell);
addEventListener("load", () => {
  tellAll();
  new MutationObserver(tellAll).observe(document.body, { attributeFilter: ["data-theme"] });
});
document.addEventListener("load", (event) => {
  if (event.target.matches("iframe.scrubber")) tell(event.target); // one that waited until it was scrolled to
}, true);

// From a folder, a page may not read another one, so that a result of search is its title and no excerpt.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
