// Every scenario of the gallery, as it opens: it plays, it travels in time to the bit, everyone can
// read it, and nothing of it complains.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, drawn, eventually, frames, openScenario, servers, settled, until } from "./hands.mjs";
import { scenarios } from "./tool.mjs";

// What each scenario's page offers to tests and teachers' scripts, at once.
const HOOKS =
  "stage node-0 node-1 play step back scrub speed seed fork share embed inspector lesson timeline reset undo redo verdict";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

for (const { id, staged } of scenarios()) {
  test(`${id} opens with its hooks, plays, travels to the bit, begins each of its situations, and axe-core finds nothing`, async () => {
    const page = await openScenario(site, id);
    for (const name of HOOKS.split(" ")) assert.equal(await hook(page, name).count(), 1, name);
    await linked(page);
    await begun(page, staged);
    await plays(page);
    await travels(page);
    await begins(page, id, staged);
    await ask(page, "load", { scenario: id });
    await ask(page, "seek", 700_000);
    assert.deepEqual(await barriersAtSizes(page, id), []);
    assertQuiet(page);
    await page.context().close();
  });
}

// Every staged situation begins at a press of its button.
async function begins(page, id, staged) {
  assert.ok(staged.length > 0, `${id} has no staged situation`);
  for (const one of staged) {
    await hook(page, `stage-${one}`).click();
    await page.waitForFunction(
      (name) => document.querySelector(`[data-testid="${name}"]`)?.getAttribute("aria-pressed") === "true",
      `stage-${one}`,
    );
    const { error, events } = await ask(page, "state");
    assert.equal(error, null, one);
    assert.ok(events > 0, `${one}: nothing has happened yet`);
    // Its name, or by now what has happened first.
    const said = await hook(page, "live").innerText();
    assert.match(said, /^This begins: .+\.|\w+ .+\./, `${one} is not said`);
  }
}

// What axe-core finds, light and dark, wide and narrow, where nothing has to be scrolled sideways.
async function barriersAtSizes(page, id) {
  const found = [];
  for (const viewport of [SIZES.desktop, SIZES.phone, SIZES.narrow]) {
    await page.setViewportSize(viewport);
    await frames(page);
    await settled(page);
    await drawn(page);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await barriers(page, `${id}, ${viewport.width} px, ${colorScheme}`)));
    }
    await fits(page, viewport.width);
  }
  return found;
}

// Links have their hooks: at rest those of two to fourteen nodes (of more, and of a client beside the figure, none is
// drawn then), and every one that is cut.
async function linked(page) {
  const links = page.locator("[data-testid^=link-]");
  const members = servers(await ask(page, "state")).length;
  if (members > 1 && members <= 14) assert.ok((await links.count()) >= 2, "no link has a hook");
  assert.equal((await ask(page, "edit", { do: "link", from: 0, to: 1, set: { cut: true } })).error, null);
  for (const name of ["link-0-1", "link-1-0"]) assert.equal(await hook(page, name).count(), 1, `${name}, cut`);
  await hook(page, "undo").click();
  await until(page, "the cut is taken back", (s) => s.edits.length === 0);
}

// Where nothing happens by itself but that each node starts, a hand has to begin: as in the first of its situations.
async function begun(page, staged) {
  const { events, nodes } = await ask(page, "seek", 1_000_000);
  await ask(page, "seek", 0);
  if (events > nodes.length) return;
  await hook(page, `stage-${staged[0]}`).click();
  await until(page, "it begins", (s) => s.edits.length > 0);
  await ask(page, "pause");
  await ask(page, "seek", 0);
}

// Time runs by the button, events happen, and it stops by the button.
async function plays(page) {
  await hook(page, "play").click();
  // The story may stop at what its first events tell: then it is let go on.
  const running = await eventually(async () => {
    const state = await ask(page, "state");
    if (!state.playing) await hook(page, "play").click({ timeout: 1_000 });
    assert.ok(state.playing && state.time_us > 0 && state.events > 3, "time moves");
    return state;
  });
  // By the button, or the story has stopped it just before.
  const stopped = await eventually(async () => {
    const state = await ask(page, "state");
    if (state.playing) await hook(page, "pause").click({ timeout: 1_000 });
    assert.ok(!state.playing, "it stops");
    return state;
  });
  assert.ok(stopped.time_us >= running.time_us);
  await frames(page);
  assert.equal((await ask(page, "state")).time_us, stopped.time_us, "time ran on after a pause");
}

// The same prefix of events has the same hash, whichever way one came to it.
async function travels(page) {
  const here = await ask(page, "state");
  const hash = await ask(page, "hash");
  assert.match(hash, /^[0-9a-f]{16}$/);
  await ask(page, "back", 3);
  await until(page, "it stands", (s) => !s.playing);
  assert.notEqual(await ask(page, "hash"), hash, "three events back and the same hash");
  for (let i = 0; i < 3; i += 1) await hook(page, "step").click();
  assert.equal((await ask(page, "state")).events, here.events);
  assert.equal(await ask(page, "hash"), hash, "back and forth again is not the same run");
  await ask(page, "seek", 2_000_000);
  const begun = await ask(page, "seek", 0);
  await ask(page, "step", here.events - begun.events);
  assert.equal(await ask(page, "hash"), hash, "the second time through is another run");
  await hook(page, "back").click();
  assert.equal((await ask(page, "state")).events, here.events - 1);
  assertQuiet(page);
}

// Nothing has to be scrolled sideways.
async function fits(page, width) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= width, `the page is ${wide} pixels wide on a screen of ${width}`);
}

test("the gallery leads to every scenario that the tool lists", async () => {
  const page = await site.open("#/");
  await visible(page, "gallery");
  const there = await page.locator('a[href*="#/s/"]').evaluateAll((all) => all.map((a) => a.hash.slice(4)));
  for (const { id } of scenarios()) assert.ok(there.includes(id), `${id} is not in the gallery`);
});
