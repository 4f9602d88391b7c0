// <fault-line> in a host's page, and what host and page say to each other.
//
// The rule that is easy to break: the host is a page of its own, of which the embed may know nothing; what a test reads in the frame
// it reads as a learner's browser shows it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, PATIENCE, PREFIX, start } from "./harness.mjs";
import { ask, eventually, frames } from "./hands.mjs";

const host = (body) =>
  `<!doctype html><html lang="en"><title>Notes</title><link rel="icon" href="data:,"><script src="${PREFIX}embed.js" defer></script>
  <script src="${PREFIX}embed.js" defer></script><body style="margin:0"><h1>Notes</h1>${body}</body></html>`;
const RAFT = '<fault-line scenario="raft-election" theme="light"></fault-line>';
const sized = (width, height) =>
  host(`<iframe src="${PREFIX}?embed=1#/s/raft-election" title="Raft" width="${width}" height="${height}" style="border:0"></iframe>`);

const HEIGHTS = [240, 280, 320, 360, 420, 480, 560, 720];
const HOSTS = {
  one: host(RAFT),
  two: host(`${RAFT}<fault-line scenario="ring-election" seed="3" lock strict title="A ring"></fault-line>`),
  beside: host(`${["raft-election", "ring-election"].map((id) => `<iframe src="${PREFIX}?embed=1#/s/${id}" title="${id}" width="100%" height="400"></iframe>`).join("")}`),
  far: host(`<div style="height:3000px"></div>${RAFT}<div style="height:3000px"></div>`),
  card: host('<fault-line scenario="partial-failure" question></fault-line>'),
  staged: host('<fault-line scenario="partial-failure" stage="crash" settings="nodes=4"></fault-line>'),
  broken: host('<fault-line scenario="timing-matrix" stage="one-round"></fault-line>'),
  ...Object.fromEntries(HEIGHTS.flatMap((h) => [[`w720h${h}`, sized(720, h)], [`w360h${h}`, sized(360, h)]])),
};

let site;
before(async () => {
  site = await start({ extra: Object.fromEntries(Object.entries(HOSTS).map(([name, page]) => [`/host/${name}.html`, page])) });
});
after(() => site?.close());

const open = (name, context) => site.open(`/host/${name}.html`, context);

// The frame of the n-th element, once its stage is there.
async function inside(page, n = 0) {
  const frame = await (await page.locator("iframe").nth(n).elementHandle()).contentFrame();
  await frame.getByTestId("node-0").waitFor({ timeout: PATIENCE });
  return frame;
}

// What the n-th element answers when it is asked a verb.
const asked = (page, verb, argument, n = 0) =>
  page.evaluate(([verb, argument, n]) => document.querySelectorAll("fault-line")[n].ask(verb, argument), [verb, argument, n]);

const heightOf = (page, n = 0) => page.locator("iframe").nth(n).evaluate((frame) => frame.clientHeight);

// Has the page keep what its elements say.
const hearing = (page) =>
  page.evaluate(() => {
    globalThis.heard = [];
    for (const kind of ["step", "answered", "violated"]) {
      document.addEventListener(`faultline-${kind}`, (event) => globalThis.heard.push([kind, event.detail]));
    }
  });

test("an element shows its run, says what it is, and takes the height that its content needs", async () => {
  const page = await open("two");
  const [raft, ring] = [await inside(page, 0), await inside(page, 1)];
  const of = (name) => page.locator("iframe").evaluateAll((all, name) => all.map((frame) => frame.getAttribute(name)), name);
  assert.deepEqual(await of("title"), ["Faultline: raft-election", "A ring"]);
  assert.deepEqual(await of("loading"), ["lazy", "lazy"]);
  assert.deepEqual((await of("sandbox")).map((words) => words.includes("allow-same-origin")), [true, false]);
  assert.equal(await raft.locator("html").getAttribute("data-theme"), "light");
  for (const [n, frame] of [raft, ring].entries()) {
    await eventually(async () => {
      const [high, end] = await frame.evaluate(() => [innerHeight, document.querySelector(".time-zone").getBoundingClientRect()]);
      assert.ok(high !== 560 && end.height > 100 && end.bottom <= high + 1, `frame ${n} is ${high} high, the diagram ends at ${end.bottom}`);
    });
  }
  const wide = await heightOf(page);
  await page.setViewportSize({ width: 400, height: 800 });
  await eventually(async () => assert.notEqual(await heightOf(page), wide));
  assertQuiet(page);
  await page.context().close();
});

test("a host asks the verbs of the page, and gets the answers that the page itself gives", async () => {
  const page = await open("two");
  const frame = await inside(page);
  await inside(page, 1);
  const state = await asked(page, "seek", 700_000);
  assert.equal(state.time_us, 700_000);
  assert.equal(await asked(page, "hash"), await frame.evaluate(() => faultline.hash()));
  const alone = await site.open("#/s/raft-election");
  await hook(alone, "node-0").waitFor();
  await ask(alone, "seek", 700_000);
  assert.equal(await asked(page, "hash"), await ask(alone, "hash"));
  const refusal = (verb, argument, n) => asked(page, verb, argument, n).then(() => null, (error) => error.message);
  assert.match(await refusal("edit", { do: "crash", node: 0 }, 1), /watched, not changed/);
  assert.match(await refusal("eval", "1"), /no such verb/);
  assert.match(await refusal("load", { scenario: "x".repeat(70_000) }), /at most/);
  assert.equal((await asked(page, "state")).error, null);
  await alone.context().close();
  await page.context().close();
});

test("a staged situation and settings can be named, and the run stands still until somebody plays it", async () => {
  const page = await open("staged");
  await inside(page);
  const state = await asked(page, "state");
  assert.deepEqual([state.lesson.stage, state.nodes.length, state.playing], ["crash", 4, false]);
  assert.equal(state.edits.length, 1);
  await page.context().close();
});

test("an answer and a step are told to the host, once each", async () => {
  const page = await open("card", { viewport: { width: 1300, height: 900 } });
  const frame = await inside(page);
  await hearing(page);
  const heard = () => page.evaluate(() => globalThis.heard);
  await frame.locator("[data-testid=prediction] label").nth(1).click();
  await frame.getByTestId("reveal").click();
  await eventually(async () => {
    const reveal = frame.getByTestId("reveal");
    if ((await reveal.count()) > 0) await reveal.click({ timeout: 1_000 });
    assert.equal((await heard()).length, 1, "nothing is heard");
  });
  assert.deepEqual(await heard(), [["answered", { scenario: "partial-failure", guess: 1, answer: 2, right: false }]]);
  await asked(page, "load", { scenario: "partial-failure", edits: [{ at_us: 1_150_000, do: "crash", node: 4 }] });
  await asked(page, "seek", 3_000_000);
  await eventually(async () => assert.equal((await heard()).filter(([kind]) => kind === "step").length, 1));
  const [, step] = (await heard()).find(([kind]) => kind === "step");
  assert.deepEqual(step, { scenario: "partial-failure", step: 0, of: 3 });
  await page.context().close();
});

test("a broken promise is told to the host, once, and not before it breaks", async () => {
  const page = await open("broken");
  await inside(page);
  await hearing(page);
  const heard = () => page.evaluate(() => globalThis.heard.filter(([kind]) => kind === "violated"));
  const whole = (state) => state.checks.every((check) => check.verdict !== "violated");
  assert.ok(whole(await asked(page, "seek", 10_000)));
  assert.deepEqual(await heard(), []);
  assert.ok(!whole(await asked(page, "seek", 1_000_000)));
  await eventually(async () => assert.equal((await heard()).length, 1));
  await asked(page, "seek", 900_000);
  const [[, { scenario, promise, why }]] = await heard();
  assert.deepEqual([scenario, promise, why.length > 10], ["timing-matrix", "Agreement", true]);
  assert.equal((await heard()).length, 1);
  await page.context().close();
});

test("off screen time stands still, and goes on when it is seen again", async () => {
  const page = await open("far");
  const element = page.locator("fault-line");
  await element.scrollIntoViewIfNeeded();
  const frame = await inside(page);
  await frame.getByTestId("play").click();
  await eventually(async () => assert.equal((await asked(page, "state")).playing, true));
  await page.evaluate(() => scrollTo(0, 0));
  await eventually(async () => assert.equal((await asked(page, "state")).playing, false));
  await element.scrollIntoViewIfNeeded();
  await eventually(async () => assert.equal((await asked(page, "state")).playing, true));
  await page.context().close();
});

test("the wheel over an embed scrolls the page around it", async () => {
  const page = await open("far");
  await page.locator("fault-line").scrollIntoViewIfNeeded();
  await inside(page);
  const box = await page.locator("iframe").boundingBox();
  const before = await page.evaluate(() => scrollY);
  await page.mouse.move(box.x + box.width / 2, box.y + 150);
  await page.mouse.wheel(0, 200);
  await eventually(async () => assert.ok((await page.evaluate(() => scrollY)) > before));
  await page.context().close();
});

// Plain data of every shape, by a generator that gives the same each time.
function hostile(count) {
  let seed = 7;
  const roll = (n) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % n;
  };
  const words = ["", "play", "edit", "__proto__", "constructor", "state", "x".repeat(3_000), "\u0000", "load", "seek"];
  const value = (deep) => {
    const kinds = [() => null, () => roll(9) - 4, () => words[roll(words.length)], () => true, () => 1e308, () => -0.5];
    if (deep > 0) {
      kinds.push(() => Array.from({ length: roll(4) }, () => value(deep - 1)));
      kinds.push(() => Object.fromEntries(Array.from({ length: roll(4) }, () => [words[roll(words.length)], value(deep - 1)])));
    }
    return kinds[roll(kinds.length)]();
  };
  return Array.from({ length: count }, (_, i) => (i % 3 === 0 ? value(3) : { faultline: i % 5 === 0 ? value(1) : 1, id: value(1), verb: value(1), argument: value(3) }));
}

test("a thousand hostile messages leave the run as it was, and the page answers on", async () => {
  const page = await open("two");
  const frame = await inside(page);
  await asked(page, "seek", 300_000);
  const hash = await asked(page, "hash");
  // A verb is a verb, whoever says it: these are all but the verbs.
  const verbs = ["load", "play", "pause", "step", "back", "seek", "fork", "edit", "state", "hash", "link"];
  const messages = hostile(1_000).filter((m) => !(m && verbs.includes(m.verb)));
  assert.ok(messages.length > 700);
  const post = (messages) =>
    page.evaluate((messages) => {
      const { contentWindow } = document.querySelector("fault-line").shadowRoot.querySelector("iframe");
      const round = { faultline: 1, id: 1, verb: "edit" };
      round.argument = round;
      for (const message of [...messages, round]) contentWindow.postMessage(message, "*");
    }, messages);
  await post(messages);
  await frames(page, 5);
  assert.equal(await asked(page, "hash"), hash);
  assert.equal(await frame.getByTestId("error").count(), 0);
  // The frame of an element is not among those that others in the page can name.
  assert.equal(await (await inside(page, 1)).evaluate(() => parent.frames.length), 0);
  assertQuiet(page);
  await page.context().close();
});

test("a frame beside this one is no parent of it, and is not heard", async () => {
  const page = await open("beside");
  const [one, other] = [await inside(page, 0), await inside(page, 1)];
  await one.evaluate(() => faultline.seek(300_000));
  const hash = await one.evaluate(() => faultline.hash());
  await other.evaluate(() => parent.frames[0].postMessage({ faultline: 1, id: 9, verb: "seek", argument: 900_000 }, "*"));
  await frames(page, 5);
  assert.equal(await one.evaluate(() => faultline.hash()), hash);
  assertQuiet(page);
  await page.context().close();
});

test("however low the frame, the stage is seen, and nothing lies over its nodes", async () => {
  for (const width of [720, 360]) {
    for (const height of HEIGHTS) {
      const page = await open(`w${width}h${height}`, { viewport: { width: 800, height: 900 } });
      const frame = await inside(page);
      const found = await eventually(() =>
        frame.evaluate(() => {
          const box = (selector) => document.querySelector(selector).getBoundingClientRect();
          const transport = box(".transport");
          const discs = [...document.querySelectorAll(".node .disc")].map((disc) => disc.getBoundingClientRect());
          return { low: Math.max(...discs.map((d) => d.bottom)), transport: transport.top, end: transport.bottom, high: box(".stage").height, frame: innerHeight };
        }),
      );
      const where = `${width} x ${height}: ${JSON.stringify(found)}`;
      assert.ok(found.low <= found.transport + 1, `the transport lies over a node at ${where}`);
      assert.ok(found.end <= found.frame + 1, `the transport is not seen at ${where}`);
      assert.ok(found.high >= 100, `no room for the stage at ${where}`);
      await page.context().close();
    }
  }
});

test("the way out opens the whole page at the very moment", async () => {
  const page = await open("one");
  const frame = await inside(page);
  await asked(page, "seek", 400_000);
  await asked(page, "edit", { do: "crash", node: 1 });
  const hash = await asked(page, "hash");
  const [whole] = await Promise.all([page.context().waitForEvent("page"), frame.getByTestId("open-full").click()]);
  await whole.getByTestId("node-0").waitFor({ timeout: PATIENCE });
  assert.equal(new URL(whole.url()).search, "");
  await eventually(async () => assert.equal(await whole.evaluate(() => faultline.hash()), hash));
  await page.context().close();
});
