// Bad input: one sentence that names what and where, in the element `error` and the live region; the
// run on screen and its edits stay.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, drawn, errorOf, eventually, holds, openScenario } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// A page with a run of which something has been made: two edits and a moment.
async function busy() {
  const page = await openScenario(site, "raft-election", { options: "?seed=9" });
  await ask(page, "seek", 600_000);
  await ask(page, "edit", { do: "crash", node: 3 });
  await ask(page, "edit", { do: "links", set: { loss_ppm: 50_000 } });
  await ask(page, "seek", 800_000);
  return page;
}

// Fails unless what `act` does is refused in one sentence that matches, and changes nothing.
async function refuses(page, what, pattern, act) {
  // Another verb clears the sentence before.
  await ask(page, "pause");
  const before = await run(page);
  const answer = await act();
  // A changed address is heard of some time after.
  const said = await eventually(async () => {
    const said = await errorOf(page);
    assert.match(said, pattern, what);
    return said;
  });
  assert.match(said, /^[\p{Lu}'"‘“0-9][^\n]*[.?!]$/u, `${what}: no sentence: '${said}'`);
  await page.waitForFunction(
    (said) => document.querySelector("[data-testid=live]").textContent.trim() === said,
    said,
  );
  assert.deepEqual(await run(page), before, `${what}: the run on screen changed`);
  return answer;
}

async function run(page) {
  const { scenario, seed, time_us, events, edits, futures } = await ask(page, "state");
  return { scenario, seed, time_us, events, edits, futures, hash: await ask(page, "hash") };
}

const go = (page, hash) => () => page.evaluate((hash) => void (location.hash = hash), hash);

test("an address that is none leaves the run on screen", async () => {
  const page = await busy();
  const routes = [
    ["#/s/raft-electoin", /no scenario 'raft-electoin'.*raft-election/],
    ["#/q/x", /'#\/q\/x' is no place here/],
    ["#/s/raft-election?seed=-4", /seed.*'-4'/],
    ["#/s/raft-election?servers=many", /servers.*many/],
    ["#/s/raft-election?servers=5000", /servers.*5000/],
    ["#/s/raft-election?nonsense=1", /nonsense/],
    ["#/x/1AAAA", /link/],
    ["#/x/7abc", /version 7/],
    ["#/x/hello", /link/],
  ];
  for (const [route, pattern] of routes) await refuses(page, route, pattern, go(page, route));
  assertQuiet(page);
  await page.context().close();
});

test("an address that is none, opened at first, leads to the gallery and says why", async () => {
  for (const [route, pattern] of [
    ["#/s/nowhere", /no scenario 'nowhere'/],
    ["#/x/1damaged", /link/],
    ["#//%%", /no place here|no scenario/],
  ]) {
    const page = await site.open(route);
    await visible(page, "gallery");
    assert.match(await errorOf(page), pattern, route);
    assertQuiet(page);
    await page.context().close();
  }
});

test("a link that was damaged in one character is told from a good one", async () => {
  const page = await busy();
  const link = await ask(page, "link");
  const payload = link.split("#/x/")[1];
  for (const at of [1, 5, 40, payload.length - 1]) {
    const other = payload[at] === "A" ? "B" : "A";
    const damaged = payload.slice(0, at) + other + payload.slice(at + 1);
    await refuses(page, `place ${at}`, /link/, go(page, `#/x/${damaged}`));
  }
  await refuses(page, "cut short", /link/, go(page, `#/x/${payload.slice(0, -9)}`));
  await page.context().close();
});

test("a setting out of range, or outside the timing contract, is refused by name", async () => {
  const page = await busy();
  const edit = (edit) => () => ask(page, "edit", edit);
  const constant = (us) => ({ kind: "constant", us });
  await refuses(page, "loss", /loss/i, edit({ do: "links", set: { loss_ppm: 1_000_001 } }));
  await refuses(page, "total loss", /loss|cut/i, edit({ do: "links", set: { loss_ppm: 1_000_000 } }));
  await refuses(page, "a field", /los_ppm/, edit({ do: "links", set: { los_ppm: 3 } }));
  await ask(page, "edit", {
    do: "timing",
    timing: { model: "synchronous", delay_us: 50_000, step_us: 1_000, drift_ppm: 1_000 },
  });
  const state = await ask(page, "state");
  assert.equal(state.error, null);
  assert.equal(state.edits.length, 3);
  await refuses(page, "delay", /50 ms/, edit({ do: "links", set: { delay: constant(80_000) } }));
  await page.context().close();
});

test("a fault's target that is not there is named", async () => {
  const page = await busy();
  const edit = (edit) => () => ask(page, "edit", edit);
  const unknown = await refuses(page, "node", /node 77/, edit({ do: "crash", node: 77 }));
  assert.ok(unknown.error.code && unknown.error.message);
  await refuses(page, "message", /Message 999999/, edit({ do: "drop", msg: 999_999 }));
  await refuses(page, "link", /no node 9/, edit({ do: "link", from: 0, to: 9, set: { cut: true } }));
  await refuses(page, "twice", /crashed|not running/i, edit({ do: "crash", node: 3 }));
  await refuses(page, "fault", /'?explode'?/, edit({ do: "explode" }));
  await page.context().close();
});

test("what is no scenario is not loaded", async () => {
  const page = await busy();
  for (const [what, pattern] of [
    [17, /17/],
    [null, /load/],
    ["raft-election", /raft-election/],
    [[], /load|scenario/],
    [{}, /scenario/],
    [{ scenario: "nowhere" }, /nowhere/],
    [{ scenario: "raft-election", sede: 4 }, /sede/],
    [{ scenario: "raft-election", seed: -1 }, /-1/],
    [{ scenario: "raft-election", params: { servers: 1e6 } }, /servers/],
    [{ scenario: "raft-election", edits: [{ at_us: 0, do: "crash", node: 50 }] }, /node 50/],
  ]) {
    const answer = await refuses(page, JSON.stringify(what), pattern, () => ask(page, "load", what));
    assert.deepEqual(Object.keys(answer.error).sort(), ["code", "message"]);
  }
  assertQuiet(page);
  await page.context().close();
});

test("a seed that is none is refused where it is typed", async () => {
  const page = await busy();
  await refuses(page, "seed", /seed.*'seven'/, async () => {
    await hook(page, "seed").fill("seven");
    await hook(page, "seed").press("Enter");
  });
  await page.context().close();
});

test("a verb's argument that is no number is refused", async () => {
  const page = await busy();
  for (const verb of ["seek", "step", "back"]) {
    const answer = await refuses(page, verb, /number/, () => ask(page, verb, "soon"));
    assert.equal(answer.error.code, "bad-argument");
  }
  await page.context().close();
});

test("a panic in a protocol says what broke, and the way back is the run without it", async () => {
  const page = await openScenario(site, "test-panic");
  await ask(page, "seek", 100_000);
  await ask(page, "edit", { do: "pause", node: 1 });
  await ask(page, "edit", { do: "request", node: 0, request: "panic" });
  await holds(page, async () => (await globalThis.faultline.link()) === location.href);
  const hash = await ask(page, "hash");
  await ask(page, "step", 1).catch(() => {});
  assert.match(await errorOf(page), /broke: a bug on purpose.*hidden\/panic\.rs:\d+/);
  page.complaints = [];
  await page.getByRole("button", { name: "Start again with this run" }).click();
  await drawn(page);
  assert.equal(await ask(page, "hash"), hash, "the run is back, just before it broke");
  assert.equal((await ask(page, "state")).edits.length, 2);
  assertQuiet(page);
  await page.context().close();
});
