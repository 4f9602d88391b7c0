// window.faultline, as teachers' scripts use it: every verb, the shapes of its answers, and hashes and
// links that agree with the command-line tool's to the digit.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, start, visible } from "./harness.mjs";
import { ask, drawn, openScenario } from "./hands.mjs";
import { hashes, hashOfLink, scenarios } from "./tool.mjs";

const SEEDS = [0, 7, 4_294_967_296];
// Long enough for what the settings of lessons on one protocol tell apart.
const MS = 4_000;

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// Every scenario under a few seeds, left alone and in trouble.
function openings() {
  const edits = [
    { at_us: 200_000, do: "crash", node: 0 },
    { at_us: 300_000, do: "link", from: 1, to: 0, set: { model: "fair-loss", loss_ppm: 250_000 } },
    { at_us: 400_000, do: "partition", groups: [[0], [1]] },
    { at_us: 700_000, do: "heal" },
    { at_us: 800_000, do: "recover", node: 0 },
  ];
  return scenarios().flatMap(({ id: scenario }) =>
    SEEDS.flatMap((seed) => [
      { scenario, seed },
      { scenario, seed, edits },
    ]),
  );
}

test("hash() is the tool's for every scenario under several seeds, with edits and without", async () => {
  const page = await openScenario(site, "raft-election");
  const all = openings();
  const expected = hashes(all, MS);
  // Every run differs from every other, but for lessons on one protocol with the same settings.
  const settings = new Map(scenarios().map(({ id, protocol, params }) => [id, JSON.stringify([protocol, params])]));
  const kinds = new Map();
  for (const [i, { scenario, seed, edits }] of all.entries()) {
    const kind = `${settings.get(scenario)} ${seed} ${Boolean(edits)}`;
    assert.equal(kinds.get(expected[i]) ?? kind, kind, "another run has this hash");
    kinds.set(expected[i], kind);
  }
  for (const [i, opening] of all.entries()) {
    const what = JSON.stringify(opening);
    assert.deepEqual(await ask(page, "load", opening), { ok: true }, what);
    await ask(page, "seek", MS * 1_000);
    assert.equal(await ask(page, "hash"), expected[i], what);
  }
  assertQuiet(page);
  await page.context().close();
});

test("an edit made by a verb is the edit of a file, and by another way to the same moment", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=5" });
  await ask(page, "seek", 400_000);
  await ask(page, "edit", { do: "crash", node: 2 });
  await ask(page, "seek", 300_000);
  await ask(page, "edit", { do: "links", set: { loss_ppm: 100_000 } });
  await ask(page, "seek", MS * 1_000);
  const edits = [
    { at_us: 300_000, do: "links", set: { loss_ppm: 100_000 } },
    { at_us: 400_000, do: "crash", node: 2 },
  ];
  const state = await ask(page, "state");
  assert.deepEqual(state.edits.map(({ at_us, do: what }) => [at_us, what]), [[300_000, "links"], [400_000, "crash"]]);
  const [expected] = hashes([{ scenario: "raft-election", seed: 5, edits }], MS);
  assert.equal(await ask(page, "hash"), expected);
  await page.context().close();
});

test("link() opens to the same run, here, after a reload, and in the tool", async () => {
  const page = await openScenario(site, "raft-replication", { options: "?seed=11" });
  await ask(page, "seek", 900_000);
  await ask(page, "edit", { do: "crash", node: 1 });
  await ask(page, "step", 40);
  const [hash, before] = [await ask(page, "hash"), await ask(page, "state")];
  const link = await ask(page, "link");
  assert.equal(typeof link, "string", JSON.stringify(link));
  assert.ok(link.startsWith(site.base) && link.length < 500 + site.base.length, `${link.length} characters`);
  const other = await site.open(link.slice(site.base.length));
  await drawn(other);
  assert.equal(await ask(other, "hash"), hash, "in another window");
  await page.reload();
  await drawn(page);
  assert.equal(await ask(page, "hash"), hash, "after a reload");
  const after = await ask(page, "state");
  assert.deepEqual([after.time_us, after.events, after.edits], [before.time_us, before.events, before.edits]);
  await page.context().close();
  await other.context().close();
  assert.equal(hashOfLink(link), hash, "in the tool");
});

test("every verb answers with a promise of plain data", async () => {
  const page = await openScenario(site, "raft-election");
  const verbs = await page.evaluate(() => Object.keys(globalThis.faultline).sort());
  assert.deepEqual(verbs, "back edit fork hash link load pause play seek state step".split(" "));
  const promises = await page.evaluate(() => globalThis.faultline.state() instanceof Promise);
  assert.ok(promises);
  assert.deepEqual(await ask(page, "load", { scenario: "raft-nine", seed: 3, params: { servers: 7 } }), { ok: true });
  const state = await ask(page, "state");
  assert.deepEqual([state.time_us, state.events, state.playing], [0, 0, false]);
  assert.equal(state.nodes.filter((n) => !n.client).length, 7);
  for (const check of state.checks) assert.ok(["holding", "pending"].includes(check.verdict), check.name);
  assert.equal((await ask(page, "play")).playing, true);
  assert.equal((await ask(page, "pause")).playing, false);
  const { events } = await ask(page, "seek", 500_000);
  assert.equal((await ask(page, "step", 5)).events, events + 5);
  assert.equal((await ask(page, "back", 2)).events, events + 3);
  assert.equal((await ask(page, "step")).events, events + 4);
  assert.equal((await ask(page, "fork")).futures, 2);
  const flying = (await untilFlying(page)).in_flight[0];
  const fields = "id from to kind label sent_us due_us held".split(" ");
  for (const field of fields) assert.ok(field in flying, `in_flight[0].${field}`);
  await ask(page, "edit", { do: "pause", node: 1 });
  assert.equal((await ask(page, "state")).nodes[1].status, "paused");
  assertQuiet(page);
  await page.context().close();
});

async function untilFlying(page) {
  let state = await ask(page, "state");
  for (let i = 0; i < 300 && state.in_flight.length === 0; i += 1) state = await ask(page, "step", 1);
  return state;
}

test("in the gallery a verb has nothing to work on, and says so", async () => {
  const page = await site.open("#/");
  await visible(page, "gallery");
  assert.equal(await ask(page, "state"), null);
  assert.equal(await ask(page, "hash"), null);
  assert.equal((await ask(page, "link")).error.code, "nothing-open");
  assert.deepEqual(await ask(page, "load", { scenario: "two-generals" }), { ok: true });
  await drawn(page);
  await page.context().close();
});

test("an argument that asks for the state while it is read gets its answer, and nothing breaks", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 300_000);
  const [inner, outer] = await page.evaluate(async () => {
    let asked;
    const odd = {
      toJSON() {
        asked = window.faultline.state();
        return { do: "crash", node: 1 };
      },
    };
    const outer = await window.faultline.edit(odd);
    return [await asked, outer];
  });
  assert.deepEqual([inner.edits.length, outer.edits.length], [0, 1]);
  assertQuiet(page);
  await page.context().close();
});

test("a locked page takes another run neither from a script nor by R, and still moves", async () => {
  const page = await openScenario(site, "raft-election", { search: "?embed=1&lock=1" });
  await ask(page, "seek", 500_000);
  const before = await ask(page, "hash");
  const loaded = await ask(page, "load", { scenario: "two-generals" });
  assert.deepEqual([loaded.error.code, loaded.error.message], ["locked", "this run may be watched, not replaced"]);
  await page.keyboard.press("r");
  assert.equal(await ask(page, "hash"), before);
  assert.equal((await ask(page, "seek", 0)).time_us, 0);
  await page.context().close();
});
