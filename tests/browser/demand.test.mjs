// Protocols on demand: a scenario waits for its protocol, what is on screen stays until it is here, and one that cannot
// be had is said and asked for again. The same for the details of the page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ask, drawn, errorOf, frames, holds, openScenario, settled } from "./hands.mjs";
import { assertAccessible, assertQuiet, hook, SIZES, start, visible } from "./harness.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const asked = (page, part) => page.requests.filter((url) => url.includes(`split_${part}.wasm`)).length;
const LINKS = /split_link_stack\.wasm/;
const DETAILS = /split_details\.wasm/;
const broken = (pattern) => (page) => page.route(pattern, (route) => route.abort("internetdisconnected"));

// The browser's own complaints about what was made to fail.
function forgive(page) {
  page.complaints = page.complaints.filter((text) => !/ERR_INTERNET_DISCONNECTED|Failed to fetch/.test(text));
}

test("a scenario loads its own protocol and no other; the others come by themselves when the page has stood", async () => {
  const page = await openScenario(site, "ring-election");
  assert.deepEqual(["ring_election", "raft", "link_stack"].map((part) => asked(page, part)), [1, 0, 0]);
  await page.waitForRequest((request) => LINKS.test(request.url()), { timeout: 15_000 });
  assertQuiet(page);
  await page.context().close();
});

test("where the reader saves data nothing comes by itself", async () => {
  const saving = (page) => page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));
  const page = await openScenario(site, "ring-election", { prepare: saving });
  await frames(page, 400);
  assert.equal(asked(page, "link_stack"), 0);
  await page.context().close();
});

test("an embed that may only run scripts gets its protocol, and the page's details", async () => {
  const inside = `<!doctype html><title>a page that embeds</title><link rel="icon" href="data:,">
<iframe title="embed" sandbox="allow-scripts" width="900" height="600" src="/some/path/?embed=1&ui=stage,log#/s/link-stack"></iframe>`;
  const other = await start({ extra: { "/embedding": inside } });
  const page = await other.open("/embedding");
  const frame = page.frameLocator("iframe");
  await frame.getByTestId("node-0").waitFor({ state: "visible", timeout: 15_000 });
  await frame.getByRole("tab", { name: "Log" }).click();
  await frame.getByTestId("log-rows").waitFor({ state: "attached", timeout: 15_000 });
  assertQuiet(page);
  await other.close();
});

test("a protocol that cannot be had is said, the run stays, and comes when it is asked for again", async () => {
  const page = await openScenario(site, "raft-election", { prepare: broken(LINKS) });
  await ask(page, "seek", 700_000);
  const before = await ask(page, "hash");
  await page.evaluate(() => void (location.hash = "#/s/link-stack?seed=5"));
  assert.match(await errorOf(page), /The protocol link-stack could not be loaded/);
  assert.equal(await ask(page, "hash"), before);
  await assertAccessible(page, "a protocol is missing");
  await hook(page, "retry").click();
  assert.match(await errorOf(page), /The protocol link-stack could not be loaded/);
  await page.unroute(LINKS);
  await hook(page, "retry").click();
  await holds(page, async () => (await globalThis.faultline.state())?.scenario === "link-stack");
  assert.equal((await ask(page, "state")).seed, 5);
  assert.equal(await hook(page, "error").count(), 0);
  forgive(page);
  assertQuiet(page);
  await page.context().close();
});

test("an address whose protocol cannot be had opens the gallery, and says so", async () => {
  const page = await site.open("#/s/link-stack", { prepare: broken(LINKS) });
  await visible(page, "gallery");
  assert.match(await errorOf(page), /The protocol link-stack could not be loaded/);
  await page.unroute(LINKS);
  await hook(page, "retry").click();
  await drawn(page);
  forgive(page);
  assertQuiet(page);
  await page.context().close();
});

test("load waits for the protocol; where it cannot be had it answers so, and the run stays", async () => {
  const page = await openScenario(site, "raft-election", { prepare: broken(LINKS) });
  const refused = await ask(page, "load", { scenario: "link-stack", seed: 3 });
  assert.equal(refused.error.code, "part-away");
  assert.match(refused.error.message, /could not be loaded/);
  assert.equal((await ask(page, "state")).scenario, "raft-election");
  await page.unroute(LINKS);
  assert.deepEqual(await ask(page, "load", { scenario: "link-stack", seed: 3 }), { ok: true });
  assert.equal((await ask(page, "state")).scenario, "link-stack");
  forgive(page);
  assertQuiet(page);
  await page.context().close();
});

test("whatever is opened while a protocol is coming takes its place", async () => {
  let go;
  const held = new Promise((done) => (go = done));
  const late = (page) =>
    page.route(LINKS, async (route) => {
      await held;
      await route.continue();
    });
  const page = await openScenario(site, "raft-election", { prepare: late });
  await page.evaluate(() => void (location.hash = "#/s/link-stack"));
  await visible(page, "coming");
  await page.evaluate(() => void (location.hash = "#/s/raft-nine"));
  await holds(page, async () => (await globalThis.faultline.state()).scenario === "raft-nine");
  const came = page.waitForEvent("requestfinished", (request) => LINKS.test(request.url()));
  go();
  await came;
  await settled(page);
  assert.equal((await ask(page, "state")).scenario, "raft-nine");
  assert.equal(await hook(page, "coming").count(), 0);
  assertQuiet(page);
  await page.context().close();
});

test("the details come under the hands of the reader, and take nothing out of them", async () => {
  let go;
  const held = new Promise((done) => (go = done));
  const late = (page) =>
    page.route(DETAILS, async (route) => {
      await held;
      await route.continue();
    });
  const page = await openScenario(site, "raft-nine", { prepare: late });
  await page.setViewportSize(SIZES.phone);
  await hook(page, "seed").focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("12");
  const stage = await hook(page, "stage").elementHandle();
  const busy = () => page.evaluate(() => document.querySelector("#panel").ariaBusy);
  assert.equal(await busy(), "true", "the panel says that it is not whole");
  go();
  await visible(page, "diagram");
  assert.equal(await busy(), null);
  await page.keyboard.type("34");
  await settled(page);
  const focused = await page.evaluate(() => [document.activeElement.dataset.testid, document.activeElement.value]);
  assert.deepEqual(focused, ["seed", "1234"], "what was begun can be ended");
  assert.ok(await stage.evaluate((e) => e.isConnected), "the stage was made anew");
  // The window became narrow before anybody heard of it.
  await hook(page, "embed").waitFor({ state: "detached" });
  assertQuiet(page);
  await page.context().close();
});

for (const [where, what] of [["#/", "gallery"], ["#/s/raft-election", "stage"]]) {
  test(`the details of the page that cannot be had are missed when they are needed, and then asked for again, ${what}`, async () => {
    let failed;
    const prepare = (page) => {
      failed = page.waitForEvent("requestfailed", (request) => DETAILS.test(request.url()));
      return broken(DETAILS)(page);
    };
    const page = await site.open(where, { prepare });
    await visible(page, what);
    await failed;
    if (what === "gallery") {
      await frames(page);
      assert.equal(await hook(page, "error").count(), 0, "nothing needs them yet");
      await hook(page, "help").click();
    }
    // Around a stage the diagram is missing.
    assert.match(await errorOf(page), /A part of this page could not be loaded/);
    await page.unroute(DETAILS);
    await hook(page, "help").click();
    await visible(page, "dialog");
    await hook(page, "error").waitFor({ state: "detached" });
    forgive(page);
    assertQuiet(page);
    await page.context().close();
  });
}
