// Saving, opening and exporting as a person does it: by the dialog, and by dropping a file on the page.
// What is saved opens again to the bit, here and in the tool; what is no run changes nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, PREFIX, SIZES, start, visible } from "./harness.mjs";
import { ask, drawn, errorOf, eventually, openScenario, settled, until } from "./hands.mjs";
import { tool } from "./tool.mjs";

const FRAMED = `<!doctype html><html lang="en"><title>a page with a frame</title><link rel="icon" href="data:,">
<iframe title="frame" sandbox="allow-scripts" width="1200" height="800" src="${PREFIX}#/s/raft-election?seed=9"></iframe>`;

let site;
before(async () => {
  site = await start({ extra: { "/framed": FRAMED } });
});
after(() => site?.close());

// A run of which something has been made.
async function busy() {
  const page = await openScenario(site, "raft-election", { options: "?seed=9" });
  await ask(page, "seek", 600_000);
  await ask(page, "edit", { do: "crash", node: 3 });
  await ask(page, "seek", 1_200_000);
  // What comes after the stage takes room from it, and pictures are as large as what they show.
  for (const part of ["diagram", "aside"]) await hook(page, part).waitFor({ state: "attached" });
  await settled(page);
  return page;
}

async function openDialog(page) {
  await hook(page, "files").click();
  return visible(page, "dialog");
}

// Presses a button of the dialog; the file that comes of it: its name and bytes.
async function saved(page, name) {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("dialog").getByRole("button", { name }).click(),
  ]);
  await page.waitForFunction(() => /^Saved as/.test(document.querySelector("[data-testid=saved]").textContent));
  return { name: download.suggestedFilename(), path: await download.path(), bytes: readFileSync(await download.path()) };
}

async function run(page) {
  const { scenario, seed, time_us, events, edits } = await ask(page, "state");
  return { scenario, seed, time_us, events, edits, hash: await ask(page, "hash") };
}

const file = (text, name = "run.json") => ({ name, mimeType: "application/json", buffer: Buffer.from(text) });

// Drops a file on the middle of the page, once that listens to files: a moment after the first frame.
async function drop(page, text, name = "run.json") {
  await hook(page, "aside").waitFor({ state: "attached" });
  const data = await page.evaluateHandle(
    ([text, name]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name, { type: "application/json" }));
      return data;
    },
    [text, name],
  );
  await page.dispatchEvent("main", "dragenter", { dataTransfer: data });
  await visible(page, "drop");
  await assertAccessible(page, "a file over the page");
  await page.dispatchEvent("main", "drop", { dataTransfer: data });
  await hook(page, "drop").waitFor({ state: "detached" });
}

test("a saved run opens again to the bit, from the gallery and in the tool", async () => {
  const page = await busy();
  await openDialog(page);
  const mine = await run(page);
  const { name, path, bytes } = await saved(page, "Save this run");
  assert.equal(name, "raft-election-9.json");
  assert.equal(tool("hash", path).split(/\s+/)[0], mine.hash, "in the tool");

  const other = await site.open("#/");
  await visible(other, "gallery");
  await openDialog(other);
  await assertAccessible(other, "the dialog in the gallery");
  await hook(other, "file").setInputFiles(file(bytes));
  await drawn(other);
  await until(other, "the moment of the file", (state) => state.time_us === mine.time_us);
  assert.deepEqual(await run(other), mine);
  assert.equal(await other.getByRole("dialog").count(), 0, "the dialog has closed");
  for (const p of [page, other]) {
    assertQuiet(p);
    await p.context().close();
  }
});

// Fails if a browser does not draw this picture by itself.
async function draws(svg) {
  const page = await site.browser.newPage();
  const width = await page.evaluate(async (svg) => {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    await image.decode();
    return image.naturalWidth;
  }, svg);
  assert.ok(width > 300, `${width} pixels wide`);
  await page.close();
}

test("every other form is written with its name, and says what the run says", async () => {
  const page = await busy();
  await openDialog(page);
  const mine = await run(page);
  const form = async (button, name) => {
    const file = await saved(page, button);
    assert.equal(file.name, name);
    return file.bytes;
  };
  for (const what of ["Diagram", "Stage"]) {
    const svg = String(await form(`${what}: SVG`, `raft-election-9-${what.toLowerCase()}.svg`));
    const [width, height] = ["width", "height"].map((name) => Number(svg.match(`^<svg [^>]*${name}="([0-9.]+)"`)?.[1]));
    await draws(svg);
    assert.ok(width > 300 && height > 100, `${what}: ${width} x ${height}`);
    const png = await form(`${what}: PNG`, `raft-election-9-${what.toLowerCase()}.png`);
    assert.equal(png.toString("latin1", 1, 4), "PNG");
    assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [2 * width, 2 * height], "twice as sharp");
    assert.ok(png.length > 5_000, `${what}: ${png.length} bytes: nothing was drawn`);
  }
  const lines = String(await form("Every event: JSON lines", "raft-election-9-events.jsonl")).trim().split("\n").map(JSON.parse);
  assert.equal(lines.length, mine.events + 2);
  assert.equal(lines.at(-1).hash, mine.hash);
  const log = String(await form("Every event: ShiViz log", "raft-election-9-shiviz.log"));
  assert.equal([...log.trim().matchAll(/(?<event>.*)\n(?<host>\S*) (?<clock>{.*})/g)].length, mine.events);
  const [names, values] = String(await form("Measures: CSV", "raft-election-9-measures.csv")).trim().split("\n");
  assert.equal(names.split(",").length, values.split(",").length);
  assert.match(values, /^9,/);
  assertQuiet(page);
  await page.context().close();
});

test("a dropped file opens, and Back leads to the run before", async () => {
  const page = await busy();
  const mine = await run(page);
  await page.waitForFunction(() => location.hash.startsWith("#/x/"));
  await drop(page, '{"scenario": "two-generals", "seed": 5, "at_us": 100000}');
  await until(page, "the file's run", (state) => state.scenario === "two-generals");
  await page.goBack();
  await until(page, "the run before", (state) => state.scenario === "raft-election" && state.time_us === mine.time_us);
  assert.deepEqual(await run(page), mine);
  assertQuiet(page);
  await page.context().close();
});

const BAD = [
  ["no JSON", "hello", /no scenario: in line 1/],
  ["nothing", "", /no scenario/],
  ["of a newer version", '{"faultline": 2, "scenario": "raft-nine"}', /of version 2/],
  ["of no scenario", '{"scenario": "nowhere"}', /no scenario 'nowhere'/],
  ["with a fault that is none", '{"scenario": "raft-nine", "edits": [{"at_us": 1, "do": "sing"}]}', /edits\[0\]\.do: there is no 'sing'/],
  ["a picture", "\x89PNG\r\n\x1a\n\0\0\0", /no scenario/],
  ["too large", " ".repeat(5 << 20), /larger than 4 MiB/],
];

test("a file that is no run gets its sentence, in the dialog and on the page, and nothing is lost", async () => {
  const page = await busy();
  const mine = await run(page);
  await openDialog(page);
  for (const [what, text, pattern] of BAD) {
    // Another verb clears the sentence before.
    await ask(page, "pause");
    await hook(page, "file-error").waitFor({ state: "detached" });
    await hook(page, "file").setInputFiles(file(text, "mine.json"));
    const said = await (await visible(page, "file-error")).innerText();
    assert.match(said, pattern, what);
    assert.match(said, /^[\p{Lu}'"][^\n]*[.?!]$/u, `${what}: '${said}'`);
    assert.deepEqual(await run(page), mine, what);
  }
  await assertAccessible(page, "the dialog with a refusal");
  await page.keyboard.press("Escape");
  for (const [what, text, pattern] of BAD.slice(0, 3)) {
    await ask(page, "pause");
    await drop(page, text);
    await eventually(async () => assert.match(await errorOf(page), pattern, what));
    assert.deepEqual(await run(page), mine, what);
  }
  assertQuiet(page);
  await page.context().close();
});

test("the dialog is for keys, readers and narrow screens", async () => {
  const page = await busy();
  await page.setViewportSize(SIZES.narrow);
  await hook(page, "files").focus();
  await page.keyboard.press("Enter");
  const dialog = await visible(page, "dialog");
  await assertAccessible(page, "the dialog");
  const names = await dialog.getByRole("button").evaluateAll((all) => all.map((b) => b.getAttribute("aria-label") ?? b.textContent));
  assert.equal(new Set(names).size, names.length, `each its own name: ${names}`);
  const wide = await dialog.evaluate((d) => d.scrollWidth - d.clientWidth);
  assert.ok(wide <= 0, `${wide} pixels too wide`);
  await page.keyboard.press("Escape");
  await eventually(async () =>
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "files", "the focus is back"));
  assertQuiet(page);
  await page.context().close();
});

test("in a frame that may not save files the page says so", async () => {
  const page = await site.open("/framed");
  const frame = page.frameLocator("iframe");
  await frame.getByTestId("node-0").waitFor();
  await frame.getByTestId("files").click();
  for (const name of ["Save this run", "Stage: PNG"]) {
    await frame.getByRole("button", { name }).click();
    await frame.getByText(/may not save files|save the picture as SVG/).waitFor();
  }
  page.complaints = page.complaints.filter((text) => !/Download is disallowed|sandboxed/.test(text));
  assertQuiet(page);
  await page.context().close();
});
