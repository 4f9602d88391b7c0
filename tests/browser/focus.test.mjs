// Where the focus is after each press: on what was pressed, as long as that is there, and where it went away,
// on what took its place. It never falls to the page's beginning.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, errorOf, openScenario, openTab, settled } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// Presses what `locator` finds by its key, and says where the focus is once `shown` can be seen and all is drawn.
async function press(page, locator, shown = async () => {}, key = "Enter") {
  await locator.focus();
  await page.keyboard.press(key);
  await shown();
  await settled(page);
  return page.evaluate(() => {
    const e = document.activeElement;
    return e.dataset.testid ?? e.getAttribute("aria-label") ?? e.tagName;
  });
}

async function crashed() {
  const page = await openScenario(site, "raft-election", { options: "?seed=7" });
  await ask(page, "seek", 1_500_000);
  await ask(page, "edit", { do: "crash", node: 1 });
  return page;
}

test("the row of the history opens, closes and grows under a focus that stays", async () => {
  const page = await crashed();
  const at = (id, ...rest) => press(page, hook(page, id), ...rest);
  const open = () => visible(page, "history");
  assert.equal(await at("history-open", open), "history-open");
  assert.equal(await at("history-open"), "history-open", "closed by the same button");
  assert.equal(await at("fork", open), "fork", "a fork opens the row");
  assert.equal(await at("fork"), "fork");
  await hook(page, "future-0").click();
  assert.equal(await at("history-undo"), "history-undo", "nothing more to undo");
  assert.equal((await ask(page, "state")).edits.length, 0);
  assert.equal(await at("history-redo"), "history-redo", "nothing more to redo");
  assert.equal(await at("history-redo"), "history-redo", "pressed in vain");
  assert.equal((await ask(page, "state")).edits.length, 1);
  assert.equal(await press(page, page.getByLabel("Close the history")), "history-open");
  assertQuiet(page);
  await page.context().close();
});

test("choosing a comparison leads to its stages, leaving it back to where it was chosen", async () => {
  const page = await crashed();
  await hook(page, "history-open").click();
  const list = await visible(page, "compare-with");
  await list.focus();
  await list.selectOption({ index: 1 });
  await hook(page, "compare-go").click();
  await visible(page, "compare");
  assert.equal(await press(page, page.locator("#compare"), undefined, "Shift"), "compare");
  await page.keyboard.press("Tab");
  const inside = await page.evaluate(() => Boolean(document.activeElement.closest("#compare")));
  assert.ok(inside, "the next stop is in the first stage");
  assert.equal(await press(page, hook(page, "go-parting")), "go-parting");
  assert.equal(await press(page, hook(page, "swap")), "swap");
  assert.equal(await press(page, hook(page, "leave")), "history-open");
  assertQuiet(page);
  await page.context().close();
});

test("a message put aside, a step of Why? and its end hand the focus on", async () => {
  const page = await crashed();
  await ask(page, "edit", { do: "crash", node: 1 });
  await errorOf(page);
  assert.equal(await press(page, page.getByLabel("Close this message")), "play");
  await openTab(page, "Log");
  await page.locator(".log-row").nth(2).click();
  const why = await visible(page, "why");
  assert.equal(await press(page, why.getByRole("button").first()), "why");
  assert.equal(await press(page, why.getByRole("button").first(), undefined, "Escape"), "log", "its panel");
  await page.context().close();
});

test("what the stage's menu offers next takes the place of what was chosen by key", async () => {
  const page = await crashed();
  await hook(page, "node-2").focus();
  await page.keyboard.press("Enter");
  await visible(page, "stage-menu");
  const acts = async (id) => press(page, hook(page, id));
  assert.equal(await acts("act-crash"), "act-recover");
  assert.equal(await acts("act-recover"), "act-crash");
  assert.equal(await acts("act-pause"), "act-resume");
  // By hand the keys stay free for the page: the space bar is Play.
  await hook(page, "act-resume").click();
  await hook(page, "act-pause").waitFor();
  await settled(page);
  assert.equal(await page.evaluate(() => Boolean(document.activeElement.closest(".stage-menu"))), false);
  await page.context().close();
});
