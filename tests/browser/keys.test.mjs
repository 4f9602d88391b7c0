// The keyboard, the dialogs, less motion, and the page inside another page.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, eventually, frames, led, leaderOf, openScenario, openTab, settled, until } from "./hands.mjs";

const TABS = ["Link", "Node", "Timing", "Checks", "Log", "Text"];

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const focused = (page) => page.evaluate(() => document.activeElement?.dataset.testid);

test("every key of the table does what the help says", async () => {
  const page = await openScenario(site, "raft-election");
  const key = (name) => page.keyboard.press(name);
  await key("ArrowRight");
  await key("ArrowRight");
  assert.equal((await ask(page, "state")).events, 2, "→ is the next event");
  await key("ArrowLeft");
  assert.equal((await ask(page, "state")).events, 1, "← is the previous event");
  const { speed } = await ask(page, "state");
  await key("]");
  const faster = (await ask(page, "state")).speed;
  assert.ok(faster > speed, "] is faster");
  await key("[");
  await key("[");
  assert.ok((await ask(page, "state")).speed < speed, "[ is slower");
  await key("Space");
  await until(page, "Space plays", (s) => s.playing);
  await key("Space");
  await until(page, "Space pauses", (s) => !s.playing);
  await key("f");
  assert.equal((await ask(page, "state")).futures, 2, "F forks");
  await ask(page, "edit", { do: "crash", node: 0 });
  await key("u");
  assert.equal((await ask(page, "state")).edits.length, 0, "U takes back");
  await key("y");
  assert.equal((await ask(page, "state")).edits.length, 1, "Y does it after all");
  await key("r");
  const reset = await ask(page, "state");
  assert.deepEqual([reset.events, reset.edits.length, reset.futures], [0, 0, 1], "R begins again");
  assertQuiet(page);
  await page.context().close();
});

test("Esc lets go of what is selected", async () => {
  const page = await openScenario(site, "raft-election");
  await hook(page, "node-0").focus();
  await page.keyboard.press("Enter");
  await visible(page, "stage-menu");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("Escape");
  await hook(page, "stage-menu").waitFor({ state: "detached" });
  await page.context().close();
});

test("keys do nothing while somebody types", async () => {
  const page = await openScenario(site, "raft-election");
  await hook(page, "seed").focus();
  await page.keyboard.type("frp? []");
  assert.match(await hook(page, "seed").inputValue(), /frp\? \[\]$/);
  const state = await ask(page, "state");
  assert.deepEqual([state.futures, state.events, state.playing], [1, 0, false]);
  assert.equal(await hook(page, "dialog").count(), 0);
  await page.context().close();
});

test("keys can be switched off, and stay off", async () => {
  const page = await openScenario(site, "raft-election");
  await page.keyboard.press("?");
  await page.getByLabel("Keys without a modifier are on").uncheck();
  await page.keyboard.press("Escape");
  await hook(page, "dialog").waitFor({ state: "detached" });
  await page.keyboard.press("f");
  assert.equal((await ask(page, "state")).futures, 1);
  await page.reload();
  await visible(page, "node-0");
  await page.keyboard.press("f");
  assert.equal((await ask(page, "state")).futures, 1, "after a reload they are on again");
  assertQuiet(page);
  await page.context().close();
});

for (const [name, opener, way] of [
  ["help", "help", "?"],
  ["share", "share", "button"],
  ["embed", "embed", "button"],
  ["separate", "play", "p"],
]) {
  test(`the dialog ${name} keeps the focus, gives it back, and axe-core finds nothing`, async () => {
    const page = await openScenario(site, "raft-election");
    await ask(page, "edit", { do: "crash", node: 1 });
    await hook(page, opener).focus();
    await page.keyboard.press(way === "button" ? "Enter" : way);
    await visible(page, "dialog");
    for (let i = 0; i < 30; i += 1) {
      const outside = await page.evaluate(() => {
        const at = document.activeElement;
        return at !== document.body && !at.closest("dialog") ? at.outerHTML.slice(0, 80) : "";
      });
      assert.equal(outside, "", `after ${i} tabs the focus is outside`);
      await page.keyboard.press("Tab");
    }
    const found = [];
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await barriers(page, `${name}, ${colorScheme}`)));
    }
    assert.deepEqual(found, []);
    await page.keyboard.press("Escape");
    await hook(page, "dialog").waitFor({ state: "detached" });
    await eventually(async () => assert.equal(await focused(page), opener, "the focus is where it was"));
    assertQuiet(page);
    await page.context().close();
  });
}

test("axe-core finds nothing in any page of the inspector, with something selected and an error shown", async () => {
  const page = await openScenario(site, "raft-election");
  const leader = leaderOf(await led(page)).id;
  await ask(page, "edit", { do: "crash", node: leader });
  await ask(page, "edit", { do: "partition", groups: [[0, 1], [2, 3, 4]] });
  await hook(page, `node-${leader}`).focus();
  await page.keyboard.press("Enter");
  await visible(page, "stage-menu");
  await ask(page, "edit", { do: "crash", node: 99 });
  await visible(page, "error");
  const found = [];
  for (const tab of TABS) {
    await openTab(page, tab);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await barriers(page, `${tab}, ${colorScheme}`)));
    }
  }
  assert.deepEqual([...new Set(found)], []);
  assertQuiet(page);
  await page.context().close();
});

test("arrows walk through the tabs of the inspector and nowhere else", async () => {
  const page = await openScenario(site, "raft-election");
  await page.getByRole("tab", { name: "Link" }).focus();
  for (const name of [...TABS.slice(1), TABS[0]]) {
    await page.keyboard.press("ArrowRight");
    await settled(page);
    const now = page.getByRole("tab", { selected: true });
    assert.match(await now.innerText(), new RegExp(name));
  }
  assert.equal((await ask(page, "state")).events, 0, "an arrow in the tabs is no step in time");
  await page.context().close();
});

test("every target on the page is 24 pixels or more", async () => {
  const page = await openScenario(site, "raft-election", { viewport: SIZES.phone });
  const small = await page.evaluate(() =>
    [...document.querySelectorAll("button, select, input:not([type=checkbox], [type=radio], [type=range]), label")]
      .map((e) => [e.getAttribute("aria-label") ?? e.textContent, e.getBoundingClientRect()])
      .filter(([, r]) => r.width > 0 && (r.width < 24 || r.height < 24))
      .map(([name, r]) => `${name}: ${r.width.toFixed(0)} x ${r.height.toFixed(0)}`),
  );
  assert.deepEqual(small, []);
  await page.context().close();
});

test("under prefers-reduced-motion a run is paused at the start, even where it is to play", async () => {
  const open = (reducedMotion) => openScenario(site, "raft-election", { search: "?autoplay=1", reducedMotion });
  const [paused, plays] = [await open("reduce"), await open("no-preference")];
  await until(plays, "it plays", (state) => state.playing && state.time_us > 0);
  // Opened before the other, which moves by now.
  await frames(paused);
  const { playing, time_us } = await ask(paused, "state");
  assert.deepEqual([playing, time_us], [false, 0]);
  for (const page of [paused, plays]) await page.context().close();
});

test("the live region says one sentence an event when time goes step by step", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 300_000);
  const said = new Set();
  for (let i = 0; i < 5; i += 1) {
    await hook(page, "step").click();
    await settled(page);
    said.add(await hook(page, "live").innerText());
  }
  assert.ok(said.size > 1 && ![...said].includes(""), [...said].join(" / "));
  await page.context().close();
});
