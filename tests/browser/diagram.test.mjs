// The space-time diagram in the built page: zoom, pan, sums where it is crowded, the cone of an event,
// and "Why?".
//
// The rule that is easy to break: what a picture shows is read from the picture. Ink is counted on the
// canvas by colour, and the colours are asked of the page's own style.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, barriers, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, eventually, led, openScenario, openTab, settled, wheel } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const plot = (page) => hook(page, "diagram");
async function said(page) {
  await settled(page);
  return page.locator(".timeline [role=status]").innerText();
}

const shown = async (page) => {
  const words = await said(page);
  const [, from, to, events] = /shows (.+) to (.+): ([\d\u202f ,]+) events?/.exec(words) ?? [];
  assert.ok(from, `the diagram says "${words}"`);
  const seconds = (text) => Number.parseFloat(text.replace(/[^\d.]/g, ""));
  return { from: seconds(from), to: seconds(to), events: Number(events.replace(/\D/g, "")), words };
};

// How many pixels of the canvas have this colour of the style (named without its dashes), nearly.
async function ink(page, name) {
  await settled(page);
  return page.evaluate((name) => {
    const canvas = document.querySelector(".timeline canvas");
    const probe = document.createElement("canvas").getContext("2d");
    const span = document.body.appendChild(document.createElement("span"));
    span.style.color = `var(--${name})`;
    probe.fillStyle = getComputedStyle(span).color;
    span.remove();
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
      const far = Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b);
      if (far < 24 && data[i + 3] > 200) count += 1;
    }
    return count;
  }, name);
}

// Raft with so many events, on links that lose so many messages in a million.
async function long(events, loss_ppm = 0) {
  const page = await openScenario(site, "raft-replication");
  const edits = loss_ppm > 0 ? [{ at_us: 0, do: "links", set: { loss_ppm } }] : [];
  await ask(page, "load", { scenario: "raft-replication", seed: 5, edits });
  for (let left = events; left > 0; left -= 100_000) await ask(page, "step", Math.min(left, 100_000));
  return page;
}

test("the whole of a long run is sums in which losses and a crash of a millisecond can be seen", async () => {
  const red = async (page) => {
    await plot(page).focus();
    await page.keyboard.press("Home");
    return ink(page, "bad");
  };
  const page = await long(20_000);
  const calm = await red(page);
  const all = await shown(page);
  const { events, time_us } = await ask(page, "state");
  assert.equal(all.events, events, all.words);
  assert.match(all.words, /term \d/, "the epochs in the protocol's own words");
  // Out of the way of the playhead, whose red is the same.
  await ask(page, "seek", time_us / 2);
  await ask(page, "edit", { do: "crash", node: 2 });
  await ask(page, "seek", time_us / 2 + 1_000);
  await ask(page, "edit", { do: "recover", node: 2 });
  await ask(page, "seek", time_us);
  const crashed = await red(page);
  assert.ok(crashed > calm + 12, `a crash: ${crashed} after ${calm}`);
  assert.deepEqual(await barriers(page, "a crowded diagram"), []);
  assertQuiet(page);
  await page.context().close();
  const lossy = await long(20_000, 3_000);
  const lost = await red(lossy);
  assert.ok(lost > calm + 60, `losses: ${lost} against ${calm}`);
  await lossy.context().close();
});

test("keys zoom from the whole run to a millisecond and back, and say in words what is shown", async () => {
  const page = await long(20_000);
  await plot(page).focus();
  const key = (name) => page.keyboard.press(name);
  await key("Home");
  const all = await shown(page);
  for (let i = 0; i < 30; i += 1) await key("+");
  const near = await shown(page);
  assert.ok(near.to - near.from <= 0.002, near.words);
  // The sentence says milliseconds: move by more than one.
  for (let i = 0; i < 7; i += 1) await key("-");
  const here = await shown(page);
  await key("ArrowLeft");
  const left = await shown(page);
  assert.ok(left.from < here.from, `${left.words} after ${here.words}`);
  await key("PageUp");
  assert.ok((await shown(page)).from < left.from);
  await key("End");
  const end = await shown(page);
  const { time_us } = await ask(page, "state");
  assert.ok(end.from - 0.001 <= time_us / 1e6 && time_us / 1e6 <= end.to + 0.001, end.words);
  await key("Home");
  assert.deepEqual(await shown(page), all);
  const { events } = await ask(page, "state");
  assert.equal((await ask(page, "state")).events, events, "the arrows did not step through the run");
  await page.context().close();
});

test("a plain wheel scrolls the page, with Ctrl it zooms, with Shift it moves the diagram", async () => {
  const page = await openScenario(site, "raft-election", { viewport: SIZES.phone });
  await led(page);
  await plot(page).scrollIntoViewIfNeeded();
  await plot(page).focus();
  await page.keyboard.press("Home");
  const words = await said(page);
  const box = await plot(page).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const scrolled = () => page.evaluate(() => [...document.querySelectorAll("*")].reduce((sum, e) => sum + e.scrollTop, 0));
  const before = await scrolled();
  await page.mouse.wheel(0, before > 200 ? -120 : 120);
  await eventually(async () => assert.notEqual(await scrolled(), before, "the page has moved"));
  await plot(page).scrollIntoViewIfNeeded();
  const look = async () => {
    await plot(page).focus();
    await page.keyboard.press("Shift");
    await settled(page);
    return plot(page).locator("canvas").screenshot();
  };
  const still = await look();
  const at = await scrolled();
  const now = await plot(page).boundingBox();
  await page.mouse.move(now.x + now.width / 2, now.y + now.height / 2);
  await page.keyboard.down("Control");
  await wheel(page, 0, -240);
  await page.keyboard.up("Control");
  assert.equal(await scrolled(), at, "with Ctrl the page stays");
  assert.ok(!(await look()).equals(still), "Ctrl and wheel zoom");
  const zoomed = await look();
  await page.keyboard.down("Shift");
  await wheel(page, 0, 120);
  await page.keyboard.up("Shift");
  assert.ok(!(await look()).equals(zoomed), "Shift and wheel move");
  assert.ok(words.length > 0);
  await page.context().close();
});

// A window's two edges in simulated time, read through the sentence that a key without effect on the
// window leads to: zoom in and out again.
async function window(page) {
  await plot(page).focus();
  await page.keyboard.press("+");
  await page.keyboard.press("-");
  return shown(page);
}

test("a drag moves the diagram, and two fingers pinch it", async () => {
  const page = await openScenario(site, "raft-election", { viewport: SIZES.phone, hasTouch: true });
  await led(page);
  await plot(page).scrollIntoViewIfNeeded();
  await plot(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("+");
  const whole = await window(page);
  const box = await plot(page).boundingBox();
  const y = box.y + box.height * 0.45;
  const [a, b] = [box.x + box.width * 0.4, box.x + box.width * 0.7];
  await page.mouse.move(b, y);
  await page.mouse.down();
  for (let i = 1; i <= 10; i += 1) await page.mouse.move(b - i * 6, y);
  await page.mouse.up();
  const dragged = await window(page);
  assert.ok(dragged.from > whole.from, `${dragged.words} after ${whole.words}`);
  const devtools = await page.context().newCDPSession(page);
  const touch = (type, xs) =>
    devtools.send("Input.dispatchTouchEvent", { type, touchPoints: xs.map((x, id) => ({ x, y, id })) });
  await touch("touchStart", [a, b]);
  for (let i = 1; i <= 10; i += 1) await touch("touchMove", [a - i * 6, b + i * 6]);
  await touch("touchEnd", []);
  const pinched = await window(page);
  const ratio = (pinched.to - pinched.from) / (dragged.to - dragged.from);
  // The fingers were 0.3 of the width apart, and 120 pixels more in the end.
  const expected = (b - a) / (b - a + 120);
  assert.ok(Math.abs(ratio - expected) < 0.12, `${ratio}, not ${expected}`);
  assertQuiet(page);
  await page.context().close();
});

test("an event's past, future and the rest differ in the picture, and the chain of its causes can be walked", async () => {
  const page = await openScenario(site, "raft-election");
  await led(page);
  await plot(page).focus();
  const plain = [await ink(page, "accent"), await ink(page, "violet")];
  await page.keyboard.press("Enter");
  const why = await visible(page, "why");
  await ask(page, "seek", (await ask(page, "state")).time_us + 300_000);
  const cone = [await ink(page, "accent"), await ink(page, "violet")];
  assert.ok(cone[0] > plain[0] + 30, `past: ${plain} then ${cone}`);
  assert.ok(cone[1] > plain[1] + 30, `future: ${plain} then ${cone}`);
  await page.locator(".timeline-key").waitFor();
  assert.match(await why.innerText(), /sent when|set when|asked|chain begins/);
  assert.match(await why.innerText(), /could have influenced it/);
  // Back to the beginning, a cause at a time, by keyboard.
  const steps = why.locator("ol button");
  for (let left = 400; (await steps.count()) > 0; left -= 1) {
    assert.ok(left > 0, "the chain has an end");
    const first = await why.locator("p").first().innerText();
    await steps.last().focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(
      (old) => document.querySelector("[data-testid=why] p")?.innerText !== old || !document.querySelector("[data-testid=why] ol button"),
      first,
    );
  }
  assert.match(await why.innerText(), /There the chain begins/);
  await assertAccessible(page, "an event's causes");
  await page.context().close();
});

test("a message that was lost to a crash is traced to the crash", async () => {
  const page = await openScenario(site, "raft-election");
  const state = await led(page);
  await ask(page, "edit", { do: "crash", node: state.nodes.find((n) => n.role === "follower").id });
  await ask(page, "seek", state.time_us + 400_000);
  await openTab(page, "Log");
  await page.locator("[data-testid=log] .log-row.loss").first().click();
  const why = await visible(page, "why");
  assert.match(await why.innerText(), /lost because of this edit/);
  assert.match(await why.innerText(), /crashes/);
  await why.locator("summary").click();
  assert.equal(await why.locator("tbody tr").count(), state.nodes.length);
  await page.context().close();
});

test("the text twin says lane by lane and epoch by epoch what the diagram shows", async () => {
  const page = await openScenario(site, "raft-election");
  const state = await led(page);
  await openTab(page, "Text");
  const text = await visible(page, "diagram-text");
  const counts = await text.locator("tbody td:nth-child(2)").allInnerTexts();
  assert.equal(counts.length, state.nodes.length);
  const sum = counts.reduce((total, count) => total + Number(count.replace(/\D/g, "")), 0);
  const lost = (await text.locator("tbody td:nth-child(3)").allInnerTexts()).map(Number);
  assert.equal(sum + lost.reduce((a, b) => a + b), state.events);
  const epochs = text.locator("ol button");
  assert.match(await epochs.last().innerText(), /term \d+.* begins/);
  await epochs.last().click();
  const { time_us } = await ask(page, "state");
  assert.ok(time_us < state.time_us);
  await assertAccessible(page, "the diagram as text");
  await page.context().close();
});

test("the help tells the diagram's hands, and the phone has room for all of it", async () => {
  const page = await openScenario(site, "raft-election", { viewport: SIZES.narrow });
  await led(page);
  await page.keyboard.press("?");
  await visible(page, "dialog");
  assert.match(await page.locator("dialog").innerText(), /Ctrl and wheel, or pinch/);
  await page.keyboard.press("Escape");
  await plot(page).focus();
  await page.keyboard.press("Enter");
  await visible(page, "why");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 320, `${wide} pixels wide`);
  await page.context().close();
});

test("with forced colours the canvases keep the page's own, which are told from each other", async () => {
  for (const colorScheme of ["light", "dark"]) {
    const page = await openScenario(site, "raft-election", { forcedColors: "active", colorScheme });
    await led(page);
    const seen = (canvas) => canvas.evaluate((c) => {
      const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
      const colours = new Map();
      for (let i = 0; i < data.length; i += 4) {
        const key = data[i + 3] < 255 ? "" : `${data[i]},${data[i + 1]},${data[i + 2]}`;
        colours.set(key, (colours.get(key) ?? 0) + 1);
      }
      colours.delete("");
      return [...colours].sort((a, b) => b[1] - a[1]).slice(0, 4);
    });
    const [band, ...others] = await seen(hook(page, "diagram").locator("canvas"));
    assert.ok(others.length >= 2, `${colorScheme}: the diagram has the one colour ${band}`);
    const light = (key) => key.split(",").reduce((sum, c) => sum + Number(c), 0) / 3;
    assert.ok(colorScheme === "light" ? light(band[0]) > 200 : light(band[0]) < 70, `${colorScheme}: bands of ${band[0]}`);
    await page.context().close();
  }
});

test("another run, and one begun anew, is shown from near, however far away the last one was", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 800_000);
  await plot(page).focus();
  const span = async (key) => {
    await page.keyboard.press(key);
    const { from, to } = await shown(page);
    return to - from;
  };
  const usual = 2 * (await span("+"));
  const away = async () => {
    let far = 0;
    for (let i = 0; i < 9; i += 1) far = await span("-");
    assert.ok(far > 100 * usual, `${far} s`);
  };
  await away();
  await page.keyboard.press("r");
  await ask(page, "seek", 800_000);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "diagram");
  const anew = 2 * (await span("+"));
  assert.ok(anew < 2 * usual, `after a reset ${anew} s, at first ${usual} s`);
  await away();
  await ask(page, "load", { scenario: "raft-replication", seed: 4 });
  await ask(page, "seek", 800_000);
  const other = 2 * (await span("+"));
  assert.ok(other < 4 * usual, `another run ${other} s, at first ${usual} s`);
  await page.context().close();
});
