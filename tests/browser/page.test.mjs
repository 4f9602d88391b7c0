// The page itself: it opens, it is quiet, it stays at home, and everyone can read it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, scenarioRoutes, SIZES, start, visible } from "./harness.mjs";

const SCENARIOS = [
  "raft-election",
  "raft-replication",
  "raft-partition",
  "raft-recovery",
  "raft-nine",
  "ring-election",
  "link-stack",
  "two-generals",
];

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("the page opens on the gallery, quietly, and asks nothing of another host", async () => {
  const page = await site.open("");
  await visible(page, "gallery");
  assertQuiet(page);
  assert.equal(await hook(page, "error").count(), 0);
});

test("the gallery links to every scenario of the first release", async () => {
  const page = await site.open("#/");
  const routes = await scenarioRoutes(page);
  for (const id of SCENARIOS) assert.ok(routes.includes(`#/s/${id}`), `${id} is not in the gallery`);
});

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`axe-core finds nothing on the gallery, ${colorScheme}, ${size}`, async () => {
      const page = await site.open("#/", { viewport, colorScheme });
      await visible(page, "gallery");
      await assertAccessible(page);
      assertQuiet(page);
    });
  }
}

test("at 320 pixels nothing has to be scrolled sideways", async () => {
  const page = await site.open("#/", { viewport: SIZES.narrow });
  await visible(page, "gallery");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= SIZES.narrow.width, `the page is ${wide} pixels wide`);
});
