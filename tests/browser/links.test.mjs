// Sharing as two people meet it: one copies a link, the other opens it and sees the same run, to the
// bit; and whatever else stands behind `#/x/` is refused at once, by its own sentence, and changes
// nothing on screen.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, drawn, errorOf, holds, openScenario, until } from "./hands.mjs";
import { payload } from "./link_kit.mjs";
import { hashOfLink, scenarios, tool } from "./tool.mjs";

// How long the page may work on a refusal, in milliseconds.
const SOON = 300;

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// What two people must see alike.
async function seen(page) {
  const { scenario, seed, time_us, events, edits, speed, checks, nodes } = await ask(page, "state");
  return { scenario, seed, time_us, events, edits, speed, checks, nodes, hash: await ask(page, "hash") };
}

// Opens a link where nothing was open, and waits until it has come to its moment.
async function follow(link, time_us) {
  const page = await site.open(link.slice(site.base.length));
  await drawn(page);
  await until(page, "the moment of the link", (state) => state.time_us >= time_us);
  return page;
}

test("the hash after opening a link is the hash before sharing, for every scenario", async () => {
  const page = await site.open("#/");
  await visible(page, "gallery");
  for (const { id } of scenarios()) {
    await page.evaluate((hash) => void (location.hash = hash), `#/s/${id}?seed=21`);
    await until(page, `${id} is open`, (state) => state?.scenario === id && state.edits.length === 0);
    await drawn(page);
    await ask(page, "seek", 300_000);
    await ask(page, "edit", { do: "crash", node: 1 });
    await ask(page, "step", 5);
    await ask(page, "edit", { do: "recover", node: 1 });
    await ask(page, "seek", 1_100_000);
    await ask(page, "back", 3);
    const mine = await seen(page);
    const link = await ask(page, "link");
    assert.ok(link.length - site.base.length <= 500, `${id}: ${link.length} characters`);
    const other = await follow(link, mine.time_us);
    assert.deepEqual(await seen(other), mine, id);
    assert.equal(await ask(other, "link"), link, `${id}: shared again, the link is the same`);
    await other.reload();
    await drawn(other);
    assert.deepEqual(await seen(other), mine, `${id}: after a reload`);
    assert.equal(hashOfLink(link), mine.hash, `${id}: in the tool`);
    assertQuiet(other);
    await other.context().close();
  }
  assertQuiet(page);
  await page.context().close();
});

test("a link shows what its maker was looking at", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=9" });
  await ask(page, "seek", 500_000);
  await page.getByRole("tab", { name: "Log" }).click();
  const link = await ask(page, "link");
  const other = await follow(link, 500_000);
  await visible(other, "log");
  assert.equal(await other.getByRole("tab", { name: "Log" }).getAttribute("aria-selected"), "true");
  for (const p of [page, other]) await p.context().close();
});

test("links of every kind that was ever made open to the same run", async () => {
  const lines = readFileSync(new URL("../share_cases.txt", import.meta.url), "utf8").trim().split("\n");
  const some = lines.filter((line, i) => /^(look|fault)\/|staged/.test(line) && i % 6 === 0);
  assert.ok(some.length > 8);
  const page = await site.open("#/");
  for (const line of some) {
    const [name, hash, link] = line.split(" ");
    await page.evaluate((hash) => void (location.hash = hash), `#/x/${link}`);
    await drawn(page);
    await holds(page, async (hash) => (await globalThis.faultline.hash()) === hash, hash).catch(
      async () => assert.equal(await ask(page, "hash"), hash, name),
    );
  }
  assertQuiet(page);
  await page.context().close();
});

// A ring in which a message that nobody knows goes round without delay: whichever seed has such luck.
function cycle() {
  const edits = [
    { at_us: 0, do: "link", from: 0, to: 1, set: { model: "arbitrary", corrupt_ppm: 1_000_000 } },
    { at_us: 100_000, do: "links", set: { corrupt_ppm: 0, delay: { kind: "constant", us: 0 } } },
  ];
  for (let r = 0; r < 200; r += 1) {
    const link = payload(JSON.stringify({ s: "ring-election", r, t: 2_000_000, e: edits }));
    try {
      tool("hash", `#/x/${link}`);
    } catch (error) {
      if (/cycle without delay/.test(error.stderr)) return link;
    }
  }
  return assert.fail("no seed of two hundred");
}

function badLinks() {
  const run = (fields) => payload(`{"s":"raft-nine",${fields}}`);
  const good = payload('{"s":"raft-nine","r":3}');
  const damaged = payload('{"s":"raft-nine","r":3}', { check: 77 });
  return [
    ["of a newer version", `3${good.slice(1)}`, /version 3/],
    ["truncated", good.slice(0, -8), /cut short/],
    ["damaged", damaged, /damaged on its way/],
    ["no base64", `${good.slice(0, 9)}.${good.slice(10)}`, /place 10/],
    ["no DEFLATE", `1${Buffer.alloc(40, 255).toString("base64url")}`, /cannot be unpacked/],
    ["longer than its end", payload('{"s":"raft-nine"}', { after: "more" }), /goes on after its end/],
    ["a bomb", payload(`{"s":"${" ".repeat(4_000_000)}"}`), /unpacks to more than 524288 bytes/],
    ["deep", payload(`{"s":${"[".repeat(100_000)}`), /more than 127 deep/],
    ["NaN", run('"t":NaN'), /NaN/],
    ["turned", payload('{"s":"raft-\u202enine"}'), /direction of reading/],
    ["of a billion nodes", run('"p":{"servers":1000000000}'), /from 3 to 199/],
    ["of a billionth node", run('"e":[{"at_us":1,"do":"crash","node":1000000000}]'), /from 0 to 65535/],
    ["of no scenario", payload('{"s":"nowhere"}'), /no scenario 'nowhere'/],
    ["of no fault", run('"e":[{"at_us":1,"do":"sing"}]'), /edits\[0\]\.do: there is no 'sing'/],
    ["without delay", cycle(), /never gets on/],
  ];
}

// Follows a hash and waits until the page says something: what it says, and for how many milliseconds its main thread
// worked until then. That thread's own time, which a busy machine does not disturb.
async function refusedAfter(page, devtools, hash) {
  const worked = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return 1e3 * metrics.find(({ name }) => name === "TaskDuration").value;
  };
  const before = await worked();
  await page.evaluate((hash) => void (location.hash = hash), hash);
  const said = await errorOf(page);
  return { said, ms: (await worked()) - before };
}

test("a hostile link gets its own sentence at once and changes nothing on screen", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=9" });
  await ask(page, "seek", 600_000);
  await ask(page, "edit", { do: "crash", node: 3 });
  await ask(page, "seek", 800_000);
  const mine = await seen(page);
  const sentences = new Set();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  for (const [what, link, pattern] of badLinks()) {
    let best = Infinity;
    for (let i = 0; i < 3 && best > SOON; i += 1) {
      // Another verb clears the sentence before.
      await ask(page, "pause");
      await page.evaluate(() => history.replaceState(null, "", "#/"));
      const { said, ms } = await refusedAfter(page, devtools, `#/x/${link}`);
      assert.match(said, pattern, what);
      assert.match(said, /^[\p{Lu}'"][^\n]*[.?!]$/u, `${what}: '${said}'`);
      sentences.add(said);
      best = Math.min(best, ms);
    }
    assert.ok(best <= SOON, `a link that is ${what} was refused after ${best} ms of work`);
    assert.deepEqual(await seen(page), mine, `a link that is ${what} changed the run on screen`);
    assert.ok(await hook(page, "stage").isVisible());
  }
  assert.ok(sentences.size >= badLinks().length, "each has its own");
  assertQuiet(page);
  await page.context().close();
});
