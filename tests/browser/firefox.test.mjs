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

const press = (id) => page.locator(at(id)).setTimeout(PATIENCE).click();

// Opens the page, or in it another scenario, and waits until its stage is there.
async function open(route, viewport = SIZES[0], id = route) {
  await page.setViewport(viewport);
  await page.goto(`${site.base}#/s/${route}`);
  await page.waitForFunction((id) => globalThis.faultline?.state().then((s) => s?.scenario === id), {}, id);
  await visible("node-0");
}

async function plays() {
  await press("play");
  // The story may stop at what its first events tell: then it is let go on.
  await eventually(async () => {
    const state = await ask("state");
    if (!state.playing) await page.locator(at("play")).setTimeout(1_000).click();
    assert.ok(state.playing && state.time_us > 0 && state.events > 3, "time moves");
  });
  // By the button, or the story has stopped it just before.
  await eventually(async () => {
    if ((await ask("state")).playing) await page.locator(at("pause")).setTimeout(1_000).click();
    assert.equal((await ask("state")).playing, false, "it stops");
  });
}

const want = hashes(ALL.map(({ id }) => ({ scenario: id })), 1_000);

for (const [i, { id, staged }] of ALL.entries()) {
  test(`${id} in Firefox: the tool's hash after a second, it plays, breaks, and steps back`, async () => {
    await open(id);
    await ask("seek", 1_000_000);
    assert.equal(await ask("hash"), want[i]);
    // Where nothing happens by itself but that each node starts, a hand has to begin: as in the first of its situations.
    const { events: happened, nodes } = await ask("state");
    if (happened <= nodes.length) {
      await open(`${id}?stage=${staged[0]}`, SIZES[0], id);
      await eventually(async () => assert.ok((await ask("state")).edits.length > 0, "it begins"));
    }
    await ask("seek", 0);
    await plays();
    const { events } = await ask("state");
    await press("back");
    await eventually(async () => assert.equal((await ask("state")).events, events - 1));
    assert.equal((await ask("edit", { do: "crash", node: 0 })).error, null);
    assert.equal((await ask("state")).nodes[0].status, "crashed");
    // Its scroll bars take room: what scrolls within a board does so alone.
    const wider = await page.$$eval(".boards", (all) => all.map((b) => b.scrollWidth - b.clientWidth).filter((more) => more > 0));
    assert.deepEqual(wider, [], "the boards have to be scrolled sideways");
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

test("each dialog opens, fits and closes, wide and narrow, in Firefox", async () => {
  for (const viewport of SIZES) {
    await open("raft-election", viewport);
    const there = await page.$$eval(["files", "share", "embed", "help"].map(at).join(), (all) => all.map((b) => b.dataset.testid));
    assert.ok(there.length >= 3 && there.includes("share"), `only ${there}`);
    for (const name of there) {
      await press(name);
      await visible("dialog");
      const box = await page.$eval(at("dialog"), (d) => [d.scrollWidth - d.clientWidth, d.getBoundingClientRect().left, innerWidth - d.getBoundingClientRect().right]);
      assert.ok(box[0] <= 0 && box[1] >= 0 && box[2] >= 0, `${name} does not fit: ${box}`);
      await page.keyboard.press("Escape");
      await page.waitForSelector(at("dialog"), { hidden: true });
    }
    const [wide, high] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight]);
    assert.ok(wide <= viewport.width, "it has to be scrolled sideways");
    // On a wide screen all is in sight, and there is no bar for a pixel that is too many.
    if (viewport.width > 1240) assert.equal(high, viewport.height);
  }
  quiet();
});

test("a node is crashed by hand, a slider is moved by its keys, and the focus is seen, in Firefox", async () => {
  await open("raft-election");
  await ask("seek", 500_000);
  const disc = await (await page.waitForSelector(`${at("node-0")} .disc`)).boundingBox();
  await page.mouse.click(disc.x + disc.width / 2, disc.y + disc.height / 2);
  await visible("stage-menu");
  await press("act-crash");
  await eventually(async () => assert.equal((await ask("state")).nodes[0].status, "crashed"));
  await page.keyboard.press("Escape");
  await page.focus(at("scrub"));
  const before = (await ask("state")).time_us;
  await page.keyboard.press("Home");
  await eventually(async () => assert.ok((await ask("state")).time_us < before));
  const walked = [];
  for (let i = 0; i < 40; i += 1) {
    await page.keyboard.press("Tab");
    walked.push(await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      const { testid } = document.activeElement.dataset;
      return [testid ?? document.activeElement.tagName, outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2];
    }));
  }
  assert.deepEqual(walked.filter(([, ring]) => !ring), [], "no ring is around these");
  for (const id of ["play", "speed", "undo", "diagram"]) assert.ok(walked.some(([name]) => name === id), `the Tab key does not come to ${id}`);
  quiet();
});

test("elements and a frame of another page run, are as high as their content, and follow its colours, in Firefox", async () => {
  await page.setViewport(SIZES[0]);
  await page.goto(new URL("/notes.html", notes.base).href);
  const frames = await Promise.all([0, 1].map((n) => inside(`document.querySelectorAll("fault-line")[${n}].shadowRoot.querySelector("iframe")`)));
  frames.push(await inside('document.querySelector("body > iframe")'));
  const openings = [{ scenario: "raft-election", seed: 7 }, { scenario: "ring-election", seed: 3 }];
  const asked = await page.evaluate(async () => {
    const elements = [...document.querySelectorAll("fault-line")];
    await Promise.all(elements.map((e) => e.ask("seek", 700_000)));
    return Promise.all(elements.map((e) => e.ask("hash")));
  });
  assert.deepEqual(asked, hashes(openings, 700));
  for (const frame of frames.slice(0, 2)) {
    await eventually(async () => {
      const [high, end] = await frame.evaluate(() => [innerHeight, document.querySelector(".time-zone").getBoundingClientRect().bottom]);
      assert.ok(high !== 560 && end <= high + 1 && end > high - 60, `the frame is ${high} high, what it shows ends at ${end}`);
    });
  }
  const dark = (frame) => frame.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).reduce((a, b) => a + Number(b), 0) < 3 * 128);
  for (const [style, want] of [["background: #111; color-scheme: dark", true], ["background: #fff; color-scheme: light", false]]) {
    await page.evaluate((style) => document.documentElement.setAttribute("style", style) ?? document.body.setAttribute("style", style), style);
    for (const frame of frames) await eventually(async () => assert.equal(await dark(frame), want));
  }
  quiet();
});

// The frame that `found` finds in the page, once its stage is there.
async function inside(found) {
  const element = await (await page.waitForFunction(found)).asElement();
  await element.scrollIntoView();
  const frame = await element.contentFrame();
  await visible("node-0", frame);
  return frame;
}
