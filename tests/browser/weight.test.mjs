// The page's weight, each file through gzip -9: what it loads until a scenario moves, and what comes later.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { hook, PREFIX, start, visible } from "./harness.mjs";
import { FIRST, LATER, PROTOCOL, gzipped, isKeeping, isProtocol, partOf, scenarioParts, weigh, WHOLE } from "./size.mjs";

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
  // What speaks with scripts comes with the details.
  await page.waitForFunction(() => Number(document.querySelector(".scrub").value) > 0, null, { polling: 50 });
}

// The details come a moment after the first frame, and with them what writes links and what these share: here they never
// do, which shows that it moves without them, however late it moves. A shared run is read by the latter two.
const without = (parts) => (page) => page.route(parts, () => {});

const LINK = `#/x/${readFileSync("tests/golden/link-v1.txt", "utf8").trim()}`;

for (const route of ["#/s/raft-election", "#/s/ring-election", "#/s/link-stack", "#/s/two-generals", LINK]) {
  const most = route === LINK ? FIRST + LATER.text + LATER.later : FIRST;
  test(`until ${route.slice(0, 20)} moves the page loads at most ${most} bytes of gzip, and one protocol`, async () => {
    const later = route === LINK ? ["details"] : ["details", "text", "later"];
    const page = await site.open(route, { prepare: without(new RegExp(`split_(shared_)?(${later.join("|")})\\.wasm`)) });
    await move(page);
    const all = loaded(page).filter((path) => !later.includes(partOf(path)));
    // What the details share with others comes along with them, and not before it moves. And on a slow machine the page may have stood
    // for so long that it is kept for when there is no network.
    const own = scenarioParts("dist").find((parts) => parts.some((part) => isProtocol(part) && all.includes(part))) ?? [];
    const files = all.filter((path) => !isKeeping(path) && (route === LINK || partOf(path) !== "shared" || own.includes(path)));
    const weights = files.map((path) => [path, gzipped(readFileSync(`dist/${path}`))]);
    const total = weights.reduce((sum, [, gzip]) => sum + gzip, 0);
    console.log(`# page weight until ${route.slice(0, 20)} moves: ${total} bytes of gzip in ${weights.length} files`);
    const list = weights.map(([path, gzip]) => `${path} ${gzip}`).join(", ");
    assert.ok(files.includes("faultline_bg.wasm"), `no program among ${list}`);
    assert.equal(files.filter(isProtocol).length, 1, `not one protocol among ${list}`);
    assert.ok(total <= most, `${total} bytes of gzip: ${list}`);
    await page.context().close();
  });
}

test(`a protocol weighs at most ${PROTOCOL} bytes of gzip, what comes later ${Object.values(LATER).join(" and ")}`, () => {
  const parts = weigh("dist").filter(({ path }) => partOf(path));
  assert.ok(parts.length > 2, "the program is not in parts");
  for (const { path, gzip } of parts) {
    const ceiling = LATER[partOf(path)] ?? PROTOCOL;
    assert.ok(gzip <= ceiling, `${path}: ${gzip} bytes of gzip, ${ceiling} are allowed`);
  }
});

test("the whole program as one script has a ceiling of its own", () => {
  const { gzip } = weigh("dist").find(({ path }) => path.endsWith("whole.js"));
  assert.ok(gzip <= WHOLE, `whole.js weighs ${gzip}`);
});

test("every file of dist/ is one that a page may load", () => {
  const known = /(?:cards\/[\w-]+\.svg|index\.html|icon\.svg|icon-\d+\.png|manifest\.webmanifest|\w+\.css|(?:boot|translated|worker|whole|embed|embedded|install|offline|faultline|__wasm_split)\.js|faultline_bg\.wasm|split_\w+\.wasm)$/;
  const others = weigh("dist").filter(({ path }) => !known.test(path));
  assert.deepEqual(others, [], "it would be loaded and not be weighed");
});
