// Under each timing model: the table of the page is the tool's, and a cell opens the run that shows what it says.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, openScenario, openTab, until } from "./hands.mjs";
import { tool } from "./tool.mjs";

const ROWS = ["timing-matrix", "raft-election", "two-phase-commit", "ring-election"];
const MODELS = ["synchronous", "unknown-bound", "gst", "asynchronous"];

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

async function compared(page) {
  await openTab(page, "Timing");
  await hook(page, "compare-models").click();
  await visible(page, "by-model");
  await hook(page, "models").locator("progress").waitFor({ state: "detached", timeout: 120_000 });
  return hook(page, "by-model");
}

const cell = (page, row, model) => hook(page, `cell-${row}-${model}`);

for (const size of ["desktop", "phone"]) {
  test(`four protocols under four models: the tool's numbers, and each cell says them (${size})`, async () => {
    const page = await openScenario(site, "timing-matrix", { options: "?seed=3", viewport: SIZES[size] });
    await compared(page);
    for (const [row, scenario] of ROWS.entries()) {
      const { models } = JSON.parse(tool("models", scenario, "--seed", "3", "--seeds", "20", "--crashes", "1", "--json"));
      assert.deepEqual(models.map((m) => m.model), MODELS);
      for (const { model, violated, decided, runs } of models) {
        const said = await cell(page, row, model).innerText();
        assert.match(said, new RegExp(`^${violated} broke\\s+${decided} decided`), `${scenario}, ${model}`);
        assert.ok(said.includes(violated === 0 ? `no violation in ${runs} runs` : `violated in ${violated} of ${runs} runs`), said);
      }
    }
    await assertAccessible(page, "the table");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= SIZES[size].width);
    assertQuiet(page);
    await page.context().close();
  });
}

test("a cell opens the run that shows it, and the way back leads to the table", async () => {
  const page = await openScenario(site, "timing-matrix", { options: "?seed=3" });
  await compared(page);
  await cell(page, 0, "asynchronous").click();
  const broke = await until(page, "a promise breaks", (s) => s.checks.some((c) => c.verdict === "violated"));
  assert.equal(broke.scenario, "timing-matrix");
  // What broke was picked, and its panel came to the front.
  await openTab(page, "Timing");
  await visible(page, "by-model");
  await cell(page, 1, "gst").click();
  await until(page, "Raft runs", (s) => s.scenario === "raft-election" && s.events > 0);
  await page.goBack();
  await until(page, "back", (s) => s.scenario === "timing-matrix");
  await openTab(page, "Timing");
  await visible(page, "by-model");
  assertQuiet(page);
  await page.context().close();
});

test("it can be called off, and what was seen stays", async () => {
  const page = await openScenario(site, "raft-election");
  await openTab(page, "Timing");
  await hook(page, "models").getByRole("button", { name: "500" }).click();
  await hook(page, "compare-models").click();
  await hook(page, "models").getByRole("button", { name: "Cancel" }).click();
  await hook(page, "models").getByText(/^Stopped: \d/).waitFor();
  assert.equal((await ask(page, "state")).error, null);
  assertQuiet(page);
  await page.context().close();
});
