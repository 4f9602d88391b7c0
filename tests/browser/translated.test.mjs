// A page that the browser translates: it goes on, says what it would say, and nothing stale is left.
//
// Two pages do the same, and one of them is translated in between, again and again: text by text it must come to the
// same as the other.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, drawn, eventually, openScenario, settled } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

// What the translations of browsers do to each text: other words in two <font> in its place; in one go, or put beside it
// and it taken away; what was translated before, once more.
const translate = (page, way) =>
  page.evaluate((way) => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walker.nextNode()) {
      const at = walker.currentNode;
      const skip = at.parentNode.closest("script, style, svg, font, [translate=no]");
      if (!skip && at.data.trim()) texts.push(at);
    }
    const words = (text) => {
      const [outer, inner] = [document.createElement("font"), document.createElement("font")];
      inner.textContent = `\u2039${text.replaceAll(/[\u2039\u203a]/g, "")}\u203a`;
      outer.append(inner);
      return outer;
    };
    for (const text of texts) {
      if (way === "beside") {
        text.parentNode.insertBefore(words(text.data), text);
        text.remove();
      } else {
        text.replaceWith(words(text.data));
      }
    }
    if (way === "again") {
      for (const font of document.querySelectorAll("font > font")) font.parentNode.replaceWith(words(font.textContent));
    }
    return texts.length;
  }, way);

// All that the page says, without what a translation has put around it. In a drawing the titles count: how much of a text is
// shown there depends on the room, and a translation takes some.
const said = (page) =>
  page.evaluate(() => {
    const body = document.body.cloneNode(true);
    for (const text of body.querySelectorAll("svg text")) text.remove();
    return body.textContent.replaceAll(/[\u2039\u203a]|\s/g, "");
  });

// Fails where the two say different things, and shows the place.
async function assertSame(translated, plain, what) {
  const [one, other] = [await said(translated), await said(plain)];
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const around = (text) => text.slice(Math.max(0, at - 40), at + 60);
  assert.equal(around(one), around(other), what);
}

// What hands do, and what is there then.
const DEEDS = [
  ["steps", async (page) => { for (let i = 0; i < 3; i += 1) await hook(page, "step").click(); }],
  ["goes on", (page) => ask(page, "seek", 700_000)],
  ["picks a node", async (page) => { await hook(page, "node-1").focus(); await page.keyboard.press("Enter"); await visible(page, "stage-menu"); }],
  ["crashes it", (page) => ask(page, "edit", { do: "crash", node: 1 })],
  ...["Node", "Timing", "Checks", "Measures", "Log", "Text", "Link"].map((tab) => [`the tab ${tab}`, (page) => page.locator(`#tab-${tab}`).click()]),
  ["begins a partition", (page) => ask(page, "edit", { do: "partition", groups: [[0, 1], [2, 3, 4]] })],
  ["is refused", (page) => page.evaluate(() => globalThis.faultline.edit({ do: "crash", node: 99 }))],
  ["opens help", (page) => hook(page, "help").click()],
  ["closes it", (page) => page.keyboard.press("Escape")],
  ["opens files", (page) => hook(page, "files").click()],
  ["closes them", (page) => page.keyboard.press("Escape")],
  ["forks", (page) => hook(page, "fork").click()],
  ["takes back", (page) => hook(page, "history-undo").click()],
  ["passes over", (page) => ask(page, "seek", 1_500_000)],
  ["goes back", (page) => ask(page, "back", 20)],
  ["begins again", (page) => hook(page, "reset").click()],
  ["goes to the gallery", async (page) => { await page.evaluate(() => void (location.hash = "#/")); await visible(page, "gallery"); }],
  ["opens another", async (page) => { await page.evaluate(() => void (location.hash = "#/s/two-generals")); await drawn(page); }],
  ["steps there", (page) => hook(page, "step").click()],
];

for (const way of ["once", "beside", "again"]) {
  test(`a page that is translated (${way}) goes on, and says the same as one that is not`, async () => {
    const both = [await openScenario(site, "raft-election"), await openScenario(site, "raft-election")];
    const [translated, plain] = both;
    for (const page of both) await visible(page, "diagram");
    assert.ok((await translate(translated, way)) > 50, "there is something to translate");
    for (const [what, deed] of DEEDS) {
      for (const page of both) {
        await deed(page);
        await settled(page);
      }
      await eventually(() => assertSame(translated, plain, what), 5_000);
      await translate(translated, way);
      await settled(translated);
      await assertSame(translated, plain, `${what}, translated again`);
    }
    for (const page of both) {
      assertQuiet(page);
      await page.context().close();
    }
  });
}

test("the play button of a translated page says what it does, while time runs", async () => {
  const page = await openScenario(site, "raft-election", { search: "?speed=0.2" });
  await translate(page, "once");
  for (let i = 0; i < 3; i += 1) {
    await hook(page, "play").click();
    await eventually(async () => assert.equal(await hook(page, "pause").innerText(), "Pause"));
    await translate(page, "once");
    await hook(page, "pause").click();
    await eventually(async () => assert.equal(await hook(page, "play").innerText(), "Play"));
  }
  assertQuiet(page);
  await page.context().close();
});

test("as long as nobody translates, the page's nodes are the browser's own", async () => {
  const page = await openScenario(site, "raft-election");
  const own = () => page.evaluate(() => ["insertBefore", "removeChild"].map((verb) => /native code/.test(Node.prototype[verb])));
  assert.deepEqual(await own(), [true, true]);
  await page.context().close();
});
