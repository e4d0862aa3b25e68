// Puts the parts together: one view, and everything shows it.

const start = (block) => {
  const fleet = decode(block);
  let view = viewOf(location.hash);
  let returning = null; // the cell to go back to, when it isn't the grid's own

  const tenantNamed = (name) => fleet.tenants.find((tenant) => tenant.name === name);
  const opened = () => {
    const [name, key = ""] = view.open.split("/");
    const tenant = tenantNamed(name);
    return tenant ? [tenant, fleet.keys.findIndex((one) => one.name === key)] : null;
  };

  const update = (keep = false) => {
    const found = matching(fleet, view);
    toolbar.show(view, found);
    grid.show(found, keep);
    remember(view);
  };
  const actions = {
    view: () => view,
    change: (changes) => { view = { ...view, ...changes }; update(); },
    reset: () => { view = { ...everything(), sort: view.sort }; update(); },
    sort: (sort) => { view = { ...view, sort: view.sort === sort ? "risk" : sort }; update(); grid.focusAgain(); },
    search: () => toolbar.focusSearch(),
    open: (tenant, column) => {
      if (!panel.isOpen && !grid.element.contains(document.activeElement)) returning = document.activeElement;
      view = { ...view, open: column < 0 ? tenant.name : `${tenant.name}/${fleet.keys[column].name}` };
      remember(view);
      panel.show(tenant, column);
    },
    /** Opens the next or the previous key that isn't in sync, of those that the view is about. */
    step: (by) => {
      const steps = grid.rows.flatMap((tenant) => tenant.cells.flatMap((cell, column) =>
        (cell !== null && grid.test(cell, column) && (!isQuiet(cell) || view.kinds.has("in-sync")) ? [[tenant, column]] : [])));
      const now = opened();
      const at = now ? steps.findIndex(([tenant, column]) => tenant === now[0] && column === now[1]) : -1;
      const next = steps[(at + by + steps.length) % steps.length];
      if (next) {
        returning = null;
        actions.open(...next);
      }
    },
    showGroup: (group) => {
      panel.close();
      view = { ...everything(), sort: view.sort, group: String(group) };
      update();
      returning = null;
      section.scrollIntoView();
      grid.focusAgain();
    },
  };

  const closed = () => {
    const now = opened();
    view = { ...view, open: "" };
    remember(view);
    if (returning?.isConnected && returning !== document.body) returning.focus();
    else if (now) grid.focus(...now);
    returning = null;
  };
  const panel = makePanel(fleet, actions, closed);
  const toolbar = makeToolbar(fleet, actions);
  const grid = makeGrid(fleet, actions);
  const section = document.getElementById("fleet");
  section.append(make("h2", {}, "The fleet"), toolbar.element, grid.element,
    make("p", { class: "keys-help" }, "Arrows, Page Up and Down, Home and End move; Enter opens; Escape closes; / searches."));
  section.hidden = false;
  document.body.classList.add("scripted");
  addButtons(fleet, actions);
  foldList();
  printWhole(fleet);

  const follow = () => {
    update();
    const now = opened();
    if (now) panel.show(...now);
    else if (panel.isOpen) panel.close();
  };
  addEventListener("hashchange", () => { view = viewOf(location.hash); follow(); });
  follow();
  performance.mark("shown");
};

const block = document.getElementById("data");
if (block) start(block);
