// What a learner does to Raft with their hands: crash the leader, cut a link, see a new leader, fork,
// take it back. By pointer on the stage, and again by keyboard through the stage as text.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, clickLink, clickNode, leaderOf, led, openScenario, openTab, servers, settled, until } from "./hands.mjs";
import { scenarios } from "./tool.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

for (const { id } of scenarios().filter((s) => s.id.startsWith("raft-"))) {
  test(`${id}: a click crashes the leader, and another takes its place`, async () => {
    const page = await openScenario(site, id);
    const first = leaderOf(await led(page));
    await clickNode(page, first.id);
    await hook(page, "act-crash").click();
    const crashed = await ask(page, "state");
    assert.equal(crashed.nodes[first.id].status, "crashed");
    assert.equal(crashed.error, null);
    assert.equal(crashed.edits.length, 1);
    const next = leaderOf(await led(page, (s) => leaderOf(s).id !== first.id));
    assert.ok(next.epoch > first.epoch, "a new leader has a higher term");
    await hook(page, "act-recover").click();
    const back = await led(page, (s) => servers(s).every((n) => n.status === "up"));
    assert.ok(back.checks.every((c) => c.verdict !== "violated"), "a crash and a recovery break no promise");
    await takesBack(page);
    assertQuiet(page);
    await page.context().close();
  });
}

// Undo and redo by their buttons give the very runs that were there.
async function takesBack(page) {
  const [edits, hash] = [(await ask(page, "state")).edits.length, await ask(page, "hash")];
  await hook(page, "undo").click();
  assert.equal((await ask(page, "state")).edits.length, edits - 1);
  assert.notEqual(await ask(page, "hash"), hash, "without the edit it is another run");
  await hook(page, "redo").click();
  assert.equal((await ask(page, "state")).edits.length, edits);
  assert.equal(await ask(page, "hash"), hash, "redone it is the same run");
}

test("by keyboard alone: the text twin crashes the leader, and another takes its place", async () => {
  const page = await openScenario(site, "raft-election");
  const first = leaderOf(await led(page));
  await page.keyboard.press("Tab");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /stage as text/);
  await page.keyboard.press("Enter");
  await visible(page, "twin");
  await press(page, first.name);
  await press(page, "Crash");
  assert.equal((await ask(page, "state")).nodes[first.id].status, "crashed");
  const next = leaderOf(await led(page, (s) => leaderOf(s).id !== first.id));
  assert.ok(next.epoch > first.epoch);
  await press(page, "Recover");
  await until(page, "it recovers", (s) => s.nodes[first.id].status === "up");
  assertQuiet(page);
  await page.context().close();
});

// Moves the focus on until it is on the button of this name, and presses it.
async function press(page, name) {
  for (let i = 0; i < 80; i += 1) {
    const focused = await page.evaluate(() => document.activeElement?.textContent?.trim());
    if (focused === name) {
      await page.keyboard.press("Enter");
      return settled(page);
    }
    await page.keyboard.press("Tab");
  }
  return assert.fail(`the keyboard does not reach '${name}'`);
}

test("on the stage, the keyboard picks a node, its menu takes the focus, and Esc gives it back", async () => {
  const page = await openScenario(site, "raft-election");
  const first = leaderOf(await led(page));
  const node = hook(page, `node-${first.id}`);
  await node.focus();
  await page.keyboard.press("Enter");
  await visible(page, "stage-menu");
  assert.equal(await focused(page), "act-crash");
  await page.keyboard.press("Escape");
  await hook(page, "stage-menu").waitFor({ state: "detached" });
  assert.equal(await focused(page), `node-${first.id}`);
  await page.keyboard.press("Enter");
  await visible(page, "stage-menu");
  await page.keyboard.press("Enter");
  assert.equal((await ask(page, "state")).nodes[first.id].status, "crashed");
  assertQuiet(page);
  await page.context().close();
});

async function focused(page) {
  await settled(page);
  return page.evaluate(() => document.activeElement?.dataset.testid);
}

test("a click on a link cuts it, one way or both, and restores it", async () => {
  const page = await openScenario(site, "raft-election");
  const leader = leaderOf(await led(page)).id;
  const other = (leader + 1) % 5;
  await clickLink(page, leader, other);
  await settled(page);
  assert.equal(await hook(page, `link-${leader}-${other}`).getAttribute("aria-pressed"), "true");
  await hook(page, "act-cut").click();
  const one = await ask(page, "state");
  assert.deepEqual(cuts(one), [`${leader}-${other}`]);
  await hook(page, "act-cut-both").click();
  const both = new Set(cuts(await ask(page, "state")));
  assert.deepEqual(both, new Set([`${leader}-${other}`, `${other}-${leader}`]));
  // Nothing of the leader's comes through any more: the one behind the cut stands itself.
  const { time_us } = await ask(page, "state");
  const later = await ask(page, "seek", time_us + 2_000_000);
  assert.ok(later.nodes[other].epoch > one.nodes[other].epoch, "cut off from the leader, it must stand");
  await hook(page, "act-restore-both").click();
  assert.equal((await ask(page, "state")).error, null);
  assertQuiet(page);
  await page.context().close();
});

// The directions that some edit has cut.
function cuts(state) {
  return state.edits.filter((e) => e.do === "link" && e.set.cut).map((e) => `${e.from}-${e.to}`);
}

test("a fork keeps both futures, and each can be looked at again", async () => {
  const page = await openScenario(site, "raft-election");
  const first = leaderOf(await led(page));
  await hook(page, "fork").click();
  const forked = await until(page, "it forks", (s) => s.futures === 2);
  assert.equal(forked.future, 1);
  await clickNode(page, first.id);
  await hook(page, "act-crash").click();
  await led(page, (s) => leaderOf(s).id !== first.id);
  const crashed = await ask(page, "hash");
  await page.getByRole("button", { name: /^Future A/ }).click();
  const quiet = await ask(page, "seek", (await ask(page, "state")).time_us);
  assert.deepEqual([quiet.future, quiet.edits.length, quiet.nodes[first.id].status], [0, 0, "up"]);
  await page.getByRole("button", { name: /^Future B/ }).click();
  assert.equal(await ask(page, "hash"), crashed, "the other future is as it was left");
  assertQuiet(page);
  await page.context().close();
});

test("nodes are separated by the dialog and healed by a button", async () => {
  const page = await openScenario(site, "raft-partition");
  await led(page);
  await page.keyboard.press("p");
  const dialog = await visible(page, "dialog");
  await dialog.getByRole("button", { name: "S1", exact: true }).click();
  await dialog.getByRole("button", { name: "S2", exact: true }).click();
  await hook(page, "separate").click();
  const walled = await ask(page, "state");
  assert.deepEqual(walled.edits[0].groups[0], [0, 1]);
  await openTab(page, "Text");
  await hook(page, "twin").getByRole("button", { name: "Heal network" }).click();
  assert.equal((await ask(page, "state")).edits[1].do, "heal");
  assertQuiet(page);
  await page.context().close();
});

test("a message is picked from the text twin and dropped", async () => {
  const page = await openScenario(site, "raft-election");
  await led(page);
  let state = await ask(page, "state");
  for (let i = 0; i < 200 && state.in_flight.length === 0; i += 1) state = await ask(page, "step", 1);
  const [message] = state.in_flight;
  await openTab(page, "Text");
  await hook(page, "twin").locator(".log").getByRole("button").first().click();
  await hook(page, "twin").getByRole("button", { name: "Drop", exact: true }).click();
  // It is lost here and now: at this very moment, as the next event.
  const { in_flight, edits, time_us } = await ask(page, "step", 1);
  assert.equal(time_us, state.time_us);
  assert.deepEqual([edits[0].do, edits[0].msg], ["drop", message.id]);
  assert.ok(in_flight.every((m) => m.id !== message.id), "it is still on its way");
  assertQuiet(page);
  await page.context().close();
});
