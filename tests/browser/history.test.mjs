// The history by hand: steps from message to message and from change to change, scrubbing with the picture
// following, undo and redo with buttons that know whether they can, and the futures as a tree with names.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, beginName, clickLink, led, leaderOf, openScenario, servers, settled } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// A run of Raft with a leader, the row of the history open.
async function opened(context) {
  const page = await openScenario(site, "raft-election", context);
  await led(page);
  await hook(page, "history-open").click();
  await visible(page, "history");
  return page;
}

test("the steps over a link's messages lead to events of that link's messages alone, forth and back", async () => {
  const page = await opened();
  const leader = leaderOf(await ask(page, "state"));
  const other = servers(await ask(page, "state")).find((n) => n.id !== leader.id);
  await clickLink(page, leader.id, other.id);
  const names = [leader.name, other.name];
  await settled(page);
  assert.match(await hook(page, "history").innerText(), new RegExp(`Message ${names.join(" . ")}`));
  const places = [];
  for (let i = 0; i < 4; i += 1) {
    await hook(page, "next-message").click();
    const { events } = await ask(page, "state");
    assert.ok(events > (places.at(-1) ?? 0), "it goes on");
    places.push(events);
  }
  for (const place of places.slice(0, -1).reverse()) {
    await hook(page, "previous-message").click();
    assert.equal((await ask(page, "state")).events, place, "back over the same events");
  }
  await page.keyboard.press(".");
  assert.equal((await ask(page, "state")).events, places[1], "the key . is the next message");
  await page.keyboard.press(",");
  assert.equal((await ask(page, "state")).events, places[0], "the key , is the previous one");
  assertQuiet(page);
  await page.context().close();
});

test("the steps over a node's changes stop where the node shows something else, by button and by key", async () => {
  const page = await opened();
  await hook(page, "node-1").focus();
  await page.keyboard.press("Enter");
  const shown = async () => {
    const { role, badge, fields, status } = (await ask(page, "state")).nodes[1];
    return JSON.stringify([role, badge, fields, status]);
  };
  for (const go of [() => hook(page, "next-change").click(), () => page.keyboard.press("l")]) {
    const start = (await ask(page, "state")).events;
    await go();
    const { events } = await ask(page, "state");
    assert.ok(events > start);
    const here = await shown();
    await ask(page, "back", 1);
    assert.notEqual(await shown(), here, "the event before shows the same");
    await ask(page, "step", 1);
    assert.equal((await ask(page, "state")).events, events);
  }
  await page.keyboard.press("j");
  const back = await shown();
  await ask(page, "back", 1);
  assert.notEqual(await shown(), back);
  await page.context().close();
});

test("while the scrubber is dragged, every moment on the way is drawn", async () => {
  const page = await opened();
  const scrub = hook(page, "scrub");
  const box = await scrub.boundingBox();
  const at = (part) => [box.x + box.width * part, box.y + box.height / 2];
  await page.mouse.move(...at(0.99));
  await page.mouse.down();
  const seen = new Set();
  const clocks = new Set();
  for (const part of [0.9, 0.7, 0.5, 0.3, 0.1]) {
    await page.mouse.move(...at(part));
    await settled(page);
    seen.add(await page.locator(".nodes").first().innerHTML());
    clocks.add(await page.locator(".transport .clock").innerText());
  }
  await page.mouse.up();
  assert.equal(clocks.size, 5, [...clocks].join(", "));
  assert.ok(seen.size >= 2, "the stage stands still while the hand moves");
  await page.context().close();
});

test("undo and redo can be pressed only when there is something to undo and redo", async () => {
  const page = await opened();
  const [undo, redo] = ["history-undo", "history-redo"].map((id) => hook(page, id));
  assert.deepEqual([await undo.isDisabled(), await redo.isDisabled()], [true, true]);
  await ask(page, "edit", { do: "crash", node: 1 });
  assert.deepEqual([await undo.isDisabled(), await redo.isDisabled()], [false, true]);
  await undo.click();
  await settled(page);
  assert.deepEqual([await undo.isDisabled(), await redo.isDisabled()], [true, false]);
  await redo.click();
  assert.equal((await ask(page, "state")).edits.length, 1);
  await page.context().close();
});

test("futures stand as a tree: forked, named in place, chosen by pointer and by keyboard", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 500_000);
  await hook(page, "fork").click();
  await visible(page, "futures");
  await ask(page, "seek", 900_000);
  await hook(page, "fork").click();
  await hook(page, "future-0").click();
  assert.equal((await ask(page, "state")).future, 0);
  await settled(page);
  const depth = (i) => page.locator(`li:has(> [data-testid=future-${i}])`).getAttribute("class");
  assert.deepEqual([await depth(0), await depth(1), await depth(2)], ["deep-0", "deep-1", "deep-2"]);
  await beginName(page, 1);
  await page.keyboard.type("leader crashes");
  await page.keyboard.press("Enter");
  const focus = async () => {
    await settled(page);
    return page.evaluate(() => document.activeElement.dataset.testid);
  };
  await settled(page);
  assert.match(await hook(page, "future-1").innerText(), /leader crashes/);
  assert.equal(await focus(), "future-1", "the focus comes back to the future");
  await page.keyboard.press("ArrowDown");
  assert.equal(await focus(), "future-2");
  await page.keyboard.press("F2");
  await settled(page);
  await page.keyboard.type("never kept");
  await page.keyboard.press("Escape");
  assert.deepEqual([await focus(), (await ask(page, "state")).tree[2].name], ["future-2", "C"]);
  await page.keyboard.press("Enter");
  assert.equal((await ask(page, "state")).future, 2, "Enter shows it");
  await beginName(page, 2);
  await page.keyboard.type("leader crashes");
  await page.keyboard.press("Enter");
  await visible(page, "error");
  assert.equal((await ask(page, "state")).tree[2].name, "C", "no two have one name");
  assertQuiet(page);
  await page.context().close();
});

test("the help lists the keys of the walks", async () => {
  const page = await openScenario(site, "raft-election");
  await page.keyboard.press("?");
  const text = await (await visible(page, "dialog")).innerText();
  for (const what of ["Next message of what is selected", "Next change of this node"]) {
    assert.ok(text.includes(what), what);
  }
  await page.context().close();
});

test("axe-core finds nothing in the history, at any size, light or dark", async () => {
  const found = [];
  for (const size of ["desktop", "phone", "narrow"]) {
    const page = await opened({ viewport: SIZES[size] });
    await hook(page, "fork").click();
    await beginName(page, 1);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await barriers(page, `history, ${size}, ${colorScheme}`)));
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${size}: ${wide} px too wide`);
    await page.context().close();
  }
  assert.deepEqual([...new Set(found)], []);
});

test("of many futures the one that is shown is in sight", async () => {
  const page = await opened();
  for (let i = 0; i < 6; i += 1) await ask(page, "fork");
  const inSight = async (i) => {
    await settled(page);
    const [all, one] = [await hook(page, "futures").boundingBox(), await hook(page, `future-${i}`).boundingBox()];
    assert.ok(one.y >= all.y && one.y + one.height <= all.y + all.height, `${i}: ${JSON.stringify([all, one])}`);
  };
  await page.locator("[data-testid=future-6][aria-current]").waitFor();
  await inSight(6);
  await hook(page, "future-6").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.locator("[data-testid=future-0][aria-current]").waitFor();
  await inSight(0);
  await page.context().close();
});
