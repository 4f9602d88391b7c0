// The landing page: a cluster that runs and invites one action, by mouse, touch and keyboard; the course below it, with a
// picture from each scenario's own run, searched, and marked with what was done.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, PATIENCE, SIZES, start, visible } from "./harness.mjs";
import { ask, eventually, frames } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const LEADER = ".live .node.prominent:not(.down)";

// Opens the landing page and waits until its cluster is on stage, with somebody in charge.
async function landed(options = {}) {
  const page = await site.open("#/", options);
  await visible(page, "cluster");
  await page.locator(LEADER).waitFor({ timeout: PATIENCE });
  return page;
}

// Waits until whoever is in charge is another than `old`, a testid; who that is.
async function another(page, old) {
  const leader = page.locator(`${LEADER}:not([data-testid=${old}])`);
  await leader.waitFor({ timeout: PATIENCE });
  return leader.getAttribute("data-testid");
}

const leaderOf = (page) => page.locator(LEADER).getAttribute("data-testid");

// From now on keeps what is said under the stage, in `globalThis.captions`.
function keepCaptions(page) {
  return page.evaluate(() => {
    globalThis.captions = [];
    const element = document.querySelector("[data-testid=cluster-caption]");
    const note = () => globalThis.captions.at(-1) === element.textContent || globalThis.captions.push(element.textContent);
    new MutationObserver(note).observe(element, { childList: true, characterData: true, subtree: true });
  });
}

// The pixels that are drawn on the canvas of the stage, as one number.
const drawn = (page) =>
  page.locator(".live canvas").evaluate((canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return data.reduce((sum, value, i) => (sum + value * ((i % 8191) + 1)) % 1_000_000_007, 0);
  });

const acts = {
  mouse: async (page) => page.locator(`${LEADER} .disc`).click(),
  touch: async (page) => page.locator(`${LEADER} .disc`).tap(),
  keyboard: async (page) => {
    await page.locator(LEADER).focus();
    await page.keyboard.press("Enter");
  },
  button: async (page) => hook(page, "stop-leader").click(),
};

for (const [how, act] of Object.entries(acts)) {
  test(`whoever stops the leader sees another elected, and is told so, by ${how}`, async () => {
    const phone = how === "touch" ? { viewport: SIZES.phone, hasTouch: true } : {};
    const page = await landed(phone);
    await keepCaptions(page);
    assert.match(await hook(page, "invites").innerText(), /Click the leader/);
    const first = await leaderOf(page);
    await act(page);
    await page.locator(`.live [data-testid=${first}].down`).waitFor({ timeout: PATIENCE });
    assert.notEqual(await another(page, first), first);
    await eventually(async () => assert.match(await hook(page, "cluster-caption").innerText(), /leads term 2/));
    const captions = (await page.evaluate(() => globalThis.captions)).join(" | ");
    assert.match(captions, /crashes.* pass.*stands for term 2/, captions);
    await assertAccessible(page, "a leader was stopped");
    // And it can be brought back, which takes the crown from nobody.
    await hook(page, "bring-back").click();
    await page.locator(`.live [data-testid=${first}]:not(.down)`).waitFor({ timeout: PATIENCE });
    await hook(page, "bring-back").waitFor({ state: "detached" });
    assert.notEqual(await leaderOf(page), first);
    assertQuiet(page);
    await page.context().close();
  });
}

test("it moves within a second of the program's start, and can be stopped", async () => {
  const page = await landed();
  const began = await page.evaluate(() => Math.round(performance.now()));
  console.log(`# the cluster stands with a leader ${began} ms after the page was asked for`);
  const before = await drawn(page);
  await eventually(async () => assert.notEqual(await drawn(page), before));
  await hook(page, "cluster-play").click();
  await page.getByRole("button", { name: "Play" }).waitFor();
  const still = await drawn(page);
  await frames(page, 20);
  assert.equal(await drawn(page), still);
  await hook(page, "cluster-play").click();
  await eventually(async () => assert.notEqual(await drawn(page), still));
  assertQuiet(page);
  await page.context().close();
});

test("under reduced motion it stands still until something is done, and again when another leads", async () => {
  const page = await landed({ reducedMotion: "reduce" });
  await page.getByRole("button", { name: "Play" }).waitFor();
  const still = await drawn(page);
  await frames(page, 20);
  assert.equal(await drawn(page), still);
  const first = await leaderOf(page);
  await hook(page, "stop-leader").click();
  await another(page, first);
  await page.getByRole("button", { name: "Play" }).waitFor({ timeout: PATIENCE });
  assertQuiet(page);
  await page.context().close();
});

test("the full stage shows the very moment, with what was done", async () => {
  const page = await landed();
  await page.waitForFunction(() => globalThis.faultline && document.querySelector("[data-testid=looked]"), null, { timeout: PATIENCE });
  const first = await leaderOf(page);
  await hook(page, "stop-leader").click();
  await page.locator(`.live [data-testid=${first}].down`).waitFor({ timeout: PATIENCE });
  await eventually(async () => {
    // What writes links comes a moment after the page.
    await hook(page, "full-stage").click();
    await visible(page, "stage");
  });
  const state = await ask(page, "state");
  assert.equal(state.scenario, "raft-election");
  assert.ok(state.time_us > 0, "it begins where it was left");
  assert.equal(state.edits.length, 1);
  assert.equal(state.nodes[Number(first.slice("node-".length))].status, "crashed");
  await page.goBack();
  await page.locator(LEADER).waitFor({ timeout: PATIENCE });
  assertQuiet(page);
  await page.context().close();
});

test("a stage that is small takes neither the keys nor the names of the page's own", async () => {
  const page = await landed();
  assert.equal(await hook(page, "stage").count(), 0);
  await page.keyboard.press("Space");
  assert.equal(await ask(page, "state"), null);
  assertQuiet(page);
  await page.context().close();
});

test("the course is searched by title, summary, protocol and chapter", async () => {
  const page = await landed();
  const all = await page.locator(".card").count();
  const ids = () => page.locator(".card").evaluateAll((cards) => cards.map((c) => c.getAttribute("href").slice(4)));
  await hook(page, "search").fill("partition raft");
  await eventually(async () => assert.deepEqual(await ids(), ["raft-partition"]));
  assert.equal(await hook(page, "found").innerText(), "1 scenario");
  await hook(page, "search").fill("Remote calls");
  await eventually(async () => assert.ok((await ids()).includes("queue")));
  await hook(page, "search").fill("nothing like it");
  await eventually(async () => assert.match(await hook(page, "found").innerText(), /^Nothing/));
  assert.equal((await ids()).length, 0);
  await assertAccessible(page, "a search that found nothing");
  await hook(page, "search").fill("");
  await eventually(async () => assert.equal((await ids()).length, all));
  assertQuiet(page);
  await page.context().close();
});

test("each card has a picture of its own; it says where to start and what was done", async () => {
  const prepare = (page) => page.addInitScript(() => localStorage.setItem("faultline.course", "raft-election raft-partition"));
  const page = await landed({ prepare });
  const sources = await page.locator(".card img").evaluateAll((all) => all.map((i) => i.getAttribute("src")));
  assert.equal(new Set(sources).size, await page.locator(".card").count());
  for (const image of await page.locator(".card img").all()) {
    await image.scrollIntoViewIfNeeded();
    await eventually(async () => assert.ok(await image.evaluate((i) => i.complete && i.naturalWidth > 0)));
  }
  const flags = await page.locator(".card").evaluateAll((all) => all.map((c) => [c.getAttribute("href").slice(4), c.querySelector(".flag")?.textContent]));
  const marked = Object.fromEntries(flags.filter(([, flag]) => flag));
  assert.deepEqual(marked, { "raft-election": "✓ done", "two-generals": "Start here", "raft-partition": "✓ done" });
  assertQuiet(page);
  await page.context().close();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`the page does not move while its cluster lives, and is not wider than its window, ${size}`, async () => {
    const page = await landed({ viewport });
    const place = () => page.locator(".find").evaluate((e) => Math.round(e.getBoundingClientRect().top + scrollY));
    const before = await place();
    const first = await leaderOf(page);
    await hook(page, "stop-leader").click();
    await page.locator(`.live [data-testid=${first}].down`).waitFor({ timeout: PATIENCE });
    assert.equal(await place(), before, "while nobody leads");
    await another(page, first);
    assert.equal(await place(), before, "when another leads");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= viewport.width, `the page is ${wide} pixels wide`);
    assertQuiet(page);
    await page.context().close();
  });
}
