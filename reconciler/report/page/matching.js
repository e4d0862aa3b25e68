// Which tenants a view shows, in which order, and which of their cells it is about.

/** Returns a test of cells: whether the view is about the one in a column. Without such filters it is about all. */
const cellTest = (fleet, view) => {
  const kinds = new Set(fleet.kinds.flatMap((kind, number) => (view.kinds.has(kind.id) ? [number] : [])));
  const column = view.key ? fleet.keys.findIndex((key) => key.name === view.key) : -1;
  const cause = view.cause ? fleet.causes.findIndex((one) => one.id === view.cause) : -1;
  const group = view.group === "" ? -1 : Number(view.group);
  return (cell, at) =>
    cell !== null &&
    (view.kinds.size === 0 || kinds.has(kindNumber(fleet, cell))) &&
    (!view.key || at === column) &&
    (!view.cause || (!isQuiet(cell) && cell.cause === cause)) &&
    (view.group === "" || (!isQuiet(cell) && cell.group === group));
};

const isAboutCells = (view) => view.kinds.size > 0 || view.key !== "" || view.cause !== "" || view.group !== "";

/** Returns all that can be searched of a tenant, in lower case: made once, when somebody searches. */
const haystack = (fleet, tenant) => {
  if (tenant.haystack === undefined) {
    const texts = [tenant.name, unshaped(fleet, tenant.name, tenant.file), fleet.results[tenant.result].id];
    tenant.cells.forEach((cell, at) => {
      if (cell === null) return;
      texts.push(fleet.keys[at].name, declared(fleet, cell));
      if (isQuiet(cell)) return;
      texts.push(kindOf(fleet, cell).words, cell.why, ...cell.lines.flat().map(String), ...cell.notes, ...(cell.outcome ?? []));
    });
    tenant.haystack = texts.join("\n").toLowerCase();
  }
  return tenant.haystack;
};

/** Returns the order of two tenants in a view. Those alike stay as they come: riskiest first, then by name. */
const comparison = (fleet, view) => {
  if (view.sort === "name") return (one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0);
  if (view.sort === "result") return (one, other) => other.result - one.result;
  if (!view.sort.startsWith("key:")) return null;
  const column = fleet.keys.findIndex((key) => key.name === view.sort.slice(4));
  const rank = ({ cells }) => (cells[column] ? kindNumber(fleet, cells[column]) : fleet.kinds.length);
  return (one, other) => rank(one) - rank(other);
};

/** Returns the tenants that `view` shows, in its order, and how many cells it is about. */
const matching = (fleet, view) => {
  const words = view.text.toLowerCase().split(/\s+/).filter(Boolean);
  const test = cellTest(fleet, view);
  const narrowed = isAboutCells(view);
  let cells = 0;
  const rows = fleet.tenants.filter((tenant) => {
    if (words.length && !words.every((word) => haystack(fleet, tenant).includes(word))) return false;
    const found = tenant.cells.reduce((sum, cell, at) => sum + (test(cell, at) ? 1 : 0), 0);
    if (narrowed && found === 0) return false;
    cells += found;
    return true;
  });
  const compare = comparison(fleet, view);
  return { rows: compare ? rows.sort(compare) : rows, cells, test, narrowed };
};
