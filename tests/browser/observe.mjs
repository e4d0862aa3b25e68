// Opens pages in Debian's Chromium, does what a person would, and prints what was seen as JSON. It judges nothing: the
// tests in test_page.py do. Called with a file of jobs: {folder, pages: {name: file}}.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [jobFile, modules] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const { chromium } = require("playwright-core");
const { AxeBuilder } = require("@axe-core/playwright");
const job = JSON.parse(readFileSync(jobFile, "utf8"));

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: job.chromium, args: FLAGS });
const trouble = []; // what should never happen in any page

const opened = async (name, { hash = "", width = 1280, height = 900, ...options } = {}) => {
  const context = await browser.newContext({ viewport: { width, height }, ...options });
  await context.addInitScript(() => {
    window.violations = [];
    addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
  });
  const page = await context.newPage();
  const address = `file://${job.pages[name]}`;
  page.on("request", (request) => { if (request.url().split("#")[0] !== address) trouble.push([name, "request", request.url()]); });
  page.on("console", (message) => trouble.push([name, message.type(), message.text()]));
  page.on("pageerror", (error) => trouble.push([name, "error", String(error)]));
  page.on("dialog", (dialog) => { trouble.push([name, "dialog", dialog.message()]); dialog.dismiss(); });
  await page.goto(address + hash);
  return page;
};
const closed = async (page, name) => {
  for (const violation of await page.evaluate(() => window.violations ?? [])) trouble.push([name, "violation", violation]);
  await page.context().close();
};

const told = (page) => page.locator(".told").textContent();
const names = (page) => page.locator(".grid .rows .cell.name .text").allTextContents();
const focus = (page) => page.evaluate(() => {
  const cell = document.activeElement.closest(".cell");
  if (!cell) return document.activeElement.closest("dialog") ? "panel" : document.activeElement.tagName;
  return [Number(cell.closest(".row").getAttribute("aria-rowindex")), Number(cell.getAttribute("aria-colindex"))];
});
const shape = (page) => page.evaluate(() => [...document.querySelectorAll(".grid .rows .row")].map((row) =>
  [...row.children].map((cell) => cell.getAttribute("aria-label") ?? cell.textContent)));

const seen = {};

// How soon a large page can be used: from the start of the navigation to the first filter that has been obeyed.
seen.soon = [];
for (let time = 0; time < 3; time += 1) {
  const page = await opened("large");
  seen.soon.push(await page.evaluate(() => {
    const search = document.querySelector("input[type=search]");
    search.value = "brand-0007";
    search.dispatchEvent(new InputEvent("input"));
    document.querySelector(".grid").getBoundingClientRect(); // laid out
    return [performance.now(), document.querySelector(".told").textContent];
  }));
  await closed(page, "large");
}

// Filters, order, address.
{
  const page = await opened("large");
  const filters = {};
  const look = async (name) => { filters[name] = [await told(page), await page.evaluate(() => location.hash), (await names(page)).slice(0, 3)]; };
  seen.drawn = await page.locator(".grid .row").count();
  seen.counts = await page.locator(".grid").evaluate((grid) => [grid.getAttribute("aria-rowcount"), grid.getAttribute("aria-colcount")]);
  await look("everything");
  await page.fill("input[type=search]", job.needle);
  await look("text");
  await page.fill("input[type=search]", "nothing is called like this");
  await look("none");
  await page.click(".reset");
  await page.click("[data-kind=update]");
  await look("update");
  await page.click("[data-kind=create]");
  await look("updateOrCreate");
  await page.click("[data-kind=create]");
  await page.getByRole("combobox", { name: "Cause" }).selectOption("drift");
  await look("drift");
  await page.getByRole("combobox", { name: "Key" }).selectOption(job.key);
  await look("driftOfKey");
  seen.link = await page.evaluate(() => location.href);
  await page.click(".reset");
  await page.getByRole("combobox", { name: "Order" }).selectOption("name");
  await look("byName");
  await page.getByRole("combobox", { name: "Order" }).selectOption("result");
  await look("byResult");
  await page.getByRole("columnheader", { name: job.column }).click();
  await look("byKey");
  await page.locator(".grid").evaluate((grid) => { grid.scrollTop = grid.scrollHeight; });
  await page.waitForFunction((size) => document.querySelector(`.grid [aria-rowindex="${size}"]`), job.size + 1);
  seen.drawnAtTheEnd = await page.locator(".grid .row").count();
  await page.locator("[data-group] button").first().click();
  await look("group");
  seen.groupFocus = await focus(page);
  seen.filters = filters;
  await closed(page, "large");
  const shared = await opened("large", { hash: new URL(seen.link).hash });
  seen.shared = [await told(shared), await shared.getByRole("combobox", { name: "Cause" }).inputValue(), await shared.getByRole("combobox", { name: "Key" }).inputValue()];
  await shared.evaluate(() => { location.hash = "#kind=blocked"; });
  await shared.waitForFunction(() => document.querySelector("[data-kind=blocked]").getAttribute("aria-pressed") === "true");
  seen.followed = await told(shared);
  await closed(shared, "large");
}

// The keyboard alone.
{
  const page = await opened("large");
  const moves = {};
  await page.focus("#filter-order");
  await page.keyboard.press("Tab");
  moves.Tab = await focus(page);
  for (const key of ["ArrowDown", "ArrowRight", "End", "ArrowRight", "Home", "ArrowLeft", "PageDown", "PageUp", "Control+End", "ArrowDown", "Control+Home", "ArrowUp", "ArrowUp"]) {
    await page.keyboard.press(key);
    moves[`${Object.keys(moves).length} ${key}`] = await focus(page);
  }
  seen.moves = moves;
  seen.stops = await page.locator('.grid [tabindex="0"]').count();
  for (const key of ["ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"]) await page.keyboard.press(key);
  const before = await focus(page);
  await page.keyboard.press("Enter");
  const inside = await focus(page);
  const open = await page.evaluate(() => location.hash);
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !document.querySelector("dialog").open);
  await page.waitForFunction(() => document.activeElement.closest(".cell"));
  seen.opening = { before, inside, open, after: await focus(page), hash: await page.evaluate(() => location.hash) };
  await page.keyboard.press("/");
  seen.slash = await focus(page);
  await page.locator("[data-tenants] button").first().focus();
  await page.keyboard.press("Enter");
  seen.outlier = [await page.locator("dialog h2").textContent(), await focus(page)];
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.activeElement.closest("[data-tenants]"));
  await closed(page, "large");
}

// What stands behind cells.
{
  const page = await opened("apply");
  const panels = {};
  const panel = async (name) => { panels[name] = (await page.locator("dialog").innerText()).replace(/\s+/g, " "); };
  for (const [name, open] of Object.entries(job.panels)) {
    await page.evaluate((hash) => { location.hash = hash; }, `#open=${open}`);
    await page.waitForFunction((key) => document.querySelector("dialog").open && decodeURIComponent(location.hash).includes(key)
      && document.querySelector("dialog h2").textContent.replace(/\s/g, "").startsWith(key.split("/")[0]), open);
    await panel(name);
  }
  await page.evaluate(() => { location.hash = "#"; });
  await page.waitForFunction(() => !document.querySelector("dialog").open);
  await page.locator(".grid .cell.bad").first().click();
  const steps = [];
  for (let step = 0; step < 3; step += 1) {
    steps.push(await page.locator("dialog h2").textContent());
    await page.getByRole("button", { name: "Next" }).click();
  }
  await page.getByRole("button", { name: "Previous" }).click();
  steps.push(await page.locator("dialog h2").textContent());
  await page.getByRole("button", { name: "Close" }).click();
  seen.panels = panels;
  seen.steps = steps;
  seen.shape = await shape(page);
  await closed(page, "apply");
}

// Strings that attack.
{
  const page = await opened("hostile");
  await page.locator(".grid .rows .cell:not(.name)").first().click();
  seen.hostile = await page.evaluate(() => ({
    foreign: [...document.querySelectorAll("a, img, iframe, object, embed, link, base, form, b > *, audio, video")].length,
    scripts: document.scripts.length,
    panel: document.querySelector("dialog").textContent,
    attacked: window.attacked ?? null,
  }));
  // The policy is in force: neither text as markup nor a script of somebody else's.
  const before = trouble.length;
  seen.forbidden = await page.evaluate(() => {
    const tried = (attempt) => { try { attempt(); return "done"; } catch (error) { return error.name; } };
    const markup = tried(() => { document.body.innerHTML = "<b>x</b>"; });
    const script = tried(() => {
      const element = document.createElement("script");
      element.textContent = "window.attacked = 1";
      document.body.append(element);
    });
    return { markup, script, attacked: window.attacked ?? null };
  });
  await page.context().close();
  trouble.length = before; // the browser said of both that it refused them
}

// Nothing wider than the window, at three widths.
seen.widths = {};
for (const name of ["large", "apply", "hostile", "plan", "validate"]) {
  const page = await opened(name);
  for (const width of [390, 1000, 1600]) {
    await page.setViewportSize({ width, height: 900 });
    seen.widths[`${name} ${width}`] = await page.evaluate(() => document.documentElement.scrollWidth);
  }
  await closed(page, name);
}

// Without scripts, and on paper.
{
  const page = await opened("plan", { javaScriptEnabled: false });
  seen.plain = (await page.locator("body").innerText()).replace(/\s+/g, " ");
  await page.context().close();
  const paper = await opened("large");
  await paper.emulateMedia({ media: "print" });
  await paper.evaluate(() => dispatchEvent(new Event("beforeprint")));
  seen.paper = await paper.evaluate(() => ({
    fleet: document.getElementById("fleet").offsetHeight,
    buttons: [...document.querySelectorAll("button")].filter((button) => button.offsetHeight && !button.closest("#outliers")).length,
    unlike: [...document.querySelectorAll("#outliers button")].filter((name) => name.offsetHeight).map((name) => name.innerText),
    articles: [...document.querySelectorAll("#list article")].filter((article) => article.offsetHeight).length,
    more: [...document.querySelectorAll("#list .more")].filter((more) => more.offsetHeight).length,
  }));
  await paper.evaluate(() => dispatchEvent(new Event("afterprint")));
  seen.afterwards = await paper.locator("#list article").count();
  await closed(paper, "large");
}

// What axe finds, in both schemes, with the panel closed and opened.
seen.axe = {};
const found = async (page) => (await new AxeBuilder({ page }).setLegacyMode().analyze()).violations
  .map(({ id, impact, nodes }) => [impact, id, nodes[0].html.slice(0, 200)]);
for (const [name, hash] of [["plan", ""], ["apply", `#kind=applied&open=${job.panels.failed}`]]) {
  const page = await opened(name, { hash });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    seen.axe[`${colorScheme} ${name}${hash}`] = await found(page);
  }
  await closed(page, name);
}

{
  const page = await opened("validate");
  await page.evaluate(() => {
    const pale = document.createElement("p");
    pale.textContent = "This can hardly be read.";
    pale.style.color = "#cccccc";
    pale.style.background = "#dddddd";
    document.querySelector("main").append(pale);
  });
  seen.axeSees = await found(page);
  await closed(page, "validate");
}
await browser.close();
console.log(JSON.stringify({ ...seen, trouble }));
