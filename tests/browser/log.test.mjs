// The log of a long run: sentences, filtered by kind, node and words; a screenful of rows on the page and the
// true number of them for assistive technology; the keyboard; and one selection in four views.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, barriers, hook, SIZES, start, visible } from "./harness.mjs";
import { ask, clickNode, countFrames, eventually, frames, openScenario, openTab, settled } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

const rows = (page) => hook(page, "log-rows");
const drawn = (page) => rows(page).locator("[role=row]").count();
const rowCount = async (page) => Number(await rows(page).getAttribute("aria-rowcount"));
// Waits until the log has come and the rows are all found, of what was asked for last.
async function found(page) {
  await visible(page, "log-count");
  await settled(page);
  await page.waitForFunction(() => !/so far/.test(document.querySelector("[data-testid=log-count]").textContent));
}

// The log of a scenario at a number of events.
async function logAt(id, events, context) {
  const page = await openScenario(site, id, context);
  await ask(page, "step", events);
  await openTab(page, "Log");
  await visible(page, "log-rows");
  await found(page);
  return page;
}

async function everyEvent(page) {
  await hook(page, "log-kind").selectOption("Every event");
  await found(page);
}

test("100,000 events are 100,000 rows, of which a screenful is on the page, searched over many frames", async () => {
  const page = await openScenario(site, "raft-replication");
  for (let i = 0; i < 10; i += 1) await ask(page, "step", 10_000);
  assert.equal((await ask(page, "state")).events, 100_000);
  // Frames that came, and the longest stretch without one, while rows are found and a word is searched.
  await countFrames(page);
  await openTab(page, "Log");
  await visible(page, "log-rows");
  await everyEvent(page);
  assert.equal(await rowCount(page), 100_000);
  const few = await drawn(page);
  assert.ok(few > 8 && few < 60, `${few} rows on the page`);
  const last = await rows(page).locator("[role=row]").last().getAttribute("aria-rowindex");
  assert.equal(last, "100000", "the newest is in sight");
  for (const part of [0, 0.33, 0.8]) {
    await rows(page).evaluate((e, part) => (e.scrollTop = e.scrollHeight * part), part);
    await eventually(async () => {
      const at = await rows(page).evaluate((view) => {
        const box = view.getBoundingClientRect();
        const seen = [...view.querySelectorAll("[role=row]")].find((r) => r.getBoundingClientRect().bottom > box.top + 2);
        return Number(seen?.getAttribute("aria-rowindex"));
      });
      assert.ok(Math.abs(at - 100_000 * part) < 2_000 + 30, `row ${at} at ${part}`);
    });
    assert.equal(await drawn(page), few, "the page grows while it is scrolled");
  }
  const before = await page.evaluate(() => globalThis.frames);
  await hook(page, "log-text").fill("vote");
  await found(page);
  assert.ok((await rowCount(page)) > 0);
  const during = (await page.evaluate(() => globalThis.frames)) - before;
  assert.ok(during > 3, `the search of 100,000 events left room for ${during} frames only`);
  const longest = await page.evaluate(() => globalThis.longest);
  console.log(`# longest frame while the log of 100,000 events was opened, filtered and searched: ${longest.toFixed(0)} ms`);
  assertQuiet(page);
  await page.context().close();
});

test("kind, node and words each leave only what they say", async () => {
  const page = await logAt("raft-replication", 3_000);
  await ask(page, "edit", { do: "crash", node: 2 });
  await ask(page, "step", 500);
  const texts = () => rows(page).locator(".text").allInnerTexts();
  await everyEvent(page);
  const all = await rowCount(page);
  const only = async (kind, says) => {
    await hook(page, "log-kind").selectOption(kind);
    await found(page);
    const count = await rowCount(page);
    assert.ok(count > 0 && count < all, `${kind}: ${count} of ${all}`);
    const odd = (await texts()).filter((t) => !says.test(t));
    assert.deepEqual(odd, [], kind);
  };
  await only("Losses", /is lost: /);
  await only("Edits and requests", /crashes|is asked/);
  await everyEvent(page);
  await hook(page, "log-node").selectOption("1");
  await found(page);
  const { nodes } = await ask(page, "state");
  const ofNode = await rowCount(page);
  assert.ok(ofNode > 0 && ofNode < all);
  await hook(page, "log-text").fill("no sentence says this");
  await found(page);
  assert.match(await hook(page, "log-count").innerText(), /^None of/);
  await hook(page, "log-text").fill(nodes[1].name.toLowerCase());
  await found(page);
  assert.ok((await texts()).every((t) => t.includes(nodes[1].name)), (await texts()).join(" / "));
  await page.context().close();
});

test("one selection, four views: a row picks its event, and stage, diagram, log and state show it", async () => {
  const page = await logAt("raft-election", 400);
  const row = rows(page).locator("[role=row]").nth(3);
  await row.click();
  await settled(page);
  assert.equal(await row.getAttribute("aria-selected"), "true");
  const number = Number((await row.getAttribute("id")).slice("log-".length));
  // The diagram shows the key to its causes; the stage the node at which it happened.
  assert.ok((await page.locator(".timeline").innerText()).includes("concurrent"));
  const picked = await page.locator(".node.picked").getAttribute("data-testid");
  await openTab(page, "Node");
  const change = await visible(page, "change");
  assert.match(await change.innerText(), new RegExp(`event ${number + 1} changed at`, "i"));
  const name = (await ask(page, "state")).nodes[Number(picked.slice("node-".length))].name;
  assert.match(await change.locator("h2").innerText(), new RegExp(`${name}$`, "i"));
  await change.getByRole("button", { name: "Go to this event" }).click();
  assert.equal((await ask(page, "state")).events, number + 1);
  // And the same from the stage: the rows of a node that is picked are marked in the log.
  await clickNode(page, 2);
  await openTab(page, "Log");
  await rows(page).locator(".about").first().waitFor();
  assertQuiet(page);
  await page.context().close();
});

test("the state before and after an event is what the run shows before and after it", async () => {
  const page = await logAt("raft-election", 400);
  await hook(page, "log-text").fill("term");
  await found(page);
  await rows(page).locator("[role=row]").first().click();
  const number = Number((await rows(page).locator("[aria-selected=true]").getAttribute("id")).slice("log-".length));
  await openTab(page, "Node");
  const lines = await (await visible(page, "change")).locator("dl").evaluate((dl) =>
    [...dl.querySelectorAll("dt")].map((dt) => [
      dt.textContent,
      dt.nextElementSibling.querySelector("del").lastChild.textContent,
      dt.nextElementSibling.querySelector("ins").lastChild.textContent,
    ]),
  );
  const node = Number((await page.locator(".node.picked").getAttribute("data-testid")).slice("node-".length));
  const at = async (events) => {
    const { events: now } = await ask(page, "state");
    return (await ask(page, now > events ? "back" : "step", Math.abs(now - events))).nodes[node];
  };
  const [before, after] = [await at(number), await at(number + 1)];
  assert.ok(lines.length > 0);
  const value = (n, name) => n.fields[name] ?? n[name];
  for (const [name, old, now] of lines.filter(([name]) => name !== "cells")) {
    assert.deepEqual([value(before, name) || "–", value(after, name) || "–"], [old, now], name);
  }
  await page.context().close();
});

test("by keyboard: arrows, pages and ends move from event to event, Enter goes there, and the row is named", async () => {
  const page = await logAt("raft-replication", 2_000);
  await everyEvent(page);
  await rows(page).focus();
  const active = () =>
    page.evaluate(() => {
      const id = document.activeElement.getAttribute("aria-activedescendant");
      const row = id && document.getElementById(id);
      return row && { at: Number(row.getAttribute("aria-rowindex")), picked: row.getAttribute("aria-selected") };
    });
  const press = async (key, at) => {
    await page.keyboard.press(key);
    await page.waitForFunction(
      (at) => {
        const id = document.activeElement.getAttribute("aria-activedescendant");
        return id && document.getElementById(id)?.getAttribute("aria-rowindex") === String(at);
      },
      at,
    );
    assert.deepEqual(await active(), { at, picked: "true" });
  };
  await press("End", 2_000);
  await press("ArrowUp", 1_999);
  await press("ArrowDown", 2_000);
  await press("Home", 1);
  await press("ArrowDown", 2);
  await page.keyboard.press("PageDown");
  const at = await eventually(async () => {
    const { at } = (await active()) ?? {};
    assert.ok(at > 4 && at < 60, `PageDown leads to ${at}`);
    return at;
  });
  await page.keyboard.press("Enter");
  assert.equal((await ask(page, "state")).events, at, "Enter goes to the event");
  assertQuiet(page);
  await page.context().close();
});

test("the live region says the sentence that the log has", async () => {
  const page = await logAt("raft-election", 200);
  await everyEvent(page);
  await hook(page, "step").click();
  await settled(page);
  const said = await hook(page, "live").innerText();
  await found(page);
  assert.equal(await rows(page).locator(".text").last().innerText(), said);
  await page.context().close();
});

test("axe-core finds nothing in the log and in a node's change, at any size, light or dark", async () => {
  const found = [];
  for (const size of ["desktop", "phone", "narrow"]) {
    const page = await logAt("raft-election", 300, { viewport: SIZES[size] });
    await rows(page).locator("[role=row]").last().click();
    for (const tab of ["Log", "Node"]) {
      await openTab(page, tab);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        found.push(...(await barriers(page, `${tab}, ${size}, ${colorScheme}`)));
      }
    }
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(wide <= 0, `${size}: ${wide} px too wide`);
    await page.context().close();
  }
  assert.deepEqual([...new Set(found)], []);
});

test("a row that is clicked stays in sight when what is said of it takes room", async () => {
  for (const size of ["desktop", "tablet"]) {
    const page = await openScenario(site, "raft-election", { options: "?seed=7", viewport: SIZES[size] });
    await ask(page, "seek", 3_500_000);
    await openTab(page, "Log");
    await found(page);
    for (const part of [0.1, 0.5, 1]) {
      const i = Math.round(part * ((await drawn(page)) - 1));
      // Looked up once and then meant by its name: scrolling draws other rows, and what was the third is the fifth.
      const id = await rows(page).locator("[role=row]").nth(i).getAttribute("id");
      const row = page.locator(`[id="${id}"]`);
      await row.click();
      await visible(page, "why");
      await settled(page);
      await frames(page);
      await eventually(async () => {
        const [view, picked] = [await rows(page).boundingBox(), await row.boundingBox()];
        assert.ok(
          picked && picked.y >= view.y - 1 && picked.y + picked.height <= view.y + view.height + 1,
          `${size}, row ${i}: ${JSON.stringify({ view, picked })}`,
        );
      });
      await page.keyboard.press("Escape");
      await hook(page, "why").waitFor({ state: "detached" });
    }
    await page.context().close();
  }
});

test("a log that is left before its next frame comes is left in peace", async () => {
  const page = await logAt("raft-replication", 10_000);
  await hook(page, "log-text").fill("no sentence says this");
  await openTab(page, "Checks");
  // Opened, a search of all events begins, which goes on with every frame; and closed within the same.
  await page.evaluate(async () => {
    const tab = (name) => [...document.querySelectorAll("[role=tab]")].find((t) => t.textContent === name);
    for (let i = 0; i < 5; i += 1) {
      tab("Log").click();
      await Promise.resolve();
      tab("Checks").click();
      for (let i = 0; i < 2; i += 1) await new Promise(requestAnimationFrame);
    }
  });
  await visible(page, "checks");
  assertQuiet(page);
  await page.context().close();
});
