// What every browser test starts from: dist/ behind a static server, and a Chromium to open it in.
//
// The rule that is easy to break: a test passes only if its pages were quiet. Whatever a page writes to
// the console as an error, throws, asks of another host or fails to load is collected in
// `page.complaints`; assertQuiet fails on it, and so does `close()` for every page ever opened. A test
// that provokes complaints looks at them and then empties the list.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import axe from "axe-core";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const ROOT = new URL("../../", import.meta.url);
const DIST = new URL("dist/", ROOT).pathname;

// How long a test waits for what is to come, in milliseconds: long, for the machine may be busy, and who gets it
// waits no longer than that takes.
export const PATIENCE = 30_000;

// A path below the host, because the page must work under any.
export const PREFIX = "/some/path/";

export const SIZES = {
  desktop: { width: 1440, height: 900 },
  tablet: { width: 1024, height: 768 },
  phone: { width: 390, height: 844 },
  narrow: { width: 320, height: 640 },
};

function chrome() {
  const paths = ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/google-chrome-stable"];
  const found = process.env.CHROME ?? paths.find(existsSync);
  assert.ok(found, "no Chromium: run ./dev test, or set CHROME to a Chrome or Chromium program");
  return found;
}

function flags() {
  const caps = JSON.parse(readFileSync(new URL("webdriver.json", ROOT), "utf8"));
  return caps["goog:chromeOptions"].args.filter((flag) => flag !== "--headless");
}

// Starts server and browser: `{ base, browser, server, open, close }`. `extra` is passed to the server.
export async function start({ extra, gzip, dist = DIST, args = [] } = {}) {
  assert.ok(existsSync(`${dist}/index.html`), "dist/ is missing: run ./dev build");
  const server = await serve(dist, { prefix: PREFIX, extra, gzip });
  const browser = await chromium.launch({
    executablePath: chrome(),
    headless: true,
    args: [...flags(), ...args],
  });
  const pages = [];

  // Opens `where` (what follows the page's address: "#/", "?embed=1#/s/raft-election") in a fresh
  // profile. `context` goes to playwright: viewport, colorScheme, reducedMotion, hasTouch; `prepare(page)`
  // runs before the page loads. No service worker stands between page and server, where tests look and put themselves, unless one
  // is asked for (`serviceWorkers: "allow"`).
  async function open(where = "#/", { prepare, ...context } = {}) {
    const profile = await browser.newContext({ viewport: SIZES.desktop, serviceWorkers: "block", ...context });
    const page = await profile.newPage();
    page.complaints = [];
    page.requests = [];
    pages.push(page);
    listen(page, server.base);
    await prepare?.(page);
    await page.goto(new URL(where, server.base).href);
    return page;
  }

  async function close() {
    await browser.close();
    await server.close();
    for (const page of pages) assertQuiet(page);
  }

  return { base: server.base, browser, server, open, close };
}

function listen(page, base) {
  const origin = new URL(base).origin;
  const complain = (text) => page.complaints.push(text);
  page.on("console", (message) => {
    if (message.type() === "error") complain(`console: ${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complain(`thrown: ${error.message}`));
  page.on("requestfailed", (request) => {
    const why = request.failure()?.errorText;
    if (why !== "net::ERR_ABORTED") complain(`failed: ${request.url()} ${why}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    page.requests.push(url.href);
    const own = url.origin === origin || ["data:", "blob:", "about:"].includes(url.protocol);
    if (!own) complain(`another host: ${url.href}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) complain(`${response.status()}: ${response.url()}`);
  });
}

// The element with this data-testid.
export function hook(page, id) {
  return page.getByTestId(id);
}

// Waits until the page shows the hook; the message says which one is missing and what is there.
export async function visible(page, id, timeout = PATIENCE) {
  try {
    await hook(page, id).and(page.locator(":not([aria-busy=true])")).first().waitFor({ state: "visible", timeout });
  } catch {
    const text = (await page.locator("body").innerText()).slice(0, 300);
    assert.fail(`no visible [data-testid=${id}] after ${timeout} ms at ${page.url()}; the page says: ${text}`);
  }
  return hook(page, id).first();
}

// Fails if the page complained.
export function assertQuiet(page) {
  assert.deepEqual(page.complaints, [], `the page complained at ${page.url()}`);
}

// What axe-core finds: rule, element and reason of each violation, with `what` it was looking at.
export async function barriers(page, what) {
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
  // Half way from one colour to another, nothing has its contrast.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((a) => a.finished)));
  const found = await page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`),
    );
  });
  return found.map((text) => `${what}: ${text}`);
}

// Fails on any violation that axe-core finds.
export async function assertAccessible(page, what = page.url()) {
  assert.deepEqual(await barriers(page, what), [], "axe-core");
}

// Routes of every scenario that the gallery links to, such as "#/s/raft-election".
export async function scenarioRoutes(page) {
  const gallery = await visible(page, "gallery");
  const links = await gallery.locator('.card[href*="#/s/"]').evaluateAll((all) => all.map((a) => a.hash));
  const routes = [...new Set(links)];
  assert.ok(routes.length > 0, "the gallery links to no scenario (.card[href*='#/s/'])");
  return routes;
}
