// What has not happened says why not and opens a second future in which it does; a broken promise rings its nodes and asks
// "What if not?".

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, PATIENCE, SIZES, start, visible } from "./harness.mjs";
import { ask, eventually, openScenario, until } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// Three servers of which two are down, so that nobody is elected.
async function leaderless(options = {}) {
  const page = await openScenario(site, "raft-election", { options: "?servers=3&seed=1", ...options });
  await ask(page, "edit", { do: "crash", node: 1 });
  await ask(page, "edit", { do: "crash", node: 2 });
  await ask(page, "seek", 2_000_000);
  await page.locator("#tab-Checks").click();
  await visible(page, "whynot");
  return page;
}

test("nobody is elected: the answer names who is down, and in a second future there is a leader", async () => {
  const page = await leaderless();
  const list = hook(page, "whynot");
  assert.match(await list.innerText(), /S1 is not elected for term \d+\.\s+Why not\?/);
  await list.locator("button").first().focus();
  await page.keyboard.press("Enter");
  await visible(page, "whynot-answer");
  const said = await hook(page, "whynot-answer").innerText();
  assert.match(said, /votes, of more than half: 1 of 2/);
  assert.match(said, /S2 is down/);
  assert.match(said, /S3 is down/);
  // What stood in the way is an event, and picks it.
  await hook(page, "whynot-answer").locator(".witness").first().click();
  await visible(page, "why");
  await page.locator("#tab-Checks").click();
  await hook(page, "mend").click();
  const state = await until(page, "a leader in the second future", (s) => s.nodes.some((n) => n.role === "leader"));
  assert.equal(state.futures, 2, "what was shown is kept");
  assert.equal(state.beside, 0, "and stands beside");
  await ask(page, "pause");
  assert.deepEqual(await barriers(page), []);
  assertQuiet(page);
  await page.context().close();
});

test("who may only watch is told why, and offered nothing", async () => {
  const page = await openScenario(site, "raft-election", { search: "?embed=1&lock=1&ui=stage,time,inspector", options: "?servers=3&seed=1" });
  await ask(page, "seek", 100_000);
  await eventually(async () => {
    if ((await page.locator("#tab-Checks").count()) > 0) await page.locator("#tab-Checks").click();
    assert.equal(await hook(page, "whynot").count(), 1);
  });
  await hook(page, "whynot").locator("button").first().click();
  await visible(page, "whynot-answer");
  assert.match(await hook(page, "whynot-answer").innerText(), /waits: its timer/);
  assert.equal(await hook(page, "mend").count(), 0);
  assertQuiet(page);
  await page.context().close();
});

// S1 is elected by S2, crashes, forgets that it voted, and votes for S3.
async function forgottenVote(context) {
  const page = await openScenario(site, "raft-election", { options: "?servers=3&clients=0&seed=0&mutant=forget-vote", ...context });
  const leap = (node) => ({ do: "clock-jump", node, by_us: 300_000 });
  const cut = (cut) => ({ do: "link", from: 0, to: 2, set: { cut } });
  const edits = [
    [0, { do: "links", set: { delay: { kind: "constant", us: 10_000 } } }],
    [0, cut(true)],
    [1, leap(0)],
    [60, cut(false)],
    [60, { do: "crash", node: 0 }],
    [61, { do: "recover", node: 0 }],
    [62, leap(2)],
  ];
  for (const [ms, edit] of edits) {
    await ask(page, "seek", ms * 1_000);
    await ask(page, "edit", edit);
  }
  return page;
}

for (const [name, viewport] of [["tablet", SIZES.tablet], ["phone", SIZES.phone]]) {
  test(`a forgotten vote stops play, rings who voted, shows the crash, and asks what if not (${name})`, async () => {
    const page = await forgottenVote({ viewport });
    await hook(page, "play").click();
    await visible(page, "what-if");
    await eventually(async () => assert.equal((await ask(page, "state")).playing, false));
    for (const node of [0, 1, 2]) await hook(page, `broken-${node}`).waitFor({ state: "attached", timeout: PATIENCE });
    const said = await hook(page, "checks").innerText();
    assert.match(said, /S1 crashes/);
    assert.match(said, /S1 recovers from its disk/);
    assert.match(await hook(page, "what-if").innerText(), /What if this rule were kept/);
    assert.deepEqual(await barriers(page), []);
    await hook(page, "what-if").click();
    await until(page, "another future beside", (s) => s.futures === 2 && s.beside === 1);
    assertQuiet(page);
    await page.context().close();
  });
}

test("a candidate shows its votes, of how many it needs", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=1" });
  await eventually(async () => {
    const { nodes } = await ask(page, "step", 1);
    assert.ok(nodes.some((n) => n.role === "candidate"));
  });
  const candidate = (await ask(page, "state")).nodes.findIndex((n) => n.role === "candidate");
  assert.match(await hook(page, `node-${candidate}`).textContent(), /candidate · votes \d of 3/);
  await page.context().close();
});
