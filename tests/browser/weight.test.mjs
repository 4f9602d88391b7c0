// The page's weight: everything that it loads until the first scenario moves, each through gzip -9.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { hook, PREFIX, start, visible } from "./harness.mjs";
import { BUDGET, gzipped, LIMIT } from "./size.mjs";

test(`until the first scenario moves the page loads at most ${LIMIT} bytes of gzip (budget ${BUDGET})`, async (t) => {
  const site = await start();
  t.after(() => site.close());
  const page = await site.open("#/s/raft-election");
  await visible(page, "stage");
  await hook(page, "play").first().click();
  await page.waitForFunction(async () => (await globalThis.faultline.state()).time_us > 0, null, { polling: 100 });
  const paths = [...new Set(page.requests.map((url) => new URL(url)))]
    .filter((url) => url.origin === new URL(site.base).origin)
    .map((url) => url.pathname.slice(PREFIX.length) || "index.html");
  const weights = [...new Set(paths)].map((path) => [path, gzipped(readFileSync(`dist/${path}`))]);
  const total = weights.reduce((sum, [, gzip]) => sum + gzip, 0);
  const over = Math.max(0, total - BUDGET);
  console.log(`# page weight: ${total} bytes of gzip in ${weights.length} files, ${over} over the budget`);
  const list = weights.map(([path, gzip]) => `${path} ${gzip}`).join(", ");
  assert.ok(total <= LIMIT, `${total} bytes of gzip: ${list}. ./dev build lists every file`);
  assert.ok(weights.some(([path]) => path.endsWith(".wasm")), `no wasm among ${list}`);
});
