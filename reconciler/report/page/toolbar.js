// The filters above the grid. They show the view, and change it; they hold nothing of their own.

/** Returns how many cells there are of each kind, in the order of the kinds. */
const tally = (fleet) => {
  const counted = new Array(fleet.kinds.length).fill(0);
  for (const { cells } of fleet.tenants) for (const cell of cells) if (cell !== null) counted[kindNumber(fleet, cell)] += 1;
  return counted;
};

/** Returns a bar with a part for each kind, as long as it is frequent: the shape of the run at one glance. */
const makeBar = (fleet, counted) => {
  const parts = counted.flatMap((number, kind) => (number ? [[fleet.kinds[kind], number]] : []));
  const bar = make("div", { class: "bar", role: "img",
    "aria-label": parts.map(([kind, number]) => `${number.toLocaleString("en")} ${kind.words}`).join(", ") });
  for (const [kind, number] of parts) {
    const part = make("span", { class: `part ${kind.tone}` });
    part.style.flexGrow = String(number);
    bar.append(part);
  }
  return bar;
};

/** Returns a control below its label. */
const labelled = (label, control, kind = "") => {
  control.id = `filter-${label.toLowerCase()}`;
  return make("div", { class: `field ${kind}` }, make("label", { for: control.id }, label), control);
};

const makeSelect = (label, choices, onchange) => {
  const select = make("select", { onchange: () => onchange(select.value) },
    ...choices.map(([value, words]) => make("option", { value }, words)));
  return { select, field: labelled(label, select) };
};

/** Returns the toolbar: `show(view, found)` makes it say what is shown. */
const makeToolbar = (fleet, actions) => {
  const counted = tally(fleet);
  const search = make("input", { type: "search", placeholder: "Tenant, value, request id…", "aria-keyshortcuts": "/",
    oninput: () => actions.change({ text: search.value, group: "" }) });
  const chips = fleet.kinds.map((kind, number) => {
    if (!counted[number]) return null;
    const press = () => {
      const kinds = new Set(actions.view().kinds);
      if (!kinds.delete(kind.id)) kinds.add(kind.id);
      actions.change({ kinds, group: "" });
    };
    return make("button", { type: "button", class: `chip ${kind.tone}`, "data-kind": kind.id, "aria-pressed": "false", onclick: press },
      icon(kind.id), make("span", {}, kind.words), make("b", {}, counted[number].toLocaleString("en")));
  }).filter(Boolean);
  const keys = makeSelect("Key", [["", "all"], ...fleet.keys.map(({ name, short }) => [name, short])],
    (key) => actions.change({ key, group: "" }));
  const known = new Set(fleet.tenants.flatMap(({ cells }) => cells.flatMap((cell) => (cell && !isQuiet(cell) ? [cell.cause] : []))));
  const named = fleet.causes.filter((cause, number) => known.has(number) && cause.words);
  const causes = makeSelect("Cause", [["", "any"], ...named.map(({ id }) => [id, id])],
    (cause) => actions.change({ cause, group: "" }));
  const sorts = makeSelect("Order", [...Object.entries(SORTS), ...fleet.keys.map(({ name, short }) => [`key:${name}`, `by ${short}`])],
    (sort) => actions.change({ sort }));
  const reset = make("button", { type: "button", class: "reset", onclick: () => actions.reset() }, "Show everything");
  const told = make("p", { class: "told", role: "status" });

  const show = (view, found) => {
    if (search.value !== view.text) search.value = view.text;
    for (const chip of chips) chip.setAttribute("aria-pressed", String(view.kinds.has(chip.dataset.kind)));
    keys.select.value = view.key;
    causes.select.value = view.cause;
    sorts.select.value = view.sort;
    reset.hidden = !view.text && !isAboutCells(view);
    const some = found.rows.length === fleet.tenants.length ? plural(found.rows.length, "tenant")
      : `${found.rows.length.toLocaleString("en")} of ${plural(fleet.tenants.length, "tenant")}`;
    told.textContent = found.rows.length === 0 ? "No tenant fits these filters."
      : `${some}, ${plural(found.cells, "key")}${view.group === "" ? "" : " with the same change"}.`;
  };

  const element = make("div", { class: "toolbar" }, makeBar(fleet, counted),
    make("div", { class: "chips", role: "group", "aria-label": "Show only" }, ...chips),
    make("div", { class: "filters" }, labelled("Search", search, "search"),
      keys.field, named.length ? causes.field : null, sorts.field),
    make("div", { class: "below" }, told, reset));
  return { element, show, focusSearch: () => search.focus() };
};
