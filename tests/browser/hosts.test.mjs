// A run in the pages of real hosts: MkDocs Material, mdBook, Sphinx, Jupyter's HTML export, and a page that goes to others as Quartz
// does. Each is built by its own program (tests/hosts/build.mjs) with the text that the dialog "Embed" writes for it.
//
// The rule that is easy to break: the hosts' server is another site than Faultline's, as it is for who pastes the text; and whatever is
// written to a host's console, a warning too, is a complaint, unless the same host writes it without us.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { build } from "../hosts/build.mjs";
import { hook, PATIENCE, start } from "./harness.mjs";
import { ask, eventually, openScenario, settled } from "./hands.mjs";
import { serve } from "./serve.mjs";
import { hashOfLink } from "./tool.mjs";

const ROUNDS = 4;
let site, notes, folder, run;

before(async () => {
  site = await start();
  folder = mkdtempSync(join(tmpdir(), "faultline-hosts-"));
  mkdirSync(join(folder, "pages"));
  mkdirSync(join(folder, "sources"));
  notes = await serve(join(folder, "pages"), { host: "localhost" });
  const [one, other] = [await dialogue("This moment"), await dialogue("The scenario's start")];
  const both = (name) => ({ ONE: one[name], OTHER: other[name] });
  const element = both("Any page: an element");
  // The page's head is the place for a script where bodies come and go; the element stands in the body.
  const [, EMBED_JS, OTHER] = /^<script src="([^"]+)" defer><\/script>\n(.+)$/.exec(element.OTHER);
  const texts = {
    mkdocs: { ...both("MkDocs"), SITE: `${notes.base}mkdocs/` },
    mdbook: both("mdBook"),
    // The dialog has no text of its own for Sphinx: HTML is raw there.
    sphinx: element,
    jupyter: both("Jupyter"),
    spa: { ONE: one["Quartz, Hugo"], OTHER, EMBED_JS },
  };
  await build(texts, join(folder, "sources"), join(folder, "pages"));
});

after(async () => {
  await site?.close();
  await notes?.close();
  if (folder) rmSync(folder, { recursive: true });
});

// What the dialog writes for each host, by the host's name there.
async function dialogue(moment) {
  const page = await openScenario(site, "raft-partition");
  await ask(page, "seek", 500_000);
  await ask(page, "edit", { do: "pause", node: 0 });
  run ??= { hash: await ask(page, "hash"), link: await ask(page, "link") };
  await hook(page, "embed").click();
  await page.getByRole("button", { name: moment, exact: true }).click();
  const host = hook(page, "embed-host");
  const texts = {};
  for (const name of await host.locator("option").allTextContents()) {
    await host.selectOption(name);
    await settled(page);
    texts[name] = await hook(page, "embed-snippet").inputValue();
  }
  await page.context().close();
  return texts;
}

// Opens a page of the hosts'. Its reader's browser says nothing of colours; what it loads from strangers' servers is empty; and it
// counts who listens to its messages.
async function visit(path) {
  const context = await site.browser.newContext({ viewport: { width: 1300, height: 800 }, colorScheme: null });
  const page = await context.newPage();
  page.complaints = [];
  const complain = (text) => page.complaints.push(text);
  page.on("console", (m) => ["error", "warning"].includes(m.type()) && complain(`${m.type()}: ${m.text()} (${m.location().url})`));
  page.on("pageerror", (error) => complain(`thrown: ${error.message}`));
  page.on("response", (response) => response.status() >= 400 && complain(`${response.status()}: ${response.url()}`));
  const known = [site.base, notes.base].map((base) => new URL(base).host);
  await context.route((url) => url.protocol.startsWith("http") && !known.includes(url.host), (route) => route.fulfill({ status: 200, body: "" }));
  await page.addInitScript(() => {
    if (globalThis.parent !== globalThis) return;
    Object.assign(globalThis, { listening: 0, heard: [] });
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (kind, ...rest) {
      if (kind === "message" && (this ?? globalThis) === globalThis) globalThis.listening += 1;
      return addEventListener.call(this ?? globalThis, kind, ...rest);
    };
    EventTarget.prototype.removeEventListener = function (kind, ...rest) {
      if (kind === "message" && (this ?? globalThis) === globalThis) globalThis.listening -= 1;
      return removeEventListener.call(this ?? globalThis, kind, ...rest);
    };
    addEventListener.call(globalThis, "message", ({ data }) => data?.faultline && globalThis.heard.push(data));
  });
  await page.goto(new URL(path, notes.base).href);
  return page;
}

const ours = (page) => page.locator('iframe[title^="Faultline: "]');

// The frame of the only run in the page, once its stage is there.
async function inside(page) {
  await ours(page).scrollIntoViewIfNeeded();
  const frame = await (await ours(page).elementHandle()).contentFrame();
  await frame.getByTestId("node-0").waitFor({ timeout: PATIENCE });
  return frame;
}

// It is the run that its author chose, to the bit, and it runs.
async function runs(page, hash) {
  const frame = await inside(page);
  const [before, state] = [await ask(frame, "hash"), await ask(frame, "state")];
  if (hash) assert.equal(before, hash);
  assert.deepEqual([state.scenario, state.playing, state.error], ["raft-partition", false, null]);
  await ask(frame, "play");
  await eventually(async () => assert.ok((await ask(frame, "state")).events > state.events, "it does not run"));
  await ask(frame, "pause");
  return frame;
}

// The element's frame is as high as what is in it, in whatever width.
async function follows(page) {
  const frame = await inside(page);
  const heights = [];
  for (const width of [1300, 420]) {
    await page.setViewportSize({ width, height: 800 });
    await eventually(async () => {
      const [high, end] = await frame.evaluate(() => [innerHeight, document.querySelector(".time-zone").getBoundingClientRect().bottom]);
      const given = await ours(page).evaluate((f) => f.style.height);
      assert.ok(given === `${high}px` && end <= high + 1 && end > high - 60, `the frame is ${high} (${given}) high, what it shows ends at ${end}`);
      assert.notEqual(high, heights[1300], "the frame does not hear of its width");
      heights[width] = high;
    });
    const [row, out] = await Promise.all([frame.locator(".pinned"), frame.getByTestId("open-full")].map((part) => part.boundingBox()));
    assert.ok(row.x + row.width <= out.x || row.y >= out.y + out.height, `the way out lies over the verdict in ${width}`);
  }
  await page.setViewportSize({ width: 1300, height: 800 });
}

// A frame without a script tells the page its height, and has that of its text.
async function tells(page) {
  await eventually(async () => {
    const told = await page.evaluate(() => globalThis.heard.filter(({ event }) => event === "height").at(-1));
    assert.ok(told?.height > 160 && told.height < 2_400, "no height was told");
  });
  assert.equal(await ours(page).evaluate((f) => f.clientHeight), 560);
}

// Whether the frame shows light or dark.
async function shows(frame, theme) {
  await eventually(async () => {
    const [r, g, b] = await frame.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
    assert.equal(r + g + b < 3 * 128 ? "dark" : "light", theme);
  });
}

// Away and back, several times: no frame, no listener is left, and it runs again.
async function comesAndGoes(page, away, back, elements) {
  const count = () => page.evaluate(() => globalThis.listening);
  const most = [];
  const documentOf = await page.evaluate(() => (globalThis.stays = Math.random()));
  for (let i = 0; i < ROUNDS; i += 1) {
    await away();
    await eventually(async () => assert.equal(await ours(page).count(), 0));
    await eventually(async () => assert.equal(page.frames().length, 1, "a frame is left"));
    most.push(await count());
    await back(i);
    await runs(page);
    await eventually(async () => assert.equal(page.frames().length, 2));
    if (elements) assert.ok((await page.evaluate(() => document.querySelector("fault-line").ask("state"))).events > 0);
  }
  assert.equal(await page.evaluate(() => globalThis.stays), documentOf, "the page was loaded again");
  assert.deepEqual(most, most.map(() => most[0]), "listeners are left");
}

const quiet = (page) => assert.deepEqual(page.complaints, []);

test("the run in the texts is the one that the tool knows", () => {
  assert.equal(hashOfLink(run.link), run.hash);
});

test("MkDocs Material: it runs, is as high as its content, follows the colours, and outlives instant navigation", async () => {
  const page = await visit("mkdocs/");
  const frame = await runs(page, run.hash);
  await follows(page);
  await shows(frame, "light");
  const now = await ask(frame, "hash");
  const turn = (name) => page.locator(`label[title="${name}"]`).click();
  await turn("Dark");
  await shows(frame, "dark");
  await turn("Light");
  await shows(frame, "light");
  await turn("Dark");
  await shows(frame, "dark");
  assert.equal(await ask(frame, "hash"), now, "it began anew");
  const go = (name) => page.locator(".md-nav--primary a", { hasText: name }).first().click();
  await comesAndGoes(page, () => go("Words"), (i) => (i % 2 ? page.goBack() : go(["Embed", "", "Another"][i])), true);
  await shows(await inside(page), "dark");
  quiet(page);
  await page.context().close();
});

test("MkDocs Material: a page with a run that is reached from one without", async () => {
  const page = await visit("mkdocs/words/");
  await page.locator(".md-nav--primary a", { hasText: "Another" }).first().click();
  await runs(page);
  quiet(page);
  await page.context().close();
});

test("mdBook: it runs, is as high as its content, and follows the reader's theme", async () => {
  const page = await visit("mdbook/");
  const frame = await runs(page, run.hash);
  await follows(page);
  await shows(frame, "light");
  for (const [name, theme] of [["Navy", "dark"], ["Rust", "light"], ["Coal", "dark"]]) {
    const item = page.getByRole("menuitem", { name });
    if (!(await item.isVisible())) await page.getByRole("button", { name: "Change theme" }).click();
    await item.click();
    await shows(frame, theme);
  }
  // Its pages are loaded, and the browser keeps what it can.
  await page.goto(new URL("mdbook/another.html", notes.base).href);
  await shows(await runs(page), "dark");
  await page.goBack();
  await runs(page);
  quiet(page);
  await page.context().close();
});

test("Sphinx: it runs and is as high as its content", async () => {
  const page = await visit("sphinx/");
  await runs(page, run.hash);
  await follows(page);
  await shows(await inside(page), "light");
  quiet(page);
  await page.context().close();
});

test("Jupyter's HTML export: it runs, and tells its height", async () => {
  const page = await visit("jupyter/");
  await runs(page, run.hash);
  await tells(page);
  quiet(page);
  await page.context().close();
});

test("a page that goes to others as Quartz does: frame and element run, follow the colours, and nothing is left of them", async () => {
  const page = await visit("spa/");
  const frame = await runs(page, run.hash);
  await tells(page);
  await shows(frame, "light");
  await page.locator("#dark").click();
  await shows(frame, "dark");
  const go = (name) => page.locator("nav a", { hasText: name }).click();
  await comesAndGoes(page, () => go("Words"), () => go("Embed"));
  await comesAndGoes(page, () => go("Words"), () => go("Another"), true);
  await follows(page);
  await shows(await inside(page), "dark");
  quiet(page);
  await page.context().close();
});

test("an element whose page is made into itself runs on, and one that gets other attributes begins their run", async () => {
  const page = await visit("spa/another.html");
  const frame = await runs(page);
  const now = await ask(frame, "hash");
  const there = (url) => page.evaluate((url) => new Promise((done) => {
    document.addEventListener("nav", done, { once: true });
    history.pushState({}, "", url);
    dispatchEvent(new PopStateEvent("popstate"));
  }).then(() => null), url);
  await there("another.html?again");
  assert.equal(await ask(frame, "hash"), now, "it began anew");
  // Asked before it runs, it answers once it does; who waited for the other run is told.
  const answers = await page.evaluate(async () => {
    const element = document.querySelector("fault-line");
    element.setAttribute("scenario", "ring-election");
    element.setAttribute("seed", "3");
    const left = element.ask("state").then(String, (error) => error.message);
    await null;
    return [await left, await element.ask("state").then(({ scenario, seed }) => [scenario, seed])];
  });
  assert.deepEqual(answers, ["The element shows another run.", ["ring-election", 3]]);
  assert.equal(page.frames().length, 2);
  quiet(page);
  await page.context().close();
});
