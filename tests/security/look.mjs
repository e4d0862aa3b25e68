// Opens pages in Debian's Chromium, opens what can be opened, and prints what became of them as JSON: the elements with
// their attributes, every address in them, and what should never happen. It judges nothing: test_texts_shown.py does.

import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [jobFile, modules] = process.argv.slice(2);
const { chromium } = createRequire(`${modules}/`)("playwright-core");
const job = JSON.parse(readFileSync(jobFile, "utf8"));

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: job.chromium, args: FLAGS });
const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
const seen = [];
let trouble = [];
await context.addInitScript(() => {
  window.violations = [];
  addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
});
const page = await context.newPage();
page.on("request", (request) => { if (!request.url().startsWith("file://")) trouble.push(["request", request.url()]); });
page.on("console", (message) => trouble.push([message.type(), message.text()]));
page.on("pageerror", (error) => trouble.push(["error", String(error)]));
page.on("dialog", (dialog) => { trouble.push(["dialog", dialog.message()]); dialog.dismiss(); });

for (const file of job.pages) {
  trouble = [];
  await page.goto(`file://${file}`);
  const elements = new Set();
  const addresses = new Set();
  const look = async () => {
    const found = await page.evaluate(() => [...document.querySelectorAll("*")].map((one) => [
      one.localName, one.namespaceURI, [...one.attributes].map((each) => each.name),
      ["href", "src", "action", "formaction", "srcdoc"].map((name) => one.getAttribute(name)).filter((text) => text !== null),
    ]));
    for (const [name, space, attributes, places] of found) {
      elements.add(`${space === "http://www.w3.org/1999/xhtml" ? "" : "foreign "}${name}`);
      for (const attribute of attributes) elements.add(`@${attribute}`);
      for (const place of places) addresses.add(place);
    }
  };
  await look();
  const cells = page.locator(".grid .rows .cell");
  for (let number = 0; number < Math.min(await cells.count(), 3); number += 1) {
    await cells.nth(number).click({ timeout: 2000 }).catch(() => undefined);
    await look();
    await page.keyboard.press("Escape");
  }
  const end = await page.evaluate(() => ({ scripts: document.scripts.length, attacked: window.attacked ?? null, violations: window.violations }));
  seen.push({ elements: [...elements], addresses: [...addresses], trouble, ...end });
}
await browser.close();
process.stdout.write(JSON.stringify(seen));
