// What a protocol shows beyond circles (boards), asks (forms) and how it stands (layouts), on a scenario
// that has one of everything.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, clickNode, drawn, errorOf, openScenario, openTab, until } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

async function toy(context) {
  const page = await openScenario(site, "test-toy", context);
  await ask(page, "seek", 900_000);
  // They come a moment after the stage.
  await visible(page, "boards");
  return page;
}

const board = (page, title) => hook(page, "board").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

test("every kind of board is a table, a list or a picture with a sentence, and follows the run", async () => {
  const page = await toy();
  assert.equal(await hook(page, "board").count(), 8);
  const { nodes } = await ask(page, "state");
  const heard = nodes.map((n) => Number(n.badge.split(" ")[1]));
  // The table and the bars show what the nodes show.
  const cells = await board(page, "What each has heard").locator("tbody tr td:nth-child(2)").allInnerTexts();
  assert.deepEqual(cells.map((c) => Number(c.replace(/\D/g, ""))), heard);
  const bars = await board(page, "Words heard").locator("li .much").allInnerTexts();
  assert.deepEqual(bars.map((c) => Number(c.replace(/\D/g, ""))), heard);
  const matrix = board(page, "Who sent to whom").getByRole("table");
  assert.equal(await matrix.locator("td:has-text('0')").count() > 0, true);
  assert.equal(await matrix.getByRole("columnheader").count(), 6);
  assert.match(await board(page, "Words over time").getByRole("img").getAttribute("aria-label"), /T1 \d+.words at the end/);
  assert.equal(await board(page, "Who has heard enough").getByRole("listitem").count(), 3);
  assert.equal(await board(page, "What came of what").getByRole("listitem").count(), 4);
  const sum = heard.reduce((a, b) => a + b);
  const says = await board(page, "Words in all").innerText();
  assert.ok(says.includes(`${sum}\u00a0words`), says);
  // A mood is a sign and a word.
  const good = board(page, "What each has heard").locator("td.good").first();
  assert.match(await good.innerText(), /✓/);
  assert.match(await good.textContent(), /good: /);
  // It goes back with the run.
  await ask(page, "seek", 0);
  await board(page, "Words in all").getByText("0\u00a0words, as it should be").waitFor();
  assertQuiet(page);
  await page.context().close();
});

test("boards stand beside a wide stage, under a narrow one, and can be folded away by key", async () => {
  const page = await toy();
  const boxes = async () => {
    const stage = await hook(page, "stage").boundingBox();
    const boards = await hook(page, "boards").boundingBox();
    return { stage, boards };
  };
  const wide = await boxes();
  assert.ok(wide.boards.x >= wide.stage.x + wide.stage.width - 1, "not beside");
  assert.ok(wide.stage.width >= 480, `a stage of ${wide.stage.width} pixels`);
  for (const viewport of [SIZES.tablet, SIZES.phone]) {
    await page.setViewportSize(viewport);
    await drawn(page);
    const { stage, boards } = await boxes();
    assert.ok(boards.y >= stage.y + stage.height - 1, `not under at ${viewport.width}`);
    assert.ok(stage.height >= 200, `a stage of ${stage.height} pixels at ${viewport.width}`);
  }
  const one = board(page, "Words heard");
  await one.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.equal(await one.locator("li").first().isVisible(), false);
  // It stays folded while the run goes on.
  await ask(page, "step", 40);
  assert.equal(await one.locator("li").first().isVisible(), false);
  await page.keyboard.press("Enter");
  assert.equal(await one.locator("li").first().isVisible(), true);
  assertQuiet(page);
  await page.context().close();
});

test("what has not changed is not drawn again", async () => {
  const page = await toy();
  await page.evaluate(() => {
    globalThis.changes = 0;
    const count = (all) => (globalThis.changes += all.length);
    const options = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(count).observe(document.querySelector("[data-testid=boards]"), options);
  });
  await clickNode(page, 0);
  await openTab(page, "Measures");
  await openTab(page, "Text");
  assert.equal(await page.evaluate(() => globalThis.changes), 0, "the boards were drawn for nothing");
  await ask(page, "step", 20);
  await page.waitForFunction(() => globalThis.changes > 0);
  await page.context().close();
});

test("axe-core finds nothing in boards and forms, light and dark, wide and narrow; nothing is too wide", async () => {
  const page = await toy();
  await openTab(page, "Node");
  const found = [];
  for (const viewport of [SIZES.desktop, SIZES.tablet, SIZES.phone, SIZES.narrow]) {
    await page.setViewportSize(viewport);
    await drawn(page);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await barriers(page, `${viewport.width} px, ${colorScheme}`)));
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${wide} pixels too wide at ${viewport.width}`);
  }
  assert.deepEqual([...new Set(found)], []);
  assertQuiet(page);
  await page.context().close();
});

test("a node is asked by its own forms; what is typed stays while time runs, what is refused is said", async () => {
  const page = await toy();
  await clickNode(page, 1);
  const asked = () => page.locator("#panel dt:text-is('asked') + dd");
  await page.getByRole("button", { name: "Wave", exact: true }).click();
  await until(page, "it was asked", (s) => s.edits.length === 1);
  const form = hook(page, "ask-mix");
  assert.equal(await form.getByLabel("Number").getAttribute("type"), "number");
  assert.equal(await form.getByLabel("Letter").inputValue(), "x");
  await form.getByLabel("Letter").fill("q");
  await form.getByLabel("Node").selectOption({ label: "T3" });
  await form.getByLabel("Manner").selectOption("firmly");
  await hook(page, "play").click();
  await form.getByLabel("Number").fill("-7");
  await until(page, "time runs", (s) => s.time_us > 1_000_000);
  await hook(page, "pause").click();
  await until(page, "time stands", (s) => !s.playing);
  assert.equal(await form.getByLabel("Letter").inputValue(), "q", "typed and taken back");
  await form.getByRole("button", { name: "Mix" }).click();
  const { edits } = await until(page, "it was asked", (s) => s.edits.length === 2);
  assert.equal(edits[1].request, "mix q -7 2 firmly");
  await ask(page, "step", 1);
  assert.equal(await asked().innerText(), "q -7 2 firmly");
  await form.getByLabel("Number").fill("100");
  await form.getByLabel("Number").press("Enter");
  assert.match(await errorOf(page), /the number of 'mix' must be a whole number from -9 to 99/);
  assert.equal((await ask(page, "state")).edits.length, 2);
  // The text twin offers the same.
  await openTab(page, "Text");
  await hook(page, "twin").getByRole("button", { name: "Wave", exact: true }).click();
  await until(page, "it was asked", (s) => s.edits.length === 3);
  assertQuiet(page);
  await page.context().close();
});

test("a node that takes no requests has no form, and a locked page none at all", async () => {
  const page = await openScenario(site, "raft-election");
  await openTab(page, "Node");
  assert.equal(await hook(page, "requests").count(), 0);
  await page.context().close();
  const locked = await openScenario(site, "test-toy", { search: "?embed=1&ui=stage,inspector,boards&lock=1" });
  await openTab(locked, "Node");
  await visible(locked, "boards");
  assert.equal(await hook(locked, "requests").count(), 0);
  assertQuiet(locked);
  await locked.context().close();
});

for (const layout of ["star", "sides", "tiers", "grid", "map"]) {
  test(`layout ${layout}: every node is on the stage, apart from the others, with its links; a wall can be healed`, async () => {
    const page = await openScenario(site, "test-toy", { options: `?layout=${layout}&nodes=9` });
    for (const viewport of [SIZES.desktop, SIZES.tablet, SIZES.phone, SIZES.narrow]) {
      await page.setViewportSize(viewport);
      await drawn(page);
      // The stage is laid out anew in a frame after the change.
      await page.waitForFunction(() => {
        const stage = document.querySelector("[data-testid=stage]").getBoundingClientRect();
        const discs = [...document.querySelectorAll(".node .disc")].map((d) => d.getBoundingClientRect());
        const inside = (d) => d.left >= stage.left && d.right <= stage.right && d.top >= stage.top && d.bottom <= stage.bottom;
        const apart = (a, b) => Math.hypot(a.left - b.left, a.top - b.top) > a.width;
        return discs.length === 9 && discs.every(inside) && discs.every((a, i) => discs.slice(i + 1).every((b) => apart(a, b)));
      });
    }
    await page.setViewportSize(SIZES.desktop);
    await ask(page, "seek", 300_000);
    assert.ok((await page.locator(".link").count()) >= 8, "hardly a link is drawn");
    await ask(page, "edit", { do: "partition", groups: [[0, 1, 2, 3], [4, 5, 6, 7, 8]] });
    await visible(page, "heal-0");
    assert.match(await page.locator(".wall .curve").getAttribute("d"), /^M.*Q/);
    await hook(page, "heal-0").focus();
    await page.keyboard.press("Enter");
    await until(page, "the wall is gone", (s) => s.edits.length === 2);
    assertQuiet(page);
    await page.context().close();
  });
}
