// What a person looks at: the filters, the order, the opened cell. It lives in the address behind the #, so that
// a link to the page is a link to the view.

const SORTS = { risk: "riskiest first", name: "by name", result: "by result" };

/** Returns the view in which nothing is filtered. */
const everything = () => ({ text: "", kinds: new Set(), key: "", cause: "", group: "", sort: "risk", open: "" });

/** Returns the view that an address's fragment asks for; what it doesn't know is left out. */
const viewOf = (fragment) => {
  const asked = new URLSearchParams(fragment.replace(/^#/, ""));
  const view = everything();
  for (const name of ["text", "key", "cause", "group", "open"]) view[name] = asked.get(name) ?? "";
  view.kinds = new Set((asked.get("kind") ?? "").split(",").filter(Boolean));
  const sort = asked.get("sort") ?? "";
  if (sort in SORTS || sort.startsWith("key:")) view.sort = sort;
  return view;
};

/** Returns the fragment that asks for `view`: nothing of what is the default. */
const fragmentOf = (view) => {
  const asked = new URLSearchParams();
  if (view.text) asked.set("text", view.text);
  if (view.kinds.size) asked.set("kind", [...view.kinds].sort().join(","));
  for (const name of ["key", "cause", "group"]) if (view[name]) asked.set(name, view[name]);
  if (view.sort !== "risk") asked.set("sort", view.sort);
  if (view.open) asked.set("open", view.open);
  return asked.toString();
};

/** Puts the view into the address, without a step in the browser's history: typing in a filter is no journey. */
const remember = (view) => {
  const fragment = fragmentOf(view);
  if (fragment !== location.hash.replace(/^#/, "")) history.replaceState(null, "", `#${fragment}`);
};
