// The story: nothing gives the answer away before the guess, the card leads from the guess to the answer by keyboard and by
// touch, play follows what happens and stops where it matters, and what was done is remembered.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, PATIENCE, SIZES, start, visible } from "./harness.mjs";
import { eventually, holds, openScenario } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// What each scenario's file keeps for after the guess: [{ id, telling: [text] }].
function lessons() {
  const root = new URL("../../scenarios/", import.meta.url);
  const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".md"));
  const lesson = (name) => {
    const text = readFileSync(new URL(name, root), "utf8");
    const all = (key) => [...text.matchAll(new RegExp(`^${key} = "((?:[^"\\\\]|\\\\.)*)"`, "gm"))].map((m) => JSON.parse(`"${m[1]}"`));
    return { id: all("id")[0], telling: [...all("because"), ...all("hint")], asks: text.includes("[prediction]") };
  };
  return files.map(lesson);
}

const task = (page, name) => page.locator(`[data-testid=task][data-task=${name}]`).waitFor({ timeout: PATIENCE });

for (const { id, telling, asks } of lessons()) {
  test(`${id}: nothing tells before the guess; by keyboard alone the card leads to the answer`, async () => {
    assert.ok(asks, `${id} asks nothing`);
    const page = await openScenario(site, id);
    await task(page, "guess");
    const before = await page.locator("html").innerText();
    for (const text of telling) assert.ok(!before.includes(text.slice(0, 40)), `told before the guess: ${text}`);
    await page.locator("[data-testid=prediction] input").first().focus();
    await page.keyboard.press("Space");
    // Before there is a guess the button takes no focus.
    await page.locator("[data-testid=reveal]:not([disabled])").waitFor({ timeout: PATIENCE });
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    // On a slow screen a short way may be over before anybody looks.
    const watching = page.locator("[data-testid=task][data-task=watch]");
    await watching.or(hook(page, "because")).first().waitFor({ timeout: PATIENCE });
    const early = () => document.querySelector("[data-task=watch]") && document.querySelector("[data-testid=because]");
    assert.ok(!(await page.evaluate(early)), "told before it has happened");
    // The button is the same: pressed once more it goes to the end.
    if (await watching.isVisible()) await page.keyboard.press("Enter");
    await visible(page, "because");
    assert.equal(await page.locator("[data-testid=task] .right").count(), 1, "one option is right");
    assert.equal(await page.locator("[data-testid=play]").count(), 1, "play has stopped");
    assertQuiet(page);
    await page.context().close();
  });
}

for (const { id } of lessons()) {
  test(`${id}: by touch alone on a phone the card leads to the answer, and on to what to try`, async () => {
    const page = await site.open(`#/s/${id}`, { viewport: SIZES.phone, hasTouch: true });
    await task(page, "guess");
    await page.locator("[data-testid=prediction] label").first().tap();
    await page.locator("[data-testid=reveal]:not([disabled])").waitFor({ timeout: PATIENCE });
    await hook(page, "reveal").tap();
    // Who does not want to watch presses again; on a slow screen a short way is over before that.
    await eventually(async () => {
      if (!(await hook(page, "because").isVisible())) await hook(page, "reveal").tap({ timeout: 1_000 });
      assert.ok(await hook(page, "because").isVisible(), "no answer yet");
    });
    // Where the run has shown all there is to try, the way on is there at once.
    await page.locator(".todos li.now, [data-testid=next]").first().waitFor({ timeout: PATIENCE });
    assertQuiet(page);
    await page.context().close();
  });
}

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
