// The page inside another: no chrome, an address that stays as it was given, and only the parts that
// were asked for.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, frames, holds, openScenario, settled, until } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("an embed shows stage and time, paused, and never rewrites its address", async () => {
  const page = await openScenario(site, "raft-election", { search: "?embed=1" });
  await visible(page, "timeline");
  for (const name of ["share", "embed", "lesson", "inspector", "help"]) {
    assert.equal(await hook(page, name).count(), 0, `${name} is shown`);
  }
  const address = () => page.evaluate(() => location.href);
  const given = await address();
  assert.equal((await ask(page, "state")).playing, false);
  await hook(page, "play").click();
  await until(page, "it plays", (s) => s.events > 5);
  await hook(page, "pause").click();
  await ask(page, "edit", { do: "crash", node: 0 });
  await ask(page, "seek", 900_000);
  await frames(page);
  assert.equal(await address(), given);
  await assertAccessible(page, "an embed");
  assertQuiet(page);
  await page.context().close();
});

test("without ?embed the address follows the run, and leads back to it", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 400_000);
  await ask(page, "edit", { do: "crash", node: 0 });
  await page.waitForFunction(() => location.hash.startsWith("#/x/1"));
  await page.context().close();
});

test("&ui= chooses the parts, &theme= the colours, &speed= the speed, &lock= the hands", async () => {
  const search = "?embed=1&ui=stage,log,lesson&theme=dark&speed=0.5&lock=1";
  const page = await openScenario(site, "raft-election", { search });
  await visible(page, "lesson");
  await visible(page, "inspector");
  assert.equal(await hook(page, "timeline").count(), 0);
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  assert.equal((await ask(page, "state")).speed, 0.5);
  const refused = await ask(page, "edit", { do: "crash", node: 0 });
  assert.match(refused.error.message, /watched, not changed/);
  assert.equal((await ask(page, "state")).edits.length, 0);
  await assertAccessible(page, "a locked embed");
  assertQuiet(page);
  await page.context().close();
});

test("a locked page offers nothing on the stage that edits: no menu, no line that cuts", async () => {
  const page = await openScenario(site, "raft-election", { search: "?embed=1&lock=1" });
  const box = await hook(page, "node-0").locator(".disc").boundingBox();
  await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  await page.locator(".node.picked").waitFor();
  await settled(page);
  assert.equal(await hook(page, "stage-menu").count(), 0);
  const stage = await hook(page, "stage").boundingBox();
  await page.mouse.move(stage.x + 10, stage.y + 10);
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width - 10, stage.y + stage.height - 10, { steps: 5 });
  await page.mouse.up();
  await settled(page);
  assert.equal(await hook(page, "error").count(), 0, "it offers what it refuses");
  assert.equal((await ask(page, "state")).edits.length, 0);
  assertQuiet(page);
  await page.context().close();
});

test("the embed's snippet opens the very run", async () => {
  const page = await openScenario(site, "raft-partition");
  await ask(page, "seek", 500_000);
  await ask(page, "edit", { do: "pause", node: 0 });
  await hook(page, "embed").click();
  const snippet = await hook(page, "embed-snippet").inputValue();
  // Read by a page that has no policy.
  const blank = await page.context().newPage();
  const address = await blank.evaluate((html) => {
    const frame = new DOMParser().parseFromString(html, "text/html").querySelector("iframe");
    return frame.title.length > 5 && frame.getAttribute("sandbox") === "allow-scripts" ? frame.src : "";
  }, snippet);
  assert.ok(address.startsWith(site.base), snippet);
  const inside = await site.open(address.slice(site.base.length));
  await visible(inside, "node-0");
  assert.equal(await ask(inside, "hash"), await ask(page, "hash"));
  await page.context().close();
  await inside.context().close();
});

test("what is chosen in the dialog is in the text for each host, and the preview shows it", async () => {
  const page = await openScenario(site, "raft-partition");
  await ask(page, "seek", 500_000);
  await hook(page, "embed").click();
  const snippet = () => hook(page, "embed-snippet").inputValue();
  const tick = (name) => page.locator("dialog label.switch", { hasText: name }).click();
  await tick("Diagram over time");
  await tick("Lesson and question");
  await tick("Only to be watched");
  await page.getByRole("button", { name: "Dark", exact: true }).click();
  await hook(page, "embed-speed").selectOption("0.25 s a second");
  await settled(page);
  assert.match(await snippet(), /\?embed=1&amp;ui=stage,lesson&amp;theme=dark&amp;speed=0.25&amp;lock=1#\/x\//);
  await page.getByRole("button", { name: "Preview, 390 px" }).click();
  const frame = page.frameLocator("[data-testid=embed-preview]");
  await frame.getByTestId("node-0").waitFor();
  await frame.getByTestId("lesson").waitFor();
  assert.equal(await frame.locator("html").getAttribute("data-theme"), "dark");
  assert.equal(await frame.getByTestId("timeline").count(), 0);
  const texts = {};
  for (const host of await hook(page, "embed-host").locator("option").allTextContents()) {
    await hook(page, "embed-host").selectOption(host);
    await settled(page);
    texts[host] = await snippet();
    assert.ok((await hook(page, "embed-note").innerText()).length > 20, host);
  }
  assert.equal(Object.keys(texts).length, 9);
  assert.match(texts.MkDocs, /<script src="[^"]*embed\.js" defer><\/script>\n<fault-line run="[^"]+" title="[^"]+" ui="stage,lesson" theme="dark" speed="0.25" lock>/);
  assert.match(texts.Quarto, /^```\{=html\}\n<iframe/);
  assert.match(texts.Jupyter, /^%%html\n<iframe/);
  await assertAccessible(page, "the dialog for another page");
  assertQuiet(page);
  await page.context().close();
});

test("a file dropped on an embed opens, and the history of the page around it gets no entry", async () => {
  const page = await openScenario(site, "raft-election", { search: "?embed=1" });
  const history = () => page.evaluate(() => [globalThis.history.length, location.href]);
  const before = await history();
  // From a moment after the first frame the page listens to files.
  await hook(page, "aside").waitFor({ state: "attached" });
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.items.add(new File(['{"faultline":1,"scenario":"two-generals","seed":3}'], "run.json"));
    document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await holds(page, async () => (await window.faultline.state()).scenario === "two-generals");
  assert.deepEqual(await history(), before);
  await page.context().close();
});
