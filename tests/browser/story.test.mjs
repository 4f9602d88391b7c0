// The story: play follows what happens and stops where it matters, and what was done is remembered. (Each scenario's card is played in
// cards.test.mjs.)

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, PATIENCE, SIZES, start, visible } from "./harness.mjs";
import { eventually, holds, openScenario } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const task = (page, name) => page.locator(`[data-testid=task][data-task=${name}]`).waitFor({ timeout: PATIENCE });

test("by touch on a phone: the guess, the run, the answer, and the question put aside", async () => {
  const page = await site.open("#/s/two-generals", { viewport: SIZES.phone, hasTouch: true });
  await visible(page, "lesson");
  await task(page, "guess");
  // The card stands right under the stage and its transport.
  const stage = await hook(page, "stage").boundingBox();
  const card = await hook(page, "task").boundingBox();
  const time = await hook(page, "timeline").boundingBox();
  assert.ok(stage.y < card.y && card.y < time.y, JSON.stringify({ stage, card, time }));
  await page.locator("[data-testid=prediction] label").nth(1).tap();
  await page.locator("[data-testid=reveal]:not([disabled])").waitFor({ timeout: PATIENCE });
  await hook(page, "reveal").tap();
  await visible(page, "because");
  assert.match(await hook(page, "because").innerText(), /^Right\./);
  await page.evaluate(() => (location.hash = "#/s/ring-election"));
  await task(page, "guess");
  await hook(page, "pass").tap();
  await task(page, "try");
  assertQuiet(page);
  await page.context().close();
});

test("play follows the story: it says what happens, stops at the first leader, and a fixed rate is one press away", async () => {
  const page = await openScenario(site, "raft-election");
  await visible(page, "caption");
  await page.evaluate(() => {
    window.captions = [];
    const element = document.querySelector("[data-testid=caption]");
    const note = () => window.captions.at(-1) === element.textContent || window.captions.push(element.textContent);
    new MutationObserver(note).observe(element, { childList: true, characterData: true, subtree: true });
  });
  await hook(page, "play").click();
  await hook(page, "pause").waitFor();
  await hook(page, "play").waitFor({ timeout: PATIENCE });
  const captions = await page.evaluate(() => window.captions.filter(Boolean));
  assert.match(captions[0], / pass\.$/, captions.join(" | "));
  assert.ok(captions.some((c) => c.includes("stands for term 1")), captions.join(" | "));
  assert.match(captions.at(-1), /leads term 1/);
  assert.deepEqual(await barriers(page, "a caption"), []);
  assert.equal(await hook(page, "pace").getAttribute("aria-pressed"), "true");
  await hook(page, "pace").click();
  assert.equal(await hook(page, "pace").getAttribute("aria-pressed"), "false");
  await hook(page, "play").click();
  await holds(page, async () => (await window.faultline.state()).time_us > 1_500_000);
  assert.equal((await page.evaluate(() => window.faultline.state())).playing, true, "a fixed rate stops nowhere");
  assertQuiet(page);
  await page.context().close();
});

test("a broken promise stops the story, and the panel says which, by what, and why", async () => {
  const page = await openScenario(site, "link-stack");
  await hook(page, "pass").click();
  await hook(page, "stage-memory-lost").click();
  await page.locator("[data-testid=verdict].bad").waitFor({ timeout: PATIENCE });
  await hook(page, "play").waitFor({ timeout: PATIENCE });
  assert.match(await hook(page, "checks").innerText(), /No duplication[^]*Needed:/);
  assertQuiet(page);
  await page.context().close();
});

test("what was gone through is marked in the gallery, kept by the browser, and can be forgotten", async () => {
  const prepare = (page) => page.addInitScript(() => localStorage.getItem("faultline.course") ?? localStorage.setItem("faultline.course", "raft-election"));
  const page = await site.open("#/", { prepare });
  await visible(page, "gallery");
  assert.match(await hook(page, "card-raft-election").innerText(), /✓/);
  assert.equal((await hook(page, "card-two-generals").innerText()).includes("✓"), false);
  await hook(page, "forget").click();
  await hook(page, "forget").waitFor({ state: "detached" });
  assert.equal((await hook(page, "card-raft-election").innerText()).includes("✓"), false);
  assert.equal(await page.evaluate(() => localStorage.getItem("faultline.course")), "");
  assertQuiet(page);
  await page.context().close();
});
