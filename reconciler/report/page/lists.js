// What a script adds to the parts of the page that are there without one: buttons, and on paper everything pending.

const MANY = 12; // tenants written out below a table that shows them too

/** Adds to each group, and to each tenant that is not like the others, a button that shows it in the fleet. */
const addButtons = (fleet, actions) => {
  for (const group of document.querySelectorAll("[data-group]")) {
    const press = () => actions.showGroup(group.dataset.group);
    group.querySelector("h3").append(" ", make("button", { type: "button", onclick: press }, "Show"));
  }
  for (const item of document.querySelectorAll("[data-tenants]")) {
    const column = fleet.keys.findIndex(({ name }) => name === item.dataset.key);
    const numbers = item.dataset.tenants.split(" ").filter(Boolean).map(Number);
    if (column < 0) continue;
    item.querySelector("strong").replaceChildren(...numbers.map((number) => {
      const tenant = fleet.tenants[number];
      return make("button", { type: "button", onclick: () => actions.open(tenant, column) }, tenant.name);
    }));
  }
};

/** Folds the long list: the table above says the same in less room. */
const foldList = () => {
  const list = document.getElementById("list");
  if (list && list.querySelectorAll("article").length > MANY) list.querySelector("details").open = false;
};

/** Returns a tenant as the list writes it, from the data. */
const article = (fleet, tenant) => {
  const parts = tenant.cells.flatMap((cell, column) => {
    if (cell === null || isQuiet(cell)) return [];
    const key = fleet.keys[column];
    const kind = kindOf(fleet, cell);
    return [make("h4", {}, make("code", {}, key.name), ` ${kind.words}`), make("p", {}, cell.why),
      ...cell.notes.map((note) => make("p", {}, note)), cell.lines.length ? fieldTable(fleet, key, cell) : null,
      cell.outcome ? outcomeOf(cell.outcome) : null];
  });
  return make("article", { class: "printed" }, make("h3", {}, `${tenant.name}: ${fleet.results[tenant.result].words}`), ...parts.filter(Boolean));
};

/** Sees to it that what is printed is whole: folds are opened, and tenants that the list left out are added. */
const printWhole = (fleet) => {
  let opened = [];
  const before = () => {
    if (opened.length) return;
    opened = [...document.querySelectorAll("main details:not([open])")].filter((one) => !one.closest("#quiet, article")); // what is in sync is not pending
    for (const one of opened) one.open = true;
    const list = document.querySelector("#list .tenants");
    const there = list ? list.querySelectorAll("article:not(.printed)").length : 0;
    const loud = fleet.tenants.filter(({ cells }) => cells.some((cell) => cell !== null && !isQuiet(cell)));
    list?.append(...loud.slice(there).map((tenant) => article(fleet, tenant)));
  };
  const after = () => {
    for (const one of opened) one.open = false;
    opened = [];
    for (const one of document.querySelectorAll("article.printed")) one.remove();
  };
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
};
