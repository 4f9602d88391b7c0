// Fields in which something is typed: what a hand types stays until it is taken or let go of, whatever the
// page draws meanwhile, and taking it does nothing else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, beginName, openScenario, openTab, settled, until } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("Enter in the name of a future takes the name, and shows no other future", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 500_000);
  await hook(page, "fork").click();
  await visible(page, "futures");
  assert.equal((await ask(page, "state")).future, 1);
  await beginName(page, 0);
  await page.keyboard.type("as it was");
  await page.keyboard.press("Enter");
  await page.getByTestId("future-0").getByText("as it was").waitFor();
  assert.equal((await ask(page, "state")).future, 1, "Enter has pressed the future's button, too");
  assertQuiet(page);
  await page.context().close();
});

// While time runs: what a hand types in this field, key by key, and what stands there afterwards.
async function typed(page, field, text) {
  await field.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text, { delay: 80 });
  await settled(page);
  return field.inputValue();
}

test("what is typed while time runs stays until it is taken, in every field", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=7" });
  await ask(page, "seek", 300_000);
  await hook(page, "history-open").click();
  await openTab(page, "Link");
  await ask(page, "play");
  await beginName(page, 0);
  assert.equal(await typed(page, await visible(page, "name"), "Hello"), "Hello", "the name of a future");
  await page.keyboard.press("Enter");
  await page.getByTestId("future-0").getByText("Hello").waitFor();
  const number = page.locator(".row .value").first().getByRole("spinbutton");
  assert.equal(await typed(page, number, "12345"), "12345", "the number of a slider");
  await page.keyboard.press("Enter");
  await until(page, "one edit", (s) => s.edits.length > 0);
  const seed = hook(page, "seed");
  assert.equal(await typed(page, seed, "12345"), "12345", "the seed");
  await page.keyboard.press("Enter");
  await until(page, "the new seed", (s) => s.seed === 12345 || s.seed === "12345");
  assertQuiet(page);
  await page.context().close();
});

test("Esc, and going elsewhere after a refusal, bring back what the field is to show", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=7" });
  await hook(page, "history-open").click();
  await visible(page, "history");
  const seed = hook(page, "seed");
  assert.equal(await typed(page, seed, "99"), "99");
  await page.keyboard.press("Escape");
  await settled(page);
  assert.equal(await seed.inputValue(), "7");
  assert.equal(await typed(page, seed, "many"), "many");
  await page.keyboard.press("Enter");
  await visible(page, "error");
  await hook(page, "diagram").focus();
  await settled(page);
  assert.equal(await seed.inputValue(), "7");
  const number = page.locator(".row .value").first().getByRole("spinbutton");
  const before = await number.inputValue();
  await typed(page, number, "777");
  await page.keyboard.press("Escape");
  await settled(page);
  assert.equal(await number.inputValue(), before);
  await hook(page, "diagram").focus();
  assert.equal((await ask(page, "state")).edits.length, 0, "Esc has taken the number");
  await page.context().close();
});
