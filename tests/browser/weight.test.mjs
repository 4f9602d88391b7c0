// The page's weight: everything that it loads until the first scenario moves, each through gzip -9; and that
// the rest of the program comes after that, by itself.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { hook, PREFIX, SIZES, start, visible } from "./harness.mjs";
import { BUDGET, gzipped, OTHERS, SHARED, WHOLE, weigh } from "./size.mjs";

const REST = "faultline_rest.wasm";
let site;
before(async () => (site = await start()));
after(() => site.close());

// The page's own files that were asked for so far.
function loaded(page) {
  const own = page.requests.map((url) => new URL(url)).filter((url) => url.origin === new URL(site.base).origin);
  return [...new Set(own.map((url) => url.pathname.slice(PREFIX.length) || "index.html"))];
}

async function move(page) {
  await visible(page, "stage");
  // A link may lead far; then it moves by itself.
  await hook(page, "play").first().click();
  await page.waitForFunction(async () => (await globalThis.faultline.state()).time_us > 0, null, { polling: 50 });
}

const LINK = `#/x/${readFileSync("tests/golden/link-v1.txt", "utf8").trim()}`;
const WEIGHED = [
  ["#/s/raft-election", BUDGET],
  ["#/s/raft-nine", BUDGET],
  ["#/s/ring-election", OTHERS],
  ["#/s/link-stack", OTHERS],
  [LINK, SHARED],
];

for (const [route, budget] of WEIGHED) {
  test(`until ${route.slice(0, 20)} moves the page loads at most ${budget} bytes of gzip, then the rest by itself`, async () => {
    const page = await site.open(route);
    await move(page);
    const files = loaded(page);
    const weights = files.map((path) => [path, gzipped(readFileSync(`dist/${path}`))]);
    const total = weights.reduce((sum, [, gzip]) => sum + gzip, 0);
    console.log(`# page weight until ${route.slice(0, 20)} moves: ${total} bytes of gzip in ${files.length} files`);
    const list = weights.map(([path, gzip]) => `${path} ${gzip}`).join(", ");
    assert.ok(files.includes("faultline.wasm.lzma"), `no program among ${list}`);
    assert.ok(total <= budget, `${total} bytes of gzip: ${list}. tools/later.txt says what may wait`);
    await page.waitForRequest((request) => request.url().includes(REST), { timeout: 10_000 });
  });
}

test("from the gallery to a run of Raft, nothing of the rest is needed", async () => {
  const page = await site.open("#/");
  await visible(page, "gallery");
  assert.ok(!loaded(page).includes(REST), "the gallery needs the rest of the program");
});

test("what is asked for before the rest has come is done, and fetches it", async () => {
  const page = await site.open("#/s/raft-election");
  await visible(page, "stage");
  assert.ok(!loaded(page).includes(REST), "the rest came before it was needed: this test would prove nothing");
  const done = await page.evaluate(() => globalThis.faultline.load({ scenario: "two-generals", seed: 7 }));
  assert.equal(done.ok, true);
  assert.ok(loaded(page).includes("faultline_more.wasm.lzma"));
  const state = await page.evaluate(() => globalThis.faultline.state());
  assert.equal(state.nodes.length > 0, true);
});

test(`all files together weigh at most ${WHOLE} bytes of gzip`, () => {
  const total = weigh("dist").reduce((sum, { gzip }) => sum + gzip, 0);
  assert.ok(total <= WHOLE, `${total} bytes of gzip. ./dev build lists every file`);
});

// A stand-in that finds the rest missing fetches it at once, by a request that holds up the page: kind "xhr".
const WAYS = [
  ["#/s/raft-election", {}],
  ["#/s/raft-partition", { viewport: SIZES.phone, colorScheme: "dark", hasTouch: true }],
  ["#/s/raft-replication", { reducedMotion: "reduce" }],
  ["?embed=1#/s/raft-election", {}],
  ["?embed=1&ui=stage,time#/s/raft-recovery", { viewport: SIZES.narrow }],
  ["#/s/raft-nine", { viewport: SIZES.tablet }],
  ["#/s/two-generals", {}],
  ["#/s/raft-election?seed=5", {}],
  ["#/s/link-stack", { viewport: SIZES.phone }],
  ["#/s/ring-election?seed=9", { reducedMotion: "reduce" }],
  ["#/s/raft-election?heartbeat_ms=40", {}],
  [LINK, {}],
];

for (const [route, context] of WAYS) {
  test(`nothing holds up the page while ${route.slice(0, 40)} starts and moves (${JSON.stringify(context)})`, async () => {
    const held = [];
    const prepare = (page) =>
      page.on("request", (request) => {
        if (request.resourceType() === "xhr") held.push(request.url());
      });
    const page = await site.open(route, { ...context, prepare });
    await move(page);
    await page.waitForTimeout(3_000);
    assert.deepEqual(held, [], "the program asked for its rest in the middle of something");
  });
}
