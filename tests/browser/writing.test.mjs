// Every event of a long run, written as a file between frames: the text is the tool's, the page goes on
// drawing, and who asked may stop it, close the dialog, or go on with the run.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, countFrames, openScenario, settled, until } from "./hands.mjs";
import { tool } from "./tool.mjs";

const FORMS = [
  ["Every event: JSON lines", "jsonl"],
  ["Every event: ShiViz log", "shiviz"],
];

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// A run of so many events, and the dialog open over it.
async function longRun(events, context) {
  const page = await openScenario(site, "raft-replication", { options: "?seed=5", ...context });
  await ask(page, "edit", { do: "links", set: { loss_ppm: 20_000 } });
  for (let rest = events; rest > 0; rest -= 10_000) await ask(page, "step", Math.min(rest, 10_000));
  await hook(page, "files").click();
  await visible(page, "dialog");
  return page;
}

const press = (page, name) => page.getByRole("dialog").getByRole("button", { name, exact: true }).click();

async function downloaded(page, act) {
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 120_000 }), act()]);
  return readFileSync(await download.path());
}

// In a page of this context the writing can be made to wait between two stretches: it alone asks for pauses of one
// millisecond. They are kept only while `begin` and `turn` look.
const STEPWISE = {
  prepare: (page) =>
    page.addInitScript(() => {
      const real = globalThis.setTimeout;
      const held = [];
      globalThis.setTimeout = (f, ...rest) => (globalThis.stepwise && rest[0] === 1 ? held.push(f) : real(f, ...rest));
      globalThis.release = () => held.splice(0).forEach((f) => f());
      globalThis.turn = async () => {
        globalThis.stepwise = true;
        globalThis.release();
        // Until it asks for its next pause.
        while (held.length === 0) await new Promise((done) => real(done));
        globalThis.stepwise = false;
      };
    }),
};

// Lets it write one more slice, or on to its end.
const turn = (page) => page.evaluate(() => globalThis.turn());
const release = (page) => page.evaluate(() => globalThis.release());

// Begins to write, and stops for now when something of it is written.
async function begin(page, name) {
  await page.evaluate(() => (globalThis.stepwise = true));
  await press(page, name);
  await settled(page);
  await page.evaluate(() => (globalThis.stepwise = false));
  await bar(page).waitFor();
  for (let i = 0; (await bar(page).getAttribute("value")) === "0"; i += 1) {
    assert.ok(i < 100, "nothing is written");
    await turn(page);
  }
}

const bar = (page) => page.getByRole("progressbar", { name: "Written" });

test("150,000 events are written over many frames, and byte for byte as the tool writes them", async () => {
  const page = await longRun(150_000);
  await countFrames(page);
  assert.ok((await ask(page, "state")).events >= 150_000);
  const [save] = await Promise.all([page.waitForEvent("download"), press(page, "Save this run")]);
  const run = await save.path();
  for (const [name, format] of FORMS) {
    await page.evaluate(() => Object.assign(globalThis, { frames: 0, longest: 0 }));
    const from = performance.now();
    const bytes = await downloaded(page, () => press(page, name));
    const ms = performance.now() - from;
    const { frames, longest } = await page.evaluate(() => ({ frames: globalThis.frames, longest: globalThis.longest }));
    console.log(`# ${format} of 150,000 events: ${bytes.length} bytes in ${ms.toFixed(0)} ms, ${frames} frames meanwhile, the longest ${longest.toFixed(0)} ms`);
    assert.ok(frames > 3, `room for ${frames} frames only`);
    assert.ok(bytes.equals(Buffer.from(tool("run", run, "--format", format))), `${format}: not what the tool writes`);
  }
  assertQuiet(page);
  await page.context().close();
});

test("what is written is the run of the click, though the dialog is closed and the run goes another way", async () => {
  const page = await longRun(40_000, STEPWISE);
  const [save] = await Promise.all([page.waitForEvent("download"), press(page, "Save this run")]);
  const run = await save.path();
  const before = await ask(page, "state");
  for (const [name, format] of FORMS) {
    await begin(page, name);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await ask(page, "seek", 1_000_000);
    await ask(page, "edit", { do: "crash", node: 1 });
    await ask(page, "step", 500);
    assert.equal((await ask(page, "state")).edits.length, 2, "the run itself goes another way");
    const bytes = await downloaded(page, () => release(page));
    assert.ok(bytes.equals(Buffer.from(tool("run", run, "--format", format))), `${format}: not the run of the click`);
    // The run as it was, for what comes next.
    await hook(page, "files").click();
    await hook(page, "file").setInputFiles(run);
    await until(page, "the run as it was", (state) => state.events === before.events);
    if ((await page.getByRole("dialog").count()) === 0) await hook(page, "files").click();
  }
  // And where there is no run any more.
  await begin(page, FORMS[0][0]);
  await page.evaluate(() => (location.hash = "#/"));
  await visible(page, "gallery");
  const bytes = await downloaded(page, () => release(page));
  assert.ok(bytes.equals(Buffer.from(tool("run", run, "--format", "jsonl"))), "not the run that was left");
  assertQuiet(page);
  await page.context().close();
});

test("it can be stopped, and begun again", async () => {
  const page = await longRun(40_000, STEPWISE);
  const files = [];
  page.on("download", (download) => files.push(download.suggestedFilename()));
  const said = (pattern) =>
    page.waitForFunction((pattern) => new RegExp(pattern).test(document.querySelector("[data-testid=saved]").textContent), pattern);
  await begin(page, FORMS[0][0]);
  await hook(page, "saved").filter({ hasText: /^Writing … \d+ %$/ }).waitFor();
  await press(page, "Cancel");
  await said("^Stopped: nothing was saved.$");
  await bar(page).waitFor({ state: "detached" });
  await settled(page);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), FORMS[0][0], "the focus stays");
  await release(page);
  // What is asked for next takes the place of what is under way.
  await begin(page, FORMS[0][0]);
  await begin(page, FORMS[1][0]);
  // The browser tells of a download after the page does.
  const saved = page.waitForEvent("download", { timeout: 120_000 });
  await release(page);
  await said("^Saved as raft-replication-5-shiviz.log");
  await saved;
  assert.deepEqual(files, ["raft-replication-5-shiviz.log"]);
  assertQuiet(page);
  await page.context().close();
});

test("how far it is can be seen and heard, on a phone too, and again when the dialog was closed meanwhile", async () => {
  const page = await longRun(40_000, { viewport: SIZES.narrow, ...STEPWISE });
  await begin(page, FORMS[0][0]);
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();
  await turn(page);
  await hook(page, "files").click();
  await bar(page).waitFor();
  await settled(page);
  const percent = await bar(page).getAttribute("value");
  assert.equal(await hook(page, "saved").innerText(), `Writing … ${percent} %`);
  const wide = await page.getByRole("dialog").evaluate((d) => d.scrollWidth - d.clientWidth);
  assert.ok(wide <= 0, `${wide} pixels too wide`);
  await assertAccessible(page, "the dialog while it writes");
  await downloaded(page, () => release(page));
  await bar(page).waitFor({ state: "detached" });
  await settled(page);
  assert.match(await hook(page, "saved").innerText(), /^Saved as /);
  assertQuiet(page);
  await page.context().close();
});
