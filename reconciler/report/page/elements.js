// Builds elements. Text is only ever set as text: nothing in this page turns a string into markup, and its policy
// (require-trusted-types-for) makes a browser refuse it if something tried.

/** Returns an element: `facts` are its attributes, or listeners under `onclick` and the like; texts become text. */
const make = (name, facts = {}, ...children) => {
  const element = document.createElement(name);
  for (const [fact, value] of Object.entries(facts)) {
    if (fact.startsWith("on")) element.addEventListener(fact.slice(2), value);
    else if (value === true) element.setAttribute(fact, "");
    else if (value !== false && value !== undefined) element.setAttribute(fact, String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
};

/** What is drawn for each kind, on 16 by 16: each has a form of its own, since colour alone tells some people nothing. */
const SHAPES = {
  "failed": "M8 2 14.5 13.5H1.5ZM8 6.2v3.4M8 11.7v.3",
  "unknown": "M8 1.8a6.2 6.2 0 1 1 0 12.4a6.2 6.2 0 0 1 0-12.4M6.2 6.4a1.8 1.8 0 1 1 2.5 1.7c-.5.2-.7.5-.7 1.1M8 11.4v.2",
  "rejected": "M3.5 3.5l9 9M12.5 3.5l-9 9",
  "skipped": "M3.5 4l4 4-4 4M8.5 4l4 4-4 4",
  "first-set": "M4 7.2h8v6.3H4ZM5.6 7.2V5.3a2.4 2.4 0 0 1 4.8 0v1.9",
  "blocked": "M8 2.2a5.8 5.8 0 1 1 0 11.6a5.8 5.8 0 0 1 0-11.6M3.9 12.1l8.2-8.2",
  "unreadable": "M5 5.6a3 3 0 1 1 4.3 2.7C8.4 8.7 8 9.2 8 10.2M8 13.1v.3",
  "not-attempted": "M8 3.2a4.8 4.8 0 1 1 0 9.6a4.8 4.8 0 0 1 0-9.6",
  "create": "M8 3v10M3 8h10",
  "update": "M2.5 9.6c1.4-3.4 3.6-3.6 5.5-1.6s4.1 1.8 5.5-1.6",
  "applied": "M3 8.6l3.4 3.4L13 4.6",
  "unchanged": "M3.5 6.2h9M3.5 9.8h9",
  "noted": "M2.5 6.2h7M2.5 9.8h7M13 4v4.6M13 11.3v.2",
  "in-sync": "M3.5 6.2h9M3.5 9.8h9",
};

/** Returns the drawing of a kind. It is for the eye: the words beside it, or its cell's label, say the same. */
const icon = (kind) => {
  const space = "http://www.w3.org/2000/svg";
  const drawing = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[kind] ?? "");
  drawing.append(path);
  drawing.setAttribute("viewBox", "0 0 16 16");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  return drawing;
};

/** Returns `1 key`, `2 keys`, `1,000 keys`. */
const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

/** Returns a name that may be broken behind each underscore, dot and hyphen, rather than anywhere. */
const breakable = (name) =>
  name.split(/(?<=[_.-])/).flatMap((part, at) => (at ? [make("wbr"), part] : [part]));

/** Returns a description as elements: `code`, *emphasis* and **more of it**, as the catalogue writes; all else as it is. */
const prose = (text) =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*|\*[^*\s][^*]*\*)/).map((part) => {
    if (/^`.+`$/.test(part)) return make("code", {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return make("strong", {}, part.slice(2, -2));
    return /^\*.+\*$/.test(part) ? make("em", {}, part.slice(1, -1)) : part;
  });
