// What was made stays within reach: after a reset, a staged situation or a file, the browser's "back" leads to
// the run before, with all its futures, and "forward" to the one after it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start } from "./harness.mjs";
import { ask, openScenario, until } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// Two futures of Raft, the second with a crash.
async function two() {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 400_000);
  await hook(page, "fork").click();
  await ask(page, "edit", { do: "crash", node: 1 });
  return page;
}

const told = async (page) => {
  const { futures, future, edits, time_us } = await ask(page, "state");
  return { futures, future, edits: edits.length, time_us, hash: await ask(page, "hash") };
};

test("after R, back leads to the run before with its futures, and forward to the start", async () => {
  const page = await two();
  const before = await told(page);
  assert.deepEqual([before.futures, before.edits], [2, 1]);
  await page.keyboard.press("r");
  await page.waitForFunction(() => location.hash.startsWith("#/s/"));
  assert.match(await hook(page, "live").innerText(), /At the start\. The browser's Back leads to the run before\./);
  assert.equal((await told(page)).time_us, 0);
  await page.goBack();
  await until(page, "the run before", (state) => state.futures === 2);
  assert.deepEqual(await told(page), before);
  await page.goForward();
  await until(page, "the start", (state) => state.futures === 1);
  assert.deepEqual([(await told(page)).futures, (await told(page)).time_us], [1, 0]);
  assertQuiet(page);
  await page.context().close();
});

test("a reset of a run that plays and whose address is old leads back to where it was left", async () => {
  const page = await two();
  await hook(page, "play").click();
  await until(page, "it plays", (state) => state.time_us > 400_000);
  await page.keyboard.press("r");
  await until(page, "it has begun anew", (state) => state.futures === 1);
  await hook(page, "pause").click();
  await page.goBack();
  await until(page, "the run before", (state) => state.futures === 2);
  const { edits, time_us, futures } = await told(page);
  assert.deepEqual([edits, futures], [1, 2]);
  assert.ok(time_us > 400_000, `${time_us}`);
  await page.context().close();
});
