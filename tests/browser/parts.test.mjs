// A part of the program that comes late, cut short, as 404 or as a page of HTML, as after a deploy: it is said in words,
// there is a way on, the run stays and time goes on.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, drawn, errorOf, holds, openScenario, until } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const file = (part) => new RegExp(`split_${part}\\.wasm`);

// What a server may send instead of a part.
const WAYS = {
  "as 404": () => ({ status: 404, contentType: "text/plain", body: "not found" }),
  "as HTML": () => ({ status: 200, contentType: "text/html", body: "<!doctype html><title>welcome</title>" }),
  "cut short": (part) => ({ contentType: "application/wasm", body: readFileSync(`dist/split_${part}.wasm`).subarray(0, 5_000) }),
};
const spoilt = (part, way) => (page) => page.route(file(part), (route) => route.fulfill(WAYS[way](part)));

// The browser's own complaints about what was spoilt.
function forgive(page) {
  page.complaints = page.complaints.filter((text) => !/split_|WebAssembly|Failed to load resource/.test(text));
  assertQuiet(page);
}

const clock = async (page) => Number((await page.locator(".clock b").innerText()).replace(" s", ""));

// Time goes on, as whoever looks at the page sees it.
async function assertGoesOn(page) {
  const before = await clock(page);
  await hook(page, "play").click();
  await page.waitForFunction((before) => Number(document.querySelector(".clock b").textContent.replace(" s", "")) > before, before);
  await hook(page, "pause").click();
}

// Asks for what is missing again; whatever was done before may have asked already, and then the button is gone.
const again = (page) => page.evaluate(() => document.querySelector("[data-testid=retry]")?.click());

for (const way of Object.keys(WAYS)) {
  test(`details that come ${way} are missed in words; time goes on, and they come when they are asked for again`, async () => {
    const page = await openScenario(site, "raft-election", { prepare: spoilt("details", way) });
    assert.match(await errorOf(page), /could not be loaded: the diagram/);
    await assertAccessible(page, `details ${way}`);
    await assertGoesOn(page);
    const at = await clock(page);
    await page.unroute(file("details"));
    await again(page);
    await visible(page, "diagram");
    await hook(page, "error").waitFor({ state: "detached" });
    assert.ok(Math.abs((await ask(page, "state")).time_us / 1e6 - at) < 0.1, "the run has stayed");
    forgive(page);
    await page.context().close();
  });

  test(`a protocol that comes ${way} is missed in words; the page loaded again shows the run that stayed`, async () => {
    const page = await openScenario(site, "raft-election", { prepare: spoilt("link_stack", way) });
    await ask(page, "seek", 700_000);
    await ask(page, "edit", { do: "crash", node: 1 });
    const run = await ask(page, "hash");
    await page.evaluate(() => void (location.hash = "#/s/link-stack"));
    assert.match(await errorOf(page), /The protocol link-stack could not be loaded/);
    assert.equal(await ask(page, "hash"), run);
    assert.equal(page.url(), await ask(page, "link"), "the address is the run's");
    await hook(page, "reload").click();
    await page.waitForFunction(() => !document.querySelector("[data-testid=error]"));
    await drawn(page);
    await until(page, "the run is there", (s) => s.edits.length === 1 && s.time_us === 700_000);
    assert.equal(await ask(page, "hash"), run);
    forgive(page);
    await page.context().close();
  });
}

test("what writes links and cannot be had is missed in words; when it comes, the address follows", async () => {
  const page = await openScenario(site, "raft-election", { prepare: spoilt("text", "as 404") });
  assert.match(await errorOf(page), /could not be loaded: what writes links/);
  await visible(page, "diagram");
  await hook(page, "step").click();
  await page.unroute(file("text"));
  await again(page);
  await hook(page, "error").waitFor({ state: "detached" });
  await holds(page, async () => location.href === (await globalThis.faultline.link()));
  assert.equal((await ask(page, "state")).events, 1);
  forgive(page);
  await page.context().close();
});

test("what is long in coming is said, and may be waited for or not", async () => {
  let go;
  const held = new Promise((done) => (go = done));
  const late = (page) =>
    page.route(file("details"), async (route) => {
      await held;
      await route.continue();
    });
  const page = await openScenario(site, "raft-election", { prepare: late });
  await page.getByText("The diagram is coming.").waitFor();
  await page.getByText("It takes long.").first().waitFor();
  await visible(page, "reload");
  await assertGoesOn(page);
  go();
  await visible(page, "diagram");
  await hook(page, "reload").first().waitFor({ state: "detached" });
  assertQuiet(page);
  await page.context().close();
});
