// The tree of futures by hand: one is removed only when it is asked twice, and a list of comparisons does nothing
// until its button is pressed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, openScenario, settled } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const names = async (page) => (await ask(page, "state")).tree.map((b) => b.name);
async function focused(page) {
  await settled(page);
  return page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
}

test("a future is removed by its button pressed twice or by Delete and Enter, and Escape keeps it", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 400_000);
  await hook(page, "fork").click();
  await hook(page, "fork").click();
  assert.deepEqual(await names(page), ["A", "B", "C"]);
  await (await visible(page, "remove-1")).click();
  assert.deepEqual(await names(page), ["A", "B", "C"], "asked first");
  await page.keyboard.press("Escape");
  await settled(page);
  assert.equal(await hook(page, "remove-1").innerText(), "");
  await hook(page, "remove-1").click();
  await settled(page);
  assert.match(await hook(page, "remove-1").innerText(), /Remove for good/);
  await hook(page, "remove-1").click();
  assert.deepEqual(await names(page), ["A", "C"]);
  assert.equal(await focused(page), "future-1", "the focus is on the one that is shown");
  await page.keyboard.press("Delete");
  assert.equal(await focused(page), "remove-1");
  await page.keyboard.press("Enter");
  assert.deepEqual(await names(page), ["A"]);
  assert.equal(await hook(page, "remove-0").count(), 0, "the only one stays");
  assert.match(await hook(page, "live").innerText(), /Future C is removed\. Future A is shown\./);
  assertQuiet(page);
  await page.context().close();
});

test("arrows go through the list of comparisons and run nothing; its button does, once for each choice", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 400_000);
  await hook(page, "history-open").click();
  for (let i = 0; i < 2; i += 1) {
    await (await visible(page, "compare-with")).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    await settled(page);
    assert.equal(await hook(page, "compare").count(), 0, "nothing is compared yet");
    const chosen = await hook(page, "compare-with").evaluate((e) => e.selectedOptions[0].textContent);
    await hook(page, "compare-with").selectOption({ label: i === 0 ? chosen : (await labels(page)).at(-1) });
    await hook(page, "compare-go").click();
    await visible(page, "compare");
    await hook(page, "leave").click();
    await visible(page, "history");
  }
  const all = await names(page);
  await hook(page, "compare-with").selectOption({ label: (await labels(page)).at(-1) });
  await hook(page, "compare-go").click();
  await visible(page, "compare");
  assert.deepEqual(await names(page), all, "the same again is the one that is there");
  await page.context().close();
});

const labels = (page) => hook(page, "compare-with").locator("option").allInnerTexts();
