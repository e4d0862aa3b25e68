// What stands behind a cell, or behind a tenant's name: a panel that the keyboard goes into, and comes back from.

/** Returns what the two sides of a change are called: once a run has written, "live" would be no longer true. */
const labelsOf = (fleet) => (fleet.command === "apply" ? ["Before", "Declared"] : ["Live", "In the file"]);

/** Returns a number of seconds as people say it, for those long enough to be misread. */
const spanOf = (text) => {
  if (!/^\d{3,9}$/.test(text)) return "";
  let left = Number(text);
  const parts = [];
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    if (left >= size) parts.push(`${Math.floor(left / size)} ${unit}`);
    left %= size;
  }
  return parts.join(" ");
};

/** Returns a value with its unit. */
const valued = (text, unit) => {
  if (!text) return make("span", { class: "nothing" }, "not there");
  const span = unit === "seconds" ? spanOf(text) : "";
  const shown = make("span", { class: "value" }, text);
  return unit ? make("span", {}, shown, " ", make("span", { class: "unit" }, span ? `${unit} (${span})` : unit)) : shown;
};

const facts = (...pairs) =>
  make("dl", {}, ...pairs.filter(([, fact]) => fact).map(([name, fact]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, fact))));

/** Returns what differs, field by field. */
const fieldTable = (fleet, key, cell) => {
  const [before, after] = labelsOf(fleet);
  const rows = cell.lines.map(([sign, label, was, will, pointer, secret]) => {
    const unit = key.fields[pointer]?.[1] ?? "";
    return make("tr", {},
      make("th", { scope: "row" }, make("code", {}, ...breakable(label))),
      make("td", { class: sign === "+" ? "" : "minus" }, secret ? make("em", {}, was) : valued(was, unit)),
      make("td", { class: sign === "-" ? "" : "plus" }, secret ? make("span", { class: "value" }, will) : valued(will, unit)));
  });
  const head = ["Field", before, after].map((name) => make("th", { scope: "col" }, name));
  return make("table", { class: "fields" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
};

/** Returns what became of a key. */
const outcomeOf = ([status, detail, attempts, verified, request]) => make("section", {},
  make("h3", {}, "What became of it"),
  make("p", {}, make("strong", {}, `${status}.`), detail ? ` ${detail}` : ""),
  facts(
    ["POSTs sent", attempts ? attempts.toLocaleString("en") : "none"],
    ["Read back", verified === null ? "" : verified ? "as declared" : "not as declared"],
    ["Request id", request && make("code", {}, request)]));

/** Returns what a key means, with its fields. */
const meaningOf = (key) => {
  const fields = Object.entries(key.fields).filter(([pointer, [, , text]]) => pointer && text);
  return make("section", {}, make("h3", {}, "What the key means"), make("p", {}, ...prose(key.text)),
    fields.length === 0 ? null : make("dl", { class: "meanings" }, ...fields.map(([pointer, [, unit, text]]) =>
      make("div", {},
        make("dt", {}, make("code", {}, pointer.slice(1).replaceAll("/", ".")), unit ? ` in ${unit}` : ""),
        make("dd", {}, ...prose(text))))));
};

/** Returns the parts of the panel for one key of a tenant. */
const keyPanel = (fleet, tenant, column, actions) => {
  const key = fleet.keys[column];
  const cell = tenant.cells[column];
  if (cell === null) {
    return [make("p", {}, "The tenant's file doesn't declare this key, so it is neither read nor written."),
      key.text ? meaningOf(key) : null];
  }
  const kind = kindOf(fleet, cell);
  const parts = [make("p", { class: `status ${kind.tone}` }, icon(kind.id), make("strong", {}, kind.words),
    // After an apply, why it was to be written is history: it stands below.
    isQuiet(cell) || !cell.outcome ? make("span", {}, whyOf(fleet, cell)) : "")];
  if (isQuiet(cell)) parts.push(make("h3", {}, "Value"), make("p", {}, valued(declared(fleet, cell), key.fields[""]?.[1])));
  else {
    for (const note of cell.notes) parts.push(make("p", { class: "callout" }, note));
    if (cell.lines.length) parts.push(make("h3", {}, kind.id === "blocked" ? "How it differs" : "What changes"), fieldTable(fleet, key, cell));
    if (cell.outcome) parts.push(outcomeOf(cell.outcome));
    const [before, after] = labelsOf(fleet);
    const whole = [[before, fleet.values[cell.before]], [after, fleet.values[cell.after]]].filter(([, text]) => text);
    parts.push(make("details", {}, make("summary", {}, "Whole values"),
      ...whole.flatMap(([name, text]) => [make("h4", {}, name), make("pre", {}, text)])));
    if (cell.group !== undefined) parts.push(make("p", {},
      make("button", { type: "button", onclick: () => actions.showGroup(cell.group) }, "Show all tenants with the same change")));
  }
  parts.push(make("h3", {}, "Where and why"), facts(
    ["Found", isQuiet(cell) || !cell.outcome ? "" : cell.why],
    ["Declared in", make("code", {}, placeOf(fleet, tenant, cell))],
    ["Cause", isQuiet(cell) || cell.outcome ? "" : fleet.causes[cell.cause].words],
    ["Live since", isQuiet(cell) ? "" : cell.date],
    ["Can be set", !isQuiet(cell) && cell.once ? "once" : ""],
    ["Origin", make("code", {}, unshaped(fleet, tenant.name, tenant.origin))]));
  if (key.text) parts.push(meaningOf(key));
  return parts;
};

/** Returns the parts of the panel for a tenant as a whole. */
const tenantPanel = (fleet, tenant, actions) => {
  const rows = tenant.cells.map((cell, column) => {
    if (cell === null) return null;
    const kind = kindOf(fleet, cell);
    const open = () => actions.open(tenant, column);
    return make("li", {}, make("button", { type: "button", class: `key ${kind.tone}`, onclick: open }, icon(kind.id),
      make("code", {}, ...breakable(fleet.keys[column].short)), make("span", {}, briefly(fleet, cell))));
  });
  const undo = tenant.undo ? [make("h3", {}, "Undo"),
    make("p", {}, "As a tenant's file, the values from before this run:"), make("pre", { tabindex: 0 }, tenant.undo)] : [];
  return [make("p", {}, make("strong", {}, fleet.results[tenant.result].words)), make("ul", { class: "keys" }, ...rows.filter(Boolean)),
    make("h3", {}, "Where"), facts(["File", make("code", {}, unshaped(fleet, tenant.name, tenant.file))],
      ["Origin", make("code", {}, unshaped(fleet, tenant.name, tenant.origin))]), ...undo];
};

/** Returns the panel: `show` fills and opens it; `onclose` runs when it is gone, however that came about. */
const makePanel = (fleet, actions, onclose) => {
  const body = make("div", { class: "body" });
  const title = make("h2", { id: "panel-title", tabindex: -1 });
  const under = make("p", { class: "under" });
  const step = (by, name) => make("button", { type: "button", onclick: () => actions.step(by) }, name);
  const steps = make("span", { class: "steps" }, step(-1, "Previous"), step(1, "Next"));
  const close = make("button", { type: "button", class: "close", onclick: () => panel.close() }, "Close");
  const panel = make("dialog", { id: "panel", "aria-labelledby": "panel-title", onclose },
    make("div", { class: "head" }, make("div", { class: "buttons" }, steps, close), title, under), body);
  // A press beside the panel is a press on its backdrop, which is the dialog itself.
  panel.addEventListener("click", (event) => { if (event.target === panel) panel.close(); });
  document.body.append(panel);
  const show = (tenant, column) => {
    const key = fleet.keys[column];
    title.replaceChildren(...(key ? [make("button", { type: "button", class: "link", onclick: () => actions.open(tenant, -1) }, tenant.name),
      make("span", { class: "slash" }, " / "), ...breakable(key.short)] : [tenant.name]));
    under.textContent = key ? key.title : "";
    steps.hidden = !key;
    body.replaceChildren(...(key ? keyPanel(fleet, tenant, column, actions) : tenantPanel(fleet, tenant, actions)).filter(Boolean));
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
    title.focus();
  };
  return { show, close: () => panel.close(), get isOpen() { return panel.open; } };
};
