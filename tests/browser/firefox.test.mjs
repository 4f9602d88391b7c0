// The page in Firefox: every scenario runs to the bit as the tool runs it, plays, breaks and steps back; and so do an embed and the
// dialogs. What is tested elsewhere in Chromium is not told again here.
//
// The rule that is easy to break: Firefox is driven by its own protocol (WebDriver BiDi, puppeteer-core), so `harness.mjs` and
// `hands.mjs`, which are playwright's, have their few words here. A page is quiet here, too, or the test fails.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import { PATIENCE, PREFIX } from "./harness.mjs";
import { eventually } from "./hands.mjs";
import { serve } from "./serve.mjs";
import { hashes, scenarios } from "./tool.mjs";

const DIST = new URL("../../dist/", import.meta.url).pathname;
const ALL = scenarios();
const SIZES = [
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
];

function firefox() {
  const found = process.env.FIREFOX ?? ["/usr/bin/firefox-esr", "/usr/bin/firefox"].find(existsSync);
  assert.ok(found, "no Firefox: run ./dev test, or set FIREFOX to a Firefox program");
  return found;
}

const host = (base) => `<!doctype html><html lang="en"><title>Notes</title><link rel="icon" href="data:,">
  <script src="${base}embed.js" defer></script><body style="background:white"><h1>Notes</h1>
  <fault-line scenario="raft-election" seed="7"></fault-line><fault-line scenario="ring-election" seed="3" strict></fault-line>
  <iframe src="${base}?embed=1&ui=stage,time#/s/raft-election" title="A frame" width="100%" height="560" sandbox="allow-scripts"></iframe></body></html>`;

let site, notes, browser, page;
const complaints = [];

before(async () => {
  site = await serve(DIST, { prefix: PREFIX });
  notes = await serve(DIST, { host: "localhost", prefix: "/none/", extra: { "/notes.html": host(site.base) } });
  browser = await puppeteer.launch({ browser: "firefox", executablePath: firefox(), headless: true, defaultViewport: SIZES[0] });
  page = await browser.newPage();
  page.setDefaultTimeout(PATIENCE);
  page.on("console", (m) => m.type() === "error" && complaints.push(`console: ${m.text()}`));
  page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
  const own = [site.base, notes.base].map((base) => new URL(base).origin);
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol.startsWith("http") && !own.includes(origin)) complaints.push(`another host: ${request.url()}`);
  });
  page.on("response", (response) => response.status() >= 400 && complaints.push(`${response.status()}: ${response.url()}`));
});

after(async () => {
  await browser?.close();
  await site?.close();
  await notes?.close();
});

const quiet = () => assert.deepEqual(complaints, [], "the page complained");
const at = (id) => `[data-testid="${id}"]`;
const visible = (id, frame = page) => frame.waitForSelector(`${at(id)}:not([aria-busy=true])`, { visible: true });
const ask = (verb, argument, frame = page) => frame.evaluate((verb, argument) => globalThis.faultline[verb](argument), verb, argument);

async function press(id) {
  await (await visible(id)).click();
}

// Opens the page, or in it another scenario, and waits until its stage is there.
async function open(id, viewport = SIZES[0]) {
  await page.setViewport(viewport);
  await page.goto(`${site.base}#/s/${id}`);
  await page.waitForFunction((id) => globalThis.faultline?.state().then((s) => s?.scenario === id), {}, id);
  await visible("node-0");
}

async function plays() {
  await press("play");
  // The story may stop at what its first events tell: then it is let go on.
  await eventually(async () => {
    const state = await ask("state");
    if (!state.playing) await press("play");
    assert.ok(state.playing && state.time_us > 0 && state.events > 3, "time moves");
  });
  await press("pause");
  await eventually(async () => assert.equal((await ask("state")).playing, false));
}

const want = hashes(ALL.map(({ id }) => ({ scenario: id })), 1_000);

for (const [i, { id }] of ALL.entries()) {
  test(`${id} in Firefox: the tool's hash after a second, it plays, breaks, and steps back`, async () => {
    await open(id);
    await ask("seek", 1_000_000);
    assert.equal(await ask("hash"), want[i]);
    await ask("seek", 0);
    await plays();
    const { events } = await ask("state");
    await press("back");
    await eventually(async () => assert.equal((await ask("state")).events, events - 1));
    assert.equal((await ask("edit", { do: "crash", node: 0 })).error, null);
    assert.equal((await ask("state")).nodes[0].status, "down");
    await visible("node-0");
    quiet();
  });
}

test("the landing page shows itself and leads on, in Firefox", async () => {
  for (const viewport of SIZES) {
    await page.setViewport(viewport);
    await page.goto(`${site.base}#/`);
    await visible("gallery");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= viewport.width, "it has to be scrolled sideways");
  }
  quiet();
});
