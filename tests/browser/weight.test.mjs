// The page's weight: everything that it loads until a scenario moves, each file through gzip -9.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { hook, PREFIX, start, visible } from "./harness.mjs";
import { CEILING, gzipped } from "./size.mjs";

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

for (const route of ["#/s/raft-election", "#/s/ring-election", "#/s/link-stack", LINK]) {
  test(`until ${route.slice(0, 20)} moves the page loads at most ${CEILING} bytes of gzip`, async () => {
    const page = await site.open(route);
    await move(page);
    const weights = loaded(page).map((path) => [path, gzipped(readFileSync(`dist/${path}`))]);
    const total = weights.reduce((sum, [, gzip]) => sum + gzip, 0);
    console.log(`# page weight until ${route.slice(0, 20)} moves: ${total} bytes of gzip in ${weights.length} files`);
    const list = weights.map(([path, gzip]) => `${path} ${gzip}`).join(", ");
    assert.ok(weights.some(([path]) => path === "faultline_bg.wasm"), `no program among ${list}`);
    assert.ok(total <= CEILING, `${total} bytes of gzip: ${list}`);
  });
}
