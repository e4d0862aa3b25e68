// The fleet as a grid: tenants down, keys across. Only the rows that can be seen are there, however many tenants.
//
// One cell can be reached by Tab, and arrows move on from it (the ARIA pattern of a grid). Row 0 holds the headings;
// column 0 the tenants' names. Rows are as high as each other, so that a row's place is its number times that.

const SPARE = 6; // rows beyond either edge, so that quick scrolling shows no gap

/** Returns the grid: `show(found)` draws what matched; `focus(tenant, column)` brings a cell into view, and the keyboard to it. */
const makeGrid = (fleet, actions) => {
  const width = fleet.keys.length + 1;
  const rows = make("div", { role: "rowgroup", class: "rows" });
  const header = make("div", { role: "row", class: "row head", "aria-rowindex": 1 });
  const grid = make("div", { role: "grid", class: "grid", "aria-label": "Tenants and keys", "aria-colcount": width },
    make("div", { role: "rowgroup", class: "headings" }, header), rows);
  grid.style.setProperty("--keys", String(fleet.keys.length));
  const drawn = new Map(); // row number to element
  let found = { rows: [], test: () => true, narrowed: false };
  let at = { row: 1, column: 0 };
  let height = 36;

  const cellAt = (row, column) => (row === 0 ? header : drawn.get(row))?.children[column];

  const place = (cell, row, column) => {
    cell.setAttribute("aria-colindex", String(column + 1));
    cell.tabIndex = row === at.row && column === at.column ? 0 : -1;
    return cell;
  };

  const heading = (key, column) => {
    const sorted = actions.view().sort === (key ? `key:${key.name}` : "name");
    const words = key ? [make("span", {}, ...breakable(key.short))] : [make("span", {}, "Tenant")];
    if (key && fleet.keys.some((other) => other.group !== key.group)) words.unshift(make("small", {}, `${key.group}.`));
    return place(make("div", { role: "columnheader", class: "cell", "aria-sort": sorted ? "ascending" : "none",
      title: key ? `${key.title || key.name}: sort by what happens to it` : "Sort by name" }, ...words), 0, column);
  };

  const nameCell = (tenant, row) => {
    const result = fleet.results[tenant.result];
    return place(make("div", { role: "rowheader", class: "cell name", title: `${tenant.name}: ${result.words}` },
      make("span", { class: `dot ${result.id}` }), make("span", { class: "text" }, tenant.name),
      make("span", { class: "hidden" }, `, ${result.words}`)), row, 0);
  };

  const keyCell = (tenant, column, row) => {
    const cell = tenant.cells[column];
    const label = spoken(fleet, tenant, column, cell);
    const aside = found.narrowed && !found.test(cell, column) ? " aside" : "";
    const kind = cell === null ? null : kindOf(fleet, cell);
    const shown = make("div", { role: "gridcell", class: `cell ${kind ? kind.tone : "undeclared"}${aside}`, title: label, "aria-label": label });
    if (kind) shown.append(icon(kind.id), make("span", { class: "text" }, briefly(fleet, cell)));
    return place(shown, row, column + 1);
  };

  const makeRow = (row) => {
    const tenant = found.rows[row - 1];
    const shown = make("div", { role: "row", class: "row", "aria-rowindex": row + 1 },
      nameCell(tenant, row), ...fleet.keys.map((_, column) => keyCell(tenant, column, row)));
    shown.style.transform = `translateY(${(row - 1) * height}px)`;
    return shown;
  };

  const draw = () => {
    const top = Math.max(0, grid.scrollTop);
    const first = Math.max(1, Math.floor(top / height) + 1 - SPARE);
    const last = Math.min(found.rows.length, Math.ceil((top + grid.clientHeight) / height) + SPARE);
    for (const [row, element] of drawn) {
      // The row that the keyboard is in stays, or the focus would be lost with it.
      if ((row < first || row > last) && !element.contains(document.activeElement)) {
        element.remove();
        drawn.delete(row);
      }
    }
    for (let row = first; row <= last; row += 1) {
      if (drawn.has(row)) continue;
      const element = makeRow(row);
      drawn.set(row, element);
      const next = [...drawn.keys()].filter((other) => other > row).sort((a, b) => a - b)[0];
      rows.insertBefore(element, next === undefined ? null : drawn.get(next));
    }
  };

  const reveal = (row, column) => {
    const room = grid.clientHeight - header.offsetHeight;
    if (row > 0) {
      const top = (row - 1) * height;
      if (top < grid.scrollTop) grid.scrollTop = top;
      else if (top + height > grid.scrollTop + room) grid.scrollTop = top + height - room;
      draw();
    }
    const cell = cellAt(row, column);
    if (column > 0 && cell) {
      const left = cell.offsetLeft - header.children[0].offsetWidth;
      const right = cell.offsetLeft + cell.offsetWidth - grid.clientWidth;
      if (left < grid.scrollLeft) grid.scrollLeft = left;
      else if (right > grid.scrollLeft) grid.scrollLeft = right;
    }
    return cell;
  };

  const move = (row, column) => {
    const old = cellAt(at.row, at.column);
    at = { row: Math.min(Math.max(row, 0), found.rows.length), column: Math.min(Math.max(column, 0), width - 1) };
    if (old) old.tabIndex = -1;
    const cell = reveal(at.row, at.column);
    if (cell) {
      cell.tabIndex = 0;
      cell.focus({ preventScroll: true });
    }
  };

  const act = (row, column) => {
    if (row === 0) actions.sort(column === 0 ? "name" : `key:${fleet.keys[column - 1].name}`);
    else actions.open(found.rows[row - 1], column - 1);
  };

  const page = () => Math.max(1, Math.floor((grid.clientHeight - header.offsetHeight) / height) - 1);
  const KEYS = {
    ArrowUp: () => [at.row - 1, at.column],
    ArrowDown: () => [at.row + 1, at.column],
    ArrowLeft: () => [at.row, at.column - 1],
    ArrowRight: () => [at.row, at.column + 1],
    Home: (event) => [event.ctrlKey ? 1 : at.row, 0],
    End: (event) => [event.ctrlKey ? found.rows.length : at.row, width - 1],
    PageUp: () => [Math.max(1, at.row - page()), at.column],
    PageDown: () => [at.row + page(), at.column],
  };

  grid.addEventListener("keydown", (event) => {
    if (event.altKey || event.metaKey) return;
    if (event.key in KEYS) move(...KEYS[event.key](event));
    else if (event.key === "Enter" || event.key === " ") act(at.row, at.column);
    else if (event.key === "/") actions.search();
    else return;
    event.preventDefault();
  });

  const whereIs = (element) => {
    const cell = element.closest(".cell");
    const row = cell?.closest(".row");
    return row ? [Number(row.getAttribute("aria-rowindex")) - 1, [...row.children].indexOf(cell)] : null;
  };
  grid.addEventListener("click", (event) => {
    const where = whereIs(event.target);
    if (!where) return;
    move(...where);
    act(...where);
  });
  grid.addEventListener("scroll", draw, { passive: true });

  /** Draws what matched, from the top if it isn't what was there before. */
  const show = (matched, keep = false) => {
    found = matched;
    for (const element of drawn.values()) element.remove();
    drawn.clear();
    if (!keep) {
      at = { row: Math.min(1, found.rows.length), column: at.column };
      grid.scrollTop = 0;
    }
    header.replaceChildren(heading(null, 0), ...fleet.keys.map((key, column) => heading(key, column + 1)));
    grid.setAttribute("aria-rowcount", String(found.rows.length + 1));
    grid.classList.toggle("empty", found.rows.length === 0);
    draw();
    measure();
  };

  /** Takes the rows' height from the first: it is the style's affair, and changes with the size of the text. */
  const measure = () => {
    const probe = drawn.values().next().value;
    const seen = probe ? probe.getBoundingClientRect().height : 0;
    if (seen && Math.abs(seen - height) > 0.5) {
      height = seen;
      for (const [row, element] of drawn) element.style.transform = `translateY(${(row - 1) * height}px)`;
    }
    rows.style.height = `${found.rows.length * height}px`;
    draw();
  };
  new ResizeObserver(measure).observe(grid);

  const focus = (tenant, column) => {
    const row = found.rows.indexOf(tenant) + 1;
    if (row > 0) move(row, column + 1);
  };

  return { element: grid, show, focus, focusAgain: () => move(at.row, at.column), get rows() { return found.rows; }, get test() { return found.test; } };
};
