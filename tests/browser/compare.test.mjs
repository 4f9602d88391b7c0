// Two futures side by side: two stages and two diagrams with one playhead; what differs first, which states
// and which promises do, is marked and said; and leaving brings back the run as it was.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, eventually, leaderOf, led, openScenario, settled, until, watchDrawings, wheel } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// Puts beside the run what the list calls so.
async function beside(page, label) {
  await settled(page);
  if ((await hook(page, "history").count()) === 0) await hook(page, "history-open").click();
  const list = await visible(page, "compare-with");
  const labels = await list.locator("option").allInnerTexts();
  const found = labels.find((l) => label.test(l));
  assert.ok(found, `${label} is not among ${labels.join(" | ")}`);
  await list.selectOption({ label: found });
  await hook(page, "compare-go").click();
  await visible(page, "compare");
  await settled(page);
}

async function text(page, id) {
  await settled(page);
  return (await (await visible(page, id)).innerText()).trim();
}

// A run whose leader was crashed, and beside it the same run without that.
async function crashed(context) {
  const page = await openScenario(site, "raft-election", context);
  const state = await led(page);
  const leader = leaderOf(state);
  await ask(page, "edit", { do: "crash", node: leader.id });
  await ask(page, "seek", state.time_us + 700_000);
  return { page, leader, at: state.time_us };
}

test("without the edit: the event, the states and the marks say that the crash is the difference", async () => {
  const { page, leader, at } = await crashed();
  const before = [await ask(page, "hash"), (await ask(page, "state")).events];
  await beside(page, /^without: .* crashes/);
  assert.deepEqual([await ask(page, "hash"), (await ask(page, "state")).events], before, "the run has changed");
  assert.equal(await hook(page, "stage").count(), 2);
  assert.equal(await hook(page, "diagram").count(), 2);
  const titles = await page.locator(".side > h2").allInnerTexts();
  assert.match(titles[1], /^Future B: without the last edit/, "its name says what it is");
  const event = await text(page, "apart-event");
  assert.match(event, new RegExp(`They part at ${Math.floor(at / 1e6)}\\.\\d+ s`));
  assert.match(event, new RegExp(`A: ${leader.name} crashes`));
  assert.match(await text(page, "apart-nodes"), new RegExp(`${leader.name}\\s*status\\s+crashed\\s+up`));
  // Marked on both stages, with words for those who do not see the mark.
  await eventually(async () => assert.equal(await hook(page, `apart-${leader.id}`).count(), 2));
  assert.equal(await hook(page, `apart-${leader.id}`).first().locator("title").textContent(), `${leader.name} differs`);
  await hook(page, "go-parting").click();
  const there = await ask(page, "state");
  assert.equal(there.time_us, at);
  assert.equal(there.nodes[leader.id].status, "crashed");
  // One playhead: the other one stands at the same moment, just before anything differs in it.
  const times = there.tree.map((b) => b.time_us);
  assert.deepEqual(times, [at, at]);
  await hook(page, "back").click();
  assert.match(await text(page, "apart-nodes"), /No node differs/);
  await hook(page, "leave").click();
  await hook(page, "compare").waitFor({ state: "detached" });
  assert.deepEqual([await ask(page, "hash"), (await ask(page, "state")).events], before, "the run is not as it was");
  assert.equal(await hook(page, "stage").count(), 1);
  await visible(page, "lesson");
  assertQuiet(page);
  await page.context().close();
});

test("a planted bug beside the right thing: the promise that breaks is named, with its verdict in each", async () => {
  const page = await openScenario(site, "raft-recovery");
  await page.getByTestId(/^stage-/).first().click();
  await ask(page, "seek", 6_000_000);
  const broken = (s) => s.checks.filter((c) => c.verdict === "violated");
  const state = await ask(page, "state");
  assert.ok(broken(state).length > 0, "the staged situation breaks a promise");
  await beside(page, /none|as in the paper|faithful|no bug/i);
  const checks = await text(page, "apart-checks");
  assert.ok(checks.includes(broken(state)[0].name), checks);
  assert.match(checks, /A: broken/);
  assert.match(checks, /B: (holds|pending|in progress)/);
  await page.context().close();
});

test("a parameter beside itself: time runs in both, and a hand on the other stage edits nothing", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 200_000);
  await beside(page, /: \d+ ms$/);
  await hook(page, "play").click();
  await until(page, "time runs", (state) => state.time_us > 200_000);
  await hook(page, "pause").click();
  const { tree } = await ask(page, "state");
  assert.ok(tree[0].time_us > 200_000);
  assert.equal(tree[0].time_us, tree[1].time_us, "one playhead");
  const other = page.locator(".side").nth(1);
  await other.getByTestId("node-0").focus();
  await page.keyboard.press("Enter");
  await settled(page);
  assert.equal(await other.getByTestId("stage-menu").count(), 0, "the future beside is only watched");
  assert.equal(await page.locator(".side").first().getByTestId("stage-menu").count(), 1, "the pick is one for both");
  assert.equal((await ask(page, "state")).edits.length, 0);
  assertQuiet(page);
  await page.context().close();
});

// What a diagram says that it shows, after a key in it: from where, and how much, in microseconds.
async function shows(page, i, key) {
  const side = page.getByTestId("compare-time").locator(".side").nth(i);
  await side.getByTestId("diagram").press(key);
  await settled(page);
  const [, from, to] = /shows (\d+\.\d+) s to (\d+\.\d+) s/.exec(await side.getByRole("status").textContent());
  return { from: from * 1e6, span: (to - from) * 1e6 };
}

test("the two diagrams show one stretch of time: zoomed or moved by wheel, drag or keys, either takes the other along", async () => {
  const { page } = await crashed();
  await beside(page, /^without/);
  const near = (a, b, what) => assert.ok(Math.abs(a - b) <= 4_000, `${what}: ${a} and ${b}`);
  const all = await shows(page, 0, "Home");
  const half = await shows(page, 1, "+");
  near(half.span, all.span / 2, "closer in the second, from all in the first");
  const moved = await shows(page, 0, "ArrowRight");
  near(moved.span, half.span, "the first is as close");
  near(moved.from, half.from + 0.2 * half.span, "and goes on from there");
  const box = await page.getByTestId("compare-time").locator(".side").nth(1).getByTestId("diagram").boundingBox();
  const [x, y] = [box.x + box.width * 0.6, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.keyboard.down("Control");
  await wheel(page, 0, -240);
  await page.keyboard.up("Control");
  const wheeled = await shows(page, 0, "ArrowLeft");
  near(wheeled.span, moved.span / 2, "a wheel over the second");
  const again = await shows(page, 1, "ArrowRight");
  await page.mouse.down();
  await page.mouse.move(x - 60, y, { steps: 4 });
  await page.mouse.up();
  const dragged = await shows(page, 0, "ArrowLeft");
  assert.ok(dragged.from + 0.2 * dragged.span > again.from + 10_000, JSON.stringify([again, dragged]));
  // Told the same twice, after time has moved it: it is shown again.
  await shows(page, 0, "Home");
  await hook(page, "step").click();
  const home = await shows(page, 1, "Home");
  assert.equal(home.from, 0);
  const closer = await shows(page, 0, "+");
  near(closer.span, home.span / 2, "after the second was told to show all");
  assertQuiet(page);
  await page.context().close();
});

test("the panels and the link say of which of the two they are", async () => {
  const { page } = await crashed();
  assert.equal(await hook(page, "of").count(), 0);
  await beside(page, /^without/);
  assert.match(await text(page, "of"), /of Future A\./);
  await hook(page, "share").click();
  assert.match(await text(page, "share-of"), /future A alone/);
  await page.keyboard.press("Escape");
  await hook(page, "swap").click();
  assert.match(await text(page, "of"), /of Future B/);
  await hook(page, "leave").click();
  await hook(page, "of").waitFor({ state: "detached" });
  await page.context().close();
});

test("any two futures: changing places shows the other, and its differences the other way round", async () => {
  const { page, leader } = await crashed();
  await hook(page, "fork").click();
  await ask(page, "edit", { do: "recover", node: leader.id });
  await beside(page, /^Future A$/);
  assert.match(await text(page, "apart-nodes"), /up\s+crashed/);
  await hook(page, "swap").click();
  assert.equal((await ask(page, "state")).future, 0);
  assert.match(await text(page, "apart-nodes"), /crashed\s+up/);
  await page.context().close();
});

test("on a phone the two stand under each other, and nothing is wider than the page", async () => {
  for (const size of ["phone", "narrow"]) {
    const { page } = await crashed({ viewport: SIZES[size] });
    await beside(page, /^without/);
    const boxes = await hook(page, "stage").evaluateAll((all) => all.map((e) => e.getBoundingClientRect().toJSON()));
    assert.ok(boxes[1].top >= boxes[0].bottom - 1, JSON.stringify(boxes));
    assert.ok(boxes.every((b) => b.width > size.width * 0.9 || b.width > 300), JSON.stringify(boxes));
    // Choosing leads there, and both are in sight at once, with Play.
    const play = await hook(page, "play").boundingBox();
    assert.ok(boxes[0].top >= 0 && boxes[1].bottom <= play.y, `${size}: ${JSON.stringify([boxes, play])}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${size}: ${wide} px too wide`);
    await page.context().close();
  }
});

// The heights of both stages, once each figure is as large as its stage.
async function stages(page, at) {
  await settled(page);
  const all = await hook(page, "stage").evaluateAll((all) => all.map((stage) =>
    [stage, stage.querySelector("svg")].map((e) => e?.getBoundingClientRect().height ?? 0)));
  assert.equal(all.length, 2, at);
  for (const [stage, figure] of all) assert.ok(Math.abs(stage - figure) < 1, `${at}: a figure of ${figure} px in ${stage} px`);
  return all.map(([stage]) => stage);
}

test("on laptops both stages keep room for their nodes, and the leader a sign besides its colour", async () => {
  for (const [width, height] of [[1366, 768], [1280, 720], [1024, 768]]) {
    for (const id of ["raft-election", "raft-nine"]) {
      const page = await openScenario(site, id, { viewport: { width, height } });
      const state = await led(page);
      const leader = leaderOf(state);
      await ask(page, "edit", { do: "crash", node: (leader.id + 1) % 5 });
      await beside(page, /^without/);
      await watchDrawings(page);
      for (const row of [false, true]) {
        if (row) await hook(page, "history-open").click();
        const at = `${id} at ${width}x${height}, ${row ? "with" : "without"} the row of the history`;
        for (const stage of await eventually(() => stages(page, at))) {
          assert.ok(stage >= (row ? 140 : 200), `${at}: ${stage} px`);
        }
        const place = (id) => hook(page, id).first().boundingBox();
        const [play, words] = [await place("play"), await place("apart")];
        assert.ok(words.y + words.height <= play.y, `${at}: the transport hides what is said`);
      }
      const { squashed, looked } = await page.evaluate(() => ({ squashed: globalThis.squashed, looked: globalThis.looked }));
      assert.ok(looked > 3, `${looked} looks`);
      assert.deepEqual([...new Set(squashed)], [], `${id} at ${width}x${height}: squashed`);
      assert.equal(await hook(page, `node-${leader.id}`).first().locator(".sign").count(), 1, `${id}, ${width}`);
      // Folded they say where the two part; unfolded, everything.
      assert.match(await text(page, "apart"), /They part at .* 1 node differs/s);
      assert.equal(await hook(page, "apart-nodes").count(), 0);
      await hook(page, "fold").click();
      assert.match(await text(page, "apart-nodes"), /status\s+crashed\s+up/);
      await page.context().close();
    }
  }
});

test("a locked page compares futures that exist, and runs none for it", async () => {
  const page = await openScenario(site, "raft-election", { search: "?lock=1" });
  await ask(page, "seek", 300_000);
  await hook(page, "fork").click();
  const labels = await (await visible(page, "compare-with")).locator("option").allInnerTexts();
  assert.deepEqual(labels.slice(1), ["Future A"]);
  await page.context().close();
});

test("axe-core finds nothing in the comparison, light or dark, wide or narrow", async () => {
  const found = [];
  for (const size of ["desktop", "tablet", "phone"]) {
    const { page } = await crashed({ viewport: SIZES[size] });
    await beside(page, /^without/);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      found.push(...(await barriers(page, `compare, ${size}, ${colorScheme}`)));
    }
    await page.context().close();
  }
  assert.deepEqual([...new Set(found)], []);
});
