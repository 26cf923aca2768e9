"use strict";
// Light or dark: as the reader's system is, unless a page that has this one in a frame says {theme: "dark"}.

const SYSTEM = "(prefers-color-scheme: dark)";
const QUERIES = { auto: SYSTEM, dark: "all", light: "not all" };
const rules = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]);
const onDark = rules.filter((rule) => rule.media && rule.media.mediaText === SYSTEM);
const darkPictures = [...document.querySelectorAll(`source[media="${SYSTEM}"]`)];

addEventListener("message", (event) => {
  if (event.source !== parent || !Object.hasOwn(QUERIES, event.data?.theme)) return;
  const query = QUERIES[event.data.theme];
  for (const rule of onDark) rule.media.mediaText = query;
  for (const source of darkPictures) source.media = query;
  document.documentElement.style.colorScheme = event.data.theme === "auto" ? "" : event.data.theme;
});
