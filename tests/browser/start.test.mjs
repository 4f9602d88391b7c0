// What stands on screen before the program has come: a text to read, with every scenario, that the program takes the
// place of without moving anything.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, SIZES, start, visible } from "./harness.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// Lets the page wait for its program until `go` is called.
function hold() {
  let go;
  const held = new Promise((done) => (go = done));
  const prepare = (page) =>
    page.route(/faultline_bg\.wasm/, async (route) => {
      await held;
      await route.continue();
    });
  return { prepare, go };
}

// Where and what the headings and cards are.
const seen = (page) =>
  page.locator(".hero h1, .says p, .path a, .chapter h2, .card").evaluateAll((all) =>
    all.map((e) => {
      const { x, y, width, height } = e.getBoundingClientRect();
      return [e.textContent, e.getAttribute("href"), ...[x, y, width, height].map(Math.round)].join(" ");
    }),
  );

for (const [viewport, colorScheme] of [
  [SIZES.desktop, "light"],
  [SIZES.phone, "dark"],
]) {
  test(`every scenario can be read before the program has come, and then nothing moves (${viewport.width}, ${colorScheme})`, async () => {
    const { prepare, go } = hold();
    const page = await site.open("#/", { prepare, viewport, colorScheme });
    const text = page.locator(".start");
    await text.waitFor({ state: "visible" });
    assert.match(await page.locator("#boot-status").innerText(), /Starting the simulator/);
    await assertAccessible(page, "the text before the program");
    const before = await seen(page);
    assert.ok(before.length > 10, before.join("\n"));
    go();
    await visible(page, "gallery");
    assert.equal(await text.count(), 0);
    assert.deepEqual(await seen(page), before);
    assertQuiet(page);
    await page.context().close();
  });
}

test("an address of a scenario is named, and its part asked for, before the program has come", async () => {
  const { prepare, go } = hold();
  const page = await site.open("#/s/two-generals?seed=3", { prepare });
  await page.getByText("Opening: Two generals").waitFor();
  const asked = () => page.requests.filter((url) => /split_(two_generals|shared_\d+)\.wasm/.test(url)).length;
  await page.waitForFunction(() => document.querySelectorAll("link[rel=preload]").length > 2);
  const before = asked();
  assert.ok(before >= 2, `${before}`);
  go();
  await visible(page, "stage");
  assert.equal(asked(), before, "what was fetched ahead is fetched again");
  assertQuiet(page);
  await page.context().close();
});

test("an embed shows its name and what it opens, not the list of all scenarios", async () => {
  const { prepare, go } = hold();
  const page = await site.open("?embed=1&theme=dark#/s/two-generals", { prepare });
  await page.getByText("Opening: Two generals").waitFor();
  assert.equal(await page.locator(".start").isVisible(), false);
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  go();
  await visible(page, "stage");
  assertQuiet(page);
  await page.context().close();
});

test("without JavaScript the list of scenarios can be read all the same", async () => {
  const page = await site.open("#/", { javaScriptEnabled: false });
  assert.ok(await page.locator("a.card[href='#/s/raft-election']").isVisible());
  assert.equal(await hook(page, "gallery").count(), 0);
  await page.context().close();
  page.complaints = [];
});
