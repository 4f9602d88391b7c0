// The panel of the measures: the gauges of this run, and the same over many seeds, computed in a worker
// while the page goes on drawing; its numbers are the tool's.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, countFrames, frames, openScenario, openTab, until } from "./hands.mjs";
import { scenarios, tool } from "./tool.mjs";

const SANDBOX = "/some/path/frame.html";

let site;
before(async () => {
  const frame = `<!doctype html><title>Frame</title><link rel="icon" href="data:,"><iframe title="Faultline" width="1000" height="800"
    sandbox="allow-scripts" src="index.html?embed=1&ui=stage,inspector#/s/two-generals?k=2&seed=11"></iframe>`;
  site = await start({ extra: { [SANDBOX]: frame } });
});
after(() => site?.close());

// What the tool's `measure` says, in the order of its table: an object of JSON has none.
function measured(id, ...words) {
  const { measures } = JSON.parse(tool("measure", id, "--json", ...words));
  const [head] = tool("measure", id, "--csv", ...words).split("\n", 1);
  const [, ...names] = head.split(",");
  assert.deepEqual(new Set(names), new Set(Object.keys(measures)));
  return Object.fromEntries(names.map((name) => [name, measures[name]]));
}

async function panel(id, context = {}) {
  const page = await openScenario(site, id, context);
  await openTab(page, "Measures");
  await visible(page, "measures");
  // What stands in it comes a moment after the stage.
  await hook(page, "seeds").or(page.getByText("This protocol measures nothing.")).waitFor();
  return page;
}

// Asks for so many runs until so many simulated seconds, and waits until they are done.
async function compute(place, runs, seconds, wait = true) {
  await place.getByRole("button", { name: runs, exact: true }).click();
  await place.getByRole("spinbutton", { name: /^each until/ }).fill(String(seconds));
  await place.getByRole("spinbutton", { name: /^each until/ }).blur();
  await place.getByTestId("measure").click();
  if (wait) await place.getByText("The command-line tool prints the same:").waitFor({ timeout: 120_000 });
  if (wait) await place.getByRole("progressbar", { name: "Runs done" }).waitFor({ state: "detached", timeout: 120_000 });
}

// The rows of the table over all seeds: measure, its name for people, mean, theory.
async function table(place) {
  const rows = place.locator("[data-testid^=over-]");
  return rows.evaluateAll((all) =>
    all.map((row) => [row.dataset.testid.slice(5), ...[...row.children].map((c) => c.innerText)]),
  );
}

// The table says what the tool says, with as many runs as yielded each.
async function assertTable(place, known, runs) {
  const rows = await table(place);
  assert.deepEqual(rows.map(([id]) => id), Object.keys(known));
  for (const [id, name, mean] of rows) {
    assert.ok(Math.abs(number(mean) - known[id].mean) < 0.001 * Math.abs(known[id].mean) + 1e-9, `${id}: ${mean}`);
    const few = /in (\d+) runs$/.exec(name);
    assert.equal(few ? Number(few[1]) : runs, known[id].n, id);
  }
}

async function saved(page, name) {
  const click = page.getByRole("button", { name, exact: true }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), click]);
  return readFileSync(await download.path(), "utf8");
}

const number = (text) => Number(text.replace("\u2212", "-").replace(/[\u202f\u00a0]/g, "").split(/[^\d.-]/)[0]);

test("each gauge shows what the tool measures of the same run, with theory beside it and a sentence", async () => {
  const page = await panel("two-generals", { options: "?seed=3" });
  await ask(page, "seek", 900_000);
  const known = measured("two-generals", "--seed", "3", "--runs", "1", "--until", "900");
  for (const [id, one] of Object.entries(known)) {
    const gauge = hook(page, `gauge-${id}`);
    const shown = await gauge.locator("b").innerText();
    assert.equal(number(shown), one.mean, `${id}: ${shown}`);
    const says = await gauge.getByRole("img").getAttribute("aria-label");
    assert.match(says, /\d/, `${id}: ${says}`);
  }
  assert.match(await hook(page, "gauge-disagree").getByRole("img").getAttribute("aria-label"), /theory 0\.07203/);
  await page.getByText("Curves as tables").click();
  assert.ok(await page.getByRole("table", { name: "messengers sent" }).isVisible());
  // Before dawn nobody has decided: that is not zero.
  await ask(page, "seek", 100_000);
  await hook(page, "gauge-disagree").getByText("not yet").waitFor();
  assertQuiet(page);
  await page.context().close();
});

test("100 seeds, computed in a worker, are the tool's to the last digit; for every scenario", async () => {
  for (const { id } of scenarios()) {
    const page = await panel(id, { options: "?seed=41" });
    if ((await hook(page, "seeds").count()) === 0) {
      await page.context().close();
      continue;
    }
    await compute(page, "100", 2);
    const csv = await saved(page, "Save as CSV");
    const words = [id, "--seed", "41", "--runs", "100", "--until", "2000", "--csv"];
    assert.equal(csv, tool("measure", ...words), id);
    assert.ok(page.requests.some((url) => url.includes("worker.js")), "no worker was started");
    assert.equal(page.workers().length, 0, "the worker outlives its order");
    assertQuiet(page);
    await page.context().close();
  }
});

test("means, errors and theory stand in a table, and the distribution of a gauge as bars", async () => {
  const page = await panel("two-generals", { options: "?seed=1&k=2" });
  await compute(page, "1 000".replace(" ", "\u202f"), 1);
  const known = measured("two-generals", "--seed", "1", "--runs", "1000", "--until", "1000", "--set", "k=2");
  await assertTable(page, known, 1_000);
  // 0.3 times 0.7, within three standard errors.
  const { mean, standard_error: error } = known.disagree;
  assert.ok(Math.abs(mean - 0.21) < 3 * error, `${mean} is not 0.21`);
  const bars = (name) => hook(page, "seeds").getByRole("img", { name }).waitFor();
  await hook(page, "distribution").selectOption({ label: "exactly one attacks" });
  await bars(/^exactly one attacks: 1.?000 values from 0 to 1; .* mean 0\.\d+ ±\s.* theory 0\.21/);
  await hook(page, "distribution").selectOption({ label: "messengers sent" });
  await bars(/^messengers sent: /);
  const svg = await saved(page, "Chart as SVG");
  assert.match(svg, /^<svg [^>]*>\n<title>messengers sent: two-generals, 1/);
  const command = await page.locator(".command").innerText();
  const csv = tool(...command.split(" ").slice(1), "--csv");
  assert.equal(await saved(page, "Save as CSV"), csv, `${command} prints something else`);
  assertQuiet(page);
  await page.context().close();
});

test("the run on screen plays on while 10,000 others are computed", async () => {
  const page = await panel("test-toy");
  await countFrames(page);
  await hook(page, "play").click();
  await compute(page, "10\u202f000", 60, false);
  const bar = page.getByRole("progressbar", { name: "Runs done" });
  await page.waitForFunction(() => document.querySelector("[data-testid=seeds] progress")?.value > 0, null, { timeout: 60_000 });
  await page.evaluate(() => Object.assign(globalThis, { frames: 0, longest: 0 }));
  const from = await ask(page, "state");
  await frames(page, 60);
  const computed = Number(await bar.getAttribute("value"));
  const { drawn, longest } = await page.evaluate(() => ({ drawn: globalThis.frames, longest: globalThis.longest }));
  const to = await ask(page, "state");
  console.log(`# ${drawn} frames while ${computed} runs were computed, the longest ${longest.toFixed(0)} ms`);
  assert.ok(to.time_us > from.time_us, "time stands still");
  // The worker was still at it when they had been drawn: nobody waited for it.
  assert.ok(drawn >= 60 && computed < 10_000, `${drawn} frames, ${computed} runs`);
  await page.getByRole("button", { name: "Cancel" }).click();
  assertQuiet(page);
  await page.context().close();
});

test("it can be called off, keeps what was computed, and can be asked for again", async () => {
  const page = await panel("test-toy");
  await compute(page, "10\u202f000", 60, false);
  await page.waitForFunction(() => document.querySelector("[data-testid=seeds] progress")?.value > 0, null, { timeout: 60_000 });
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText(/^Stopped: \d+ of 10.000 runs are done\.$/).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "panel", "the focus is lost");
  await until(page, "the worker is gone", () => page.workers().length === 0);
  const rows = (await saved(page, "Save as CSV")).trim().split("\n").length - 1;
  assert.ok(rows > 0 && rows < 10_000, `${rows} rows`);
  await compute(page, "100", 1);
  assert.equal((await saved(page, "Save as CSV")).trim().split("\n").length, 101);
  // Another scenario takes the place of it all.
  await page.evaluate(() => (location.hash = "#/s/two-generals"));
  await page.waitForFunction(() => document.querySelectorAll("[data-testid^=over-]").length === 0);
  assertQuiet(page);
  await page.context().close();
});

test("the edits of this run can be made in every one of them", async () => {
  const page = await panel("two-generals", { options: "?seed=5" });
  assert.equal(await page.getByLabel("with the edits of this run").count(), 0);
  await ask(page, "edit", { do: "crash", node: 1 });
  await page.getByLabel("with the edits of this run").check();
  await page.getByRole("button", { name: "100", exact: true }).click();
  await hook(page, "measure").click();
  await page.getByRole("progressbar", { name: "Runs done" }).waitFor({ state: "detached", timeout: 60_000 });
  await hook(page, "over-messengers").waitFor();
  const rows = Object.fromEntries((await table(page)).map(([id, , mean]) => [id, mean]));
  assert.equal(number(rows.messengers), 1, "B is down from the start, and yet it sends");
  assertQuiet(page);
  await page.context().close();
});

test("in a frame that may start no worker it is computed between frames, to the same numbers", async () => {
  const page = await site.open("frame.html");
  const frame = page.frameLocator("iframe");
  await frame.getByTestId("node-0").waitFor();
  await frame.getByRole("tab", { name: "Measures" }).click();
  await compute(frame, "100", 1);
  await frame.getByText(/^Computed between frames/).waitFor();
  const known = measured("two-generals", "--seed", "11", "--runs", "100", "--until", "1000", "--set", "k=2");
  await assertTable(frame, known, 100);
  assertQuiet(page);
  await page.context().close();
});

test("where the worker's script is missing it is computed between frames", async () => {
  const page = await panel("two-generals", { options: "?seed=2", prepare: (page) => page.route("**/worker.js*", (r) => r.abort()) });
  await compute(page, "100", 1);
  await page.getByText(/^Computed between frames/).waitFor();
  const words = ["two-generals", "--seed", "2", "--runs", "100", "--until", "1000", "--csv"];
  assert.equal(await saved(page, "Save as CSV"), tool("measure", ...words));
  page.complaints.length = 0;
  await page.context().close();
});

test("axe-core finds nothing, light and dark, wide and narrow, and nothing is too wide", async () => {
  const page = await panel("test-toy");
  await ask(page, "seek", 900_000);
  await compute(page, "100", 1);
  for (const fold of await page.locator("[data-testid=measures] summary").all()) await fold.click();
  const found = [];
  for (const viewport of [SIZES.desktop, SIZES.tablet, SIZES.phone, SIZES.narrow]) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await barriers(page, `${viewport.width} px, ${colorScheme}`)));
    }
    const wide = await page.evaluate(() => {
      const panel = document.querySelector("#panel");
      return Math.max(document.documentElement.scrollWidth - innerWidth, panel.scrollWidth - panel.clientWidth);
    });
    assert.ok(wide <= 0, `${wide} pixels too wide at ${viewport.width}`);
  }
  assert.deepEqual([...new Set(found)], []);
  assertQuiet(page);
  await page.context().close();
});

test("with the keyboard alone: to the panel, to a number of runs, to the table", async () => {
  const page = await openScenario(site, "two-generals");
  await page.getByRole("tab", { name: "Link" }).focus();
  for (let i = 0; i < 4; i += 1) await page.keyboard.press("ArrowRight");
  await visible(page, "measures");
  // What stands in it comes a moment after the stage; before, the key would go past it.
  await hook(page, "seeds").waitFor();
  const seen = [];
  for (let i = 0; i < 30 && seen.at(-1) !== "Compute"; i += 1) {
    await page.keyboard.press("Tab");
    seen.push(await page.evaluate(() => document.activeElement.innerText || document.activeElement.dataset.field || ""));
    if (seen.at(-1) === "100") await page.keyboard.press("Space");
  }
  assert.equal(seen.at(-1), "Compute", seen.join(", "));
  await page.keyboard.press("Enter");
  await page.getByText("The command-line tool prints the same:").waitFor({ timeout: 60_000 });
  await hook(page, "live").filter({ hasText: /^100 runs are done\.$/ }).waitFor({ state: "attached" });
  assertQuiet(page);
  await page.context().close();
});
