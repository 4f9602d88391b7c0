// The moving parts of a page: its address, its scrubber, its drawings and its keys hold where the browser limits, zooms,
// recolours, prints or writes another script.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, PREFIX, SIZES, start, visible } from "./harness.mjs";
import { ask, clickNode, drawn, eventually, frames, holds, openScenario, settled, until } from "./hands.mjs";

const SCALED = `<!doctype html><title>a page that shows another, smaller</title><link rel="icon" href="data:,">
<iframe title="embed" width="1200" height="900" src="${PREFIX}?embed=1#/s/raft-election"></iframe>`;

let site;
before(async () => {
  site = await start({ extra: { "/scaled": SCALED } });
});
after(() => site?.close());

// ---- The address

// A browser in which the address is written at most `most` times in `ms`, and that refuses more with an error, or
// silently. `refused` counts.
const limited = (most, ms, silent = false) => (page) =>
  page.addInitScript(
    ([most, ms, silent]) => {
      const at = [];
      globalThis.refused = 0;
      for (const verb of ["replaceState", "pushState"]) {
        const own = history[verb];
        history[verb] = function (...what) {
          const now = performance.now();
          while (at.length > 0 && at[0] < now - ms) at.shift();
          if (at.length >= most) {
            globalThis.refused += 1;
            if (silent) return undefined;
            throw new DOMException(`more than ${most} times`, "SecurityError");
          }
          at.push(now);
          return own.apply(this, what);
        };
      }
    },
    [most, ms, silent],
  );

const caughtUp = (page) => holds(page, async () => location.href === (await globalThis.faultline.link()));

test("a burst of steps writes the address no oftener than browsers allow, and it catches up", async () => {
  const page = await openScenario(site, "raft-election", { prepare: limited(100, 10_000) });
  // What writes the address comes with the details.
  await ask(page, "link");
  for (let i = 0; i < 150; i += 1) await page.keyboard.press("ArrowRight");
  // A key may be answered a while after it was pressed: only behind the last one is there an address to wait for.
  const { events } = await until(page, "every key was a step", (s) => s.events === 150);
  await caughtUp(page);
  assert.equal(await page.evaluate(() => globalThis.refused), 0, "the browser had to refuse");
  await page.reload();
  await drawn(page);
  await until(page, "a reload is at the same event", (s) => s.events === events);
  assertQuiet(page);
  await page.context().close();
});

for (const silent of [false, true]) {
  test(`where the address is refused all the same, it is written later: ${silent ? "without a word" : "with an error"}`, async () => {
    const page = await openScenario(site, "raft-election", { prepare: limited(5, 1_500, silent) });
    await ask(page, "link");
    // Fast enough for a refusal, however busy the machine is.
    for (let i = 0; i < 80 && (await page.evaluate(() => globalThis.refused)) === 0; i += 1) {
      for (let k = 0; k < 10; k += 1) await page.keyboard.press("ArrowRight");
    }
    assert.ok((await page.evaluate(() => globalThis.refused)) > 0, "nothing was refused");
    await caughtUp(page);
    if (!silent) {
      // And so is the entry of a run that is left meanwhile.
      const left = await ask(page, "hash");
      const entries = await page.evaluate(() => history.length);
      await page.keyboard.press("r");
      await page.waitForFunction((entries) => history.length > entries, entries);
      await page.waitForFunction(() => location.hash.startsWith("#/s/"));
      await page.goBack();
      await until(page, "back leads to the run before", (s) => s.events > 0);
      assert.equal(await ask(page, "hash"), left);
    }
    assertQuiet(page);
    await page.context().close();
  });
}

// ---- The scrubber

// Time stands still: some frames go by, and the moment is the same.
async function assertHeld(page, why) {
  await settled(page);
  const held = await ask(page, "state");
  await frames(page, 40);
  const later = await ask(page, "state");
  assert.equal(later.time_us, held.time_us, why);
  assert.ok(later.playing, "it plays, and goes on when it is let go of");
  return held.time_us;
}

async function playing(search = "?speed=0.2") {
  const page = await openScenario(site, "raft-replication", { search });
  await ask(page, "seek", 2_000_000);
  await hook(page, "play").click();
  await until(page, "it plays", (s) => s.playing && s.time_us > 2_000_000);
  return page;
}

test("holding the scrubber holds time, and let go of anywhere it goes on as before", async () => {
  for (const search of ["?speed=0.2", ""]) {
    const page = await playing(search);
    const { x, y, width, height } = await hook(page, "scrub").boundingBox();
    await page.mouse.move(x + width / 4, y + height / 2);
    await page.mouse.down();
    const held = await assertHeld(page, "the moment under the finger stays");
    assert.ok(held < 1_000_000, `a quarter of the way is ${held}`);
    await page.mouse.move(x + width / 2, y + height / 2, { steps: 5 });
    const further = await assertHeld(page, "dragged, it stays where it is");
    assert.ok(further > held);
    await page.mouse.move(x + width / 2, y - 200);
    await page.mouse.up();
    await until(page, "it goes on", (s) => s.playing && s.time_us > further);
    assertQuiet(page);
    await page.context().close();
  }
});

test("a key that is held on the scrubber holds time as well", async () => {
  const page = await playing();
  await hook(page, "scrub").focus();
  await page.keyboard.down("ArrowLeft");
  const held = await assertHeld(page, "the key holds it");
  await page.keyboard.up("ArrowLeft");
  await until(page, "it goes on", (s) => s.playing && s.time_us > held);
  assertQuiet(page);
  await page.context().close();
});

test("holding the playhead of the diagram holds time", async () => {
  const page = await playing();
  const { x, y, width } = await (await visible(page, "diagram")).boundingBox();
  await page.mouse.move(x + width / 2, y + 3);
  await page.mouse.down();
  await until(page, "it goes where the hand is", (s) => s.time_us < 2_000_000);
  const held = await assertHeld(page, "the moment under the finger stays");
  await page.mouse.up();
  await until(page, "it goes on", (s) => s.playing && s.time_us > held);
  assertQuiet(page);
  await page.context().close();
});

// ---- The drawings

const canvases = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("[data-testid=stage] canvas, [data-testid=diagram] canvas")].map((c) => c.width / c.clientWidth),
  );

// How light the diagram is on the whole, 0 to 255.
const lightness = (page) =>
  page.evaluate(() => {
    const canvas = document.querySelector("[data-testid=diagram] canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let [sum, count] = [0, 0];
    for (let i = 0; i < data.length; i += 4) {
      if (data[i + 3] < 200) continue;
      sum += (data[i] + data[i + 1] + data[i + 2]) / 3;
      count += 1;
    }
    return sum / count;
  });
const isLight = (page) => eventually(async () => assert.ok((await lightness(page)) > 150, "the diagram is dark"));
const isDark = (page) => eventually(async () => assert.ok((await lightness(page)) < 110, "the diagram is light"));

test("on a screen of another density all is drawn anew, though time stands", async () => {
  const page = await openScenario(site, "raft-replication");
  await ask(page, "seek", 1_500_000);
  await visible(page, "diagram");
  const screen = await page.context().newCDPSession(page);
  for (const deviceScaleFactor of [2, 1.5, 1]) {
    await screen.send("Emulation.setDeviceMetricsOverride", { ...SIZES.desktop, deviceScaleFactor, mobile: false });
    await eventually(async () => {
      const found = await canvases(page);
      assert.equal(found.length, 2);
      for (const ratio of found) assert.ok(Math.abs(ratio - deviceScaleFactor) < 0.02, `${found} on ${deviceScaleFactor}`);
    });
  }
  assertQuiet(page);
  await page.context().close();
});

test("other colours are drawn though time stands, though nothing of it is seen, and on paper", async () => {
  const page = await openScenario(site, "raft-replication", { colorScheme: "light" });
  await ask(page, "seek", 1_500_000);
  await visible(page, "diagram");
  await isLight(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await isDark(page);
  const show = (display) => page.evaluate((display) => (document.querySelector(".work").style.display = display), display);
  await show("none");
  await frames(page);
  await page.emulateMedia({ colorScheme: "light" });
  await frames(page);
  await show("");
  await isLight(page);
  await page.emulateMedia({ colorScheme: "dark" });
  await isDark(page);
  // A page behind another tab: it may have been told nothing.
  await page.evaluate(() => {
    for (const canvas of document.querySelectorAll("canvas")) canvas.style.setProperty("transition", "none", "important");
    document.documentElement.setAttribute("data-theme", "light");
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await isLight(page);
  assertQuiet(page);
  await page.context().close();
});

// ---- Zoom and scale

const picked = (page, id) =>
  eventually(async () => assert.equal(await hook(page, `node-${id}`).getAttribute("aria-pressed"), "true", `${id} is not picked`));

for (const [what, style] of [
  ["zoomed in", { zoom: "1.25" }],
  ["zoomed out", { zoom: "0.7" }],
  ["scaled", { transform: "scale(0.75)", transformOrigin: "0 0" }],
  ["scaled otherwise in height", { transform: "scale(1, 0.8)", transformOrigin: "0 0" }],
]) {
  test(`what is under the hand is what it means, in a page that is ${what}`, async () => {
    const page = await openScenario(site, "raft-election");
    await ask(page, "seek", 300_000);
    const diagram = await visible(page, "diagram");
    await page.evaluate((style) => Object.assign(document.body.style, style), style);
    await frames(page);
    for (const id of [0, 2, 4]) {
      await clickNode(page, id);
      await picked(page, id);
      await page.keyboard.press("Escape");
      await hook(page, "stage-menu").waitFor({ state: "detached" });
    }
    // The name of the second of five lanes.
    await diagram.scrollIntoViewIfNeeded();
    const { x, y, height } = await diagram.boundingBox();
    const scale = height / (await diagram.evaluate((e) => e.clientHeight));
    const [top, bottom] = [20, 26].map((v) => v * scale);
    await page.mouse.click(x + 8 * scale, y + top + ((height - top - bottom) / 5) * 1.5);
    await picked(page, 1);
    assertQuiet(page);
    await page.context().close();
  });
}

test("a frame that is shown smaller is hit where it is seen", async () => {
  const page = await site.open("/scaled");
  const frame = page.frameLocator("iframe");
  await frame.getByTestId("node-3").waitFor({ timeout: 15_000 });
  await page.evaluate(() => Object.assign(document.querySelector("iframe").style, { transform: "scale(0.6)", transformOrigin: "0 0" }));
  const { x, y, width, height } = await frame.getByTestId("node-3").locator(".disc").boundingBox();
  await page.mouse.click(x + width / 2, y + height / 2);
  await frame.locator("[data-testid=node-3][aria-pressed=true]").waitFor({ timeout: 15_000 });
  assertQuiet(page);
  await page.context().close();
});

// ---- Keys

test("under other layouts than Latin a shortcut is where it is under Latin ones", async () => {
  const page = await openScenario(site, "raft-election");
  const press = (key, code) =>
    page.evaluate((what) => document.body.dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...what })), { key, code });
  const { speed } = await ask(page, "state");
  await press("х", "BracketLeft");
  await press("ü", "BracketLeft");
  const slower = (await ask(page, "state")).speed;
  assert.ok(slower < speed, "slower");
  await press("ъ", "BracketRight");
  await press("+", "BracketRight");
  assert.equal((await ask(page, "state")).speed, speed, "faster");
  await press("а", "KeyF");
  assert.equal((await ask(page, "state")).futures, 2, "forked");
  // Dvorak writes u there, which is another shortcut.
  await press("u", "KeyF");
  assert.equal((await ask(page, "state")).futures, 2);
  assertQuiet(page);
  await page.context().close();
});

// ---- Paper

test("on paper the page is light and whole, and there is nothing to press", async () => {
  const page = await openScenario(site, "raft-replication", { colorScheme: "dark" });
  await ask(page, "seek", 1_500_000);
  await visible(page, "diagram");
  const screen = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  // As wide as a sheet between its margins.
  for (const width of [SIZES.desktop.width, 718]) {
    await page.setViewportSize({ width, height: 1000 });
    await isLight(page);
    await eventually(async () => {
      const seen = await page.evaluate(() => {
        const shown = (e) => e.getClientRects().length > 0;
        const all = (selector) => [...document.querySelectorAll(selector)].filter(shown);
        const name = (e) => `${e.tagName} ${e.className} ${e.dataset.testid ?? ""}`;
        return {
          ground: getComputedStyle(document.body).backgroundColor,
          controls: all("[data-testid=play], [data-testid=scrub], [data-testid=share], [role=tab], input[type=range], .btn").map(name),
          cut: all(".page, .work, .lesson, .panel, .stage-zone, .stage, .time-zone, .timeline, .boards")
            .filter((e) => e.scrollHeight > e.clientHeight + 1 && getComputedStyle(e).overflowY !== "visible")
            .map(name),
          wide: document.documentElement.scrollWidth - innerWidth,
          drawings: all("[data-testid=stage] > svg, canvas").map((e) => e.getBoundingClientRect().right - innerWidth > 1),
          clock: all(".clock").length,
        };
      });
      assert.deepEqual(seen, {
        ground: "rgb(255, 255, 255)", controls: [], cut: [], wide: 0, drawings: [false, false, false], clock: 1,
      });
    });
  }
  await page.emulateMedia({ media: "screen", colorScheme: "dark" });
  await page.setViewportSize(SIZES.desktop);
  await isDark(page);
  // A browser that prints tells before and after: what is drawn by script has the colours of paper in between.
  await page.evaluate(() => {
    globalThis.printed = [];
    addEventListener("beforeprint", () => globalThis.printed.push(getComputedStyle(document.body).backgroundColor));
    dispatchEvent(new Event("beforeprint"));
  });
  await isLight(page);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await isDark(page);
  assert.ok((await page.pdf({ format: "A4" })).length > 10_000);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), screen, "dark as before");
  assert.deepEqual(await page.evaluate(() => globalThis.printed), ["rgb(255, 255, 255)", "rgb(255, 255, 255)"]);
  assertQuiet(page);
  await page.context().close();
});
