// Reads the page's data block, written by report/page_data.py of the same version. Its strings are fit to be shown.

/** Returns the whole of what `tenant` and `text` share: a number names a text with {} in place of the tenant's name. */
const unshaped = (fleet, name, text) => (typeof text === "number" ? fleet.shapes[text].split("{}").join(name) : text);

/** Returns the fleet that the block holds: its keys are columns, its tenants rows of cells, null where undeclared. */
const decode = (block) => {
  const fleet = JSON.parse(block.textContent);
  fleet.kinds = fleet.kinds.map(([id, words, tone]) => ({ id, words, tone }));
  fleet.causes = fleet.causes.map(([id, words]) => ({ id, words }));
  fleet.results = fleet.results.map(([id, words]) => ({ id, words }));
  fleet.keys = fleet.keys.map((name, at) => {
    const [title = "", text = "", fields = {}] = fleet.meanings[at];
    const dot = name.indexOf(".");
    return { name, short: name.slice(dot + 1), group: name.slice(0, Math.max(dot, 0)), title, text, fields };
  });
  fleet.inSync = fleet.kinds.findIndex((kind) => kind.id === "in-sync");
  fleet.tenants = fleet.tenants.map(([name, result, risk, file, origin, quiet, loud, undo], index) => {
    const cells = new Array(fleet.keys.length).fill(null);
    for (const cell of quiet) cells[cell[0]] = cell;
    for (const cell of loud) cells[cell.key] = cell;
    return { index, name, result, risk, file, origin, cells, undo };
  });
  return fleet;
};

// A cell that is in sync stays the five numbers that it came as: sixty thousand objects would be slow, and few are seen.
const isQuiet = (cell) => Array.isArray(cell);
const kindNumber = (fleet, cell) => (isQuiet(cell) ? fleet.inSync : cell.kind);
const kindOf = (fleet, cell) => fleet.kinds[kindNumber(fleet, cell)];

/** Returns the value that the file declares, as text. */
const declared = (fleet, cell) => fleet.values[isQuiet(cell) ? cell[2] : cell.after];

/** Returns why the cell is as it is, in words. */
const whyOf = (fleet, cell) => (isQuiet(cell) ? fleet.reasons[cell[1]] : cell.why);

/** Returns file:line:column. */
const placeOf = (fleet, tenant, cell) => {
  const [line, column, file = tenant.file] = isQuiet(cell) ? cell.slice(3) : cell.at;
  return `${unshaped(fleet, tenant.name, file)}:${line}:${column}`;
};

/** Returns a value short enough for a table: of an object with one member, only what that member is; else how many. */
const brief = (text) => {
  if (!text.startsWith("{") && !text.startsWith("[")) return text;
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return text; // cut, or with something within that had to be spelled out
  }
  if (Array.isArray(value)) return value.length && value.every((item) => typeof item === "string") ? value.join(", ") : text;
  const members = Object.keys(value);
  const only = members.length === 1 ? value[members[0]] : null;
  if (only === null || typeof only === "object") return plural(members.length, "field");
  // Cut out of the text rather than taken from the value: a script's numbers are not as exact as JSON's.
  return text.slice(text.indexOf(": ", JSON.stringify(members[0]).length) + 2, -1);
};

/** Returns what a cell shows beside its drawing. */
const briefly = (fleet, cell) => {
  const kind = kindOf(fleet, cell);
  if (isQuiet(cell)) return brief(declared(fleet, cell)).replace(/^\d+ fields?$/, "");
  if (kind.id === "noted") return "warning";
  if (kind.tone === "bad" || kind.id === "not-attempted") return kind.words;
  if (cell.lines.length !== 1) return plural(cell.lines.length, "field");
  const [, label, before, after, , sensitive] = cell.lines[0];
  if (sensitive) return `${label}, secret`;
  return [before, after].filter(Boolean).map(brief).join(" → ");
};

/** Returns what a person who can't see the cell is told. */
const spoken = (fleet, tenant, column, cell) => {
  const key = fleet.keys[column];
  if (cell === null) return `${key.short}: not declared`;
  const kind = kindOf(fleet, cell);
  const shown = briefly(fleet, cell);
  return `${key.short}: ${kind.words}${shown && shown !== kind.words ? `, ${shown}` : ""}`;
};
