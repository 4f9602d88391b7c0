// The inspector begins with what can be done; a message that is picked holds time; a near miss cuts nothing; a crashed node
// shows what it lost; and on a phone the verdict and what is unusual stay in sight, with the stage where it was.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, PATIENCE, SIZES, start, visible } from "./harness.mjs";
import { ask, clickLink, clickNode, eventually, led, leaderOf, openScenario, openTab, settled, until } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("while nothing is picked the inspector says what can be done here, and leads there", async () => {
  const page = await openScenario(site, "raft-election");
  const here = await visible(page, "here");
  assert.match(await here.innerText(), /Pick a node[^]*Pick a link[^]*Pick a message/);
  await assertAccessible(page, "what can be done here");
  await here.getByRole("button", { name: "S2", exact: true }).click();
  await visible(page, "stage-menu");
  assert.match(await page.getByRole("tab", { selected: true }).innerText(), /Node/);
  await page.keyboard.press("Escape");
  await openTab(page, "Link");
  await visible(page, "here");
  await clickLink(page, 0, 1);
  await hook(page, "here").waitFor({ state: "detached" });
  assertQuiet(page);
  await page.context().close();
});

test("it offers the protocol's own requests, and what is asked is an edit", async () => {
  const page = await openScenario(site, "raft-election");
  await visible(page, "here");
  await hook(page, "ask-set").getByRole("button").click();
  const state = await until(page, "the request", (s) => s.edits.length === 1);
  assert.match(JSON.stringify(state.edits), /request/);
  assertQuiet(page);
  await page.context().close();
});

test("the protocol's settings have their meaning; a change begins the run anew and is a chip", async () => {
  const page = await openScenario(site, "raft-election");
  await visible(page, "here");
  await hook(page, "settings").locator("summary").click();
  const heartbeat = hook(page, "set-heartbeat_ms");
  assert.match(await heartbeat.innerText(), /Heartbeat/);
  assert.equal(await heartbeat.getByRole("spinbutton").inputValue(), "50");
  await heartbeat.getByRole("spinbutton").fill("80");
  await page.keyboard.press("Enter");
  await page.getByTestId("unusual").getByText("heartbeat 80 ms", { exact: false }).waitFor({ timeout: PATIENCE });
  assert.match(await heartbeat.innerText(), /usually 50 ms/);
  await assertAccessible(page, "the settings");
  await heartbeat.getByRole("spinbutton").fill("0");
  await page.keyboard.press("Enter");
  assert.match(await (await visible(page, "error")).innerText(), /from 1 to/);
  assertQuiet(page);
  await page.context().close();
});

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`a rule is left out, which a chip says; verdict and chip are in sight, and the stage has not moved, ${size}`, async () => {
    const page = await openScenario(site, "raft-election", { viewport });
    const box = () => hook(page, "stage").evaluate((e) => {
      const { x, y, width, height } = e.getBoundingClientRect();
      return [x, y + scrollY, width, height].map(Math.round);
    });
    const before = await box();
    await visible(page, "leave-out");
    const rule = await hook(page, "leave-out").locator("option").nth(1).getAttribute("value");
    await hook(page, "leave-out").selectOption(rule);
    await visible(page, "unusual");
    await settled(page);
    assert.deepEqual(await box(), before, "the stage has moved");
    for (const id of ["verdict", "unusual"]) {
      const chip = await hook(page, id).boundingBox();
      assert.ok(chip.x >= 0 && chip.x + chip.width <= viewport.width + 1, `${id} lies at ${chip.x}, ${chip.width} wide`);
      assert.ok(chip.width > 60, `${id} is ${chip.width} wide`);
    }
    assert.match(await hook(page, "unusual").getAttribute("title"), /^Left out: /);
    await assertAccessible(page, "a rule is left out");
    // A wall is another chip.
    await ask(page, "edit", { do: "partition", groups: [[0], [1, 2, 3, 4]] });
    await settled(page);
    assert.deepEqual(await box(), before, "the stage has moved for a wall");
    assertQuiet(page);
    await page.context().close();
  });
}

// A run that plays slowly while a message is on its way.
async function flying(options = {}) {
  const page = await openScenario(site, "raft-election", { options: "?speed=0.001", ...options });
  await led(page);
  await until(page, "a message on its way", (s) => s.in_flight.length > 0 || (void ask(page, "step", 1), false));
  await ask(page, "play");
  return page;
}

test("a message that is picked holds time until it is let go of, or dealt with; then it goes on as before", async () => {
  const page = await flying();
  await openTab(page, "Text");
  const first = hook(page, "twin").locator(".log .line").first();
  await first.click();
  const held = await until(page, "time waits", (s) => !s.playing);
  await hook(page, "twin").getByRole("button", { name: "Drop" }).waitFor();
  assert.equal((await ask(page, "state")).time_us, held.time_us);
  await page.locator("[data-testid=node-0]").focus();
  await page.keyboard.press("Escape");
  await until(page, "it goes on", (s) => s.playing);
  await first.click();
  await until(page, "time waits again", (s) => !s.playing);
  await hook(page, "twin").getByRole("button", { name: "Drop" }).click();
  const after = await until(page, "it goes on again", (s) => s.playing);
  assert.equal(after.edits.length, 1);
  await ask(page, "pause");
  await first.click();
  await settled(page);
  await page.locator("[data-testid=node-0]").focus();
  await page.keyboard.press("Escape");
  await settled(page);
  assert.equal((await ask(page, "state")).playing, false, "what stood still stays so");
  assertQuiet(page);
  await page.context().close();
});

test("a near miss of a node opens nothing, and a link is picked on its line", async () => {
  const page = await openScenario(site, "raft-election");
  const [from, to] = await Promise.all([0, 1].map((n) => hook(page, `node-${n}`).locator(".disc").boundingBox()));
  const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
  const [[ax, ay], [bx, by]] = [middle(from), middle(to)];
  const length = Math.hypot(bx - ax, by - ay);
  const radius = from.width / 2;
  const along = (px) => [ax + ((bx - ax) * px) / length, ay + ((by - ay) * px) / length];
  await page.mouse.click(...along(radius + 9));
  await settled(page);
  assert.equal(await hook(page, "stage-menu").count(), 0);
  await page.mouse.click(...along(length / 2));
  assert.match(await (await visible(page, "stage-menu")).innerText(), /Cut/);
  assertQuiet(page);
  await page.context().close();
});

test("a crashed node shows what memory lost struck out, and what the disk keeps", async () => {
  const page = await openScenario(site, "raft-election");
  const leader = leaderOf(await led(page));
  await clickNode(page, leader.id);
  await hook(page, "act-crash").click();
  const lost = await visible(page, "lost");
  await eventually(async () => assert.match(await lost.locator("del").first().innerText(), /leader/));
  const text = await lost.innerText();
  assert.match(text, /currentTerm\s+1 · kept/);
  assert.match(text, /on disk/);
  await assertAccessible(page, "a node that is down");
  await hook(page, "act-recover").click();
  await lost.waitFor({ state: "detached" });
  assertQuiet(page);
  await page.context().close();
});

for (const size of ["desktop", "phone", "narrow"]) {
  test(`names that outgrow their disc are abbreviated, told apart, and whole in their titles, ${size}`, async () => {
    const page = await openScenario(site, "two-generals", { viewport: SIZES[size] });
    const shown = (n) => hook(page, `node-${n}`).evaluate((g) => {
      const name = g.querySelector(".name");
      const [text, disc] = [name.getBoundingClientRect(), g.querySelector(".disc").getBoundingClientRect()];
      return { name: name.textContent, title: g.querySelector("title").textContent, over: text.width - disc.width };
    });
    const [a, b] = [await shown(0), await shown(1)];
    assert.notEqual(a.name, b.name);
    assert.ok(a.over <= 0 && b.over <= 0, JSON.stringify([a, b]));
    assert.match(a.title, /^General A/);
    await visible(page, "here");
    const ends = page.getByRole("combobox", { name: /^(From|To)$/ });
    const cut = await ends.evaluateAll((all) => all.map((e) => e.scrollWidth - e.clientWidth));
    assert.deepEqual(cut.map((c) => c <= 0), [true, true], `cut off: ${cut}`);
    assert.match(await page.locator("[data-testid=link-0-1]").getAttribute("aria-label"), /General A to General B/);
    assertQuiet(page);
    await page.context().close();
  });
}
