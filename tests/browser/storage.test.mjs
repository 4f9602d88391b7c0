// Work survives: what a person has done is offered again after a reload, a crash of the page and a panic
// of its program; never against a link; and where nothing can be kept, the page says so once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, PREFIX, start, visible } from "./harness.mjs";
import { ask, beginName, drawn, errorOf, holds, openScenario, settled, until } from "./hands.mjs";

const framed = (search) => `<!doctype html><html lang="en"><title>a page with a frame</title><link rel="icon" href="data:,">
<iframe title="frame" sandbox="allow-scripts" width="1200" height="800" src="${PREFIX}${search}#/s/raft-election?seed=9"></iframe>`;

let site;
before(async () => {
  site = await start({ extra: { "/framed": framed(""), "/embedding": framed("?embed=1") } });
});
after(() => site?.close());

let visits = 0;
// Leaves for another address of the page, in a new document with the same storage.
async function visit(page, hash) {
  visits += 1;
  await page.goto(`${site.base}?visit=${visits}${hash}`);
}

const stored = (page) =>
  page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith("faultline.run")).map((k) => [k, localStorage[k]]));

// Waits until the page has looked at what was kept: if there is anything to offer, it is drawn.
async function looked(page) {
  await hook(page, "looked").waitFor({ state: "attached" });
  await settled(page);
}

// In a page of this context the looks at the run, of which there is one every half second, are counted.
const COUNTED = {
  prepare: (page) =>
    page.addInitScript(() => {
      const real = globalThis.setInterval;
      globalThis.looks = 0;
      const counted = (f) => () => {
        f();
        globalThis.looks += 1;
      };
      globalThis.setInterval = (f, ...rest) => real(counted(f), ...rest);
    }),
};

// Waits until the page has looked at the run as it is now.
async function lookedAgain(frame) {
  const looks = await frame.evaluate(() => globalThis.looks);
  await frame.waitForFunction((looks) => globalThis.looks > looks, looks);
  await settled(frame);
}

// Waits until the run as it is now was kept.
async function kept(page) {
  const { edits, time_us } = await ask(page, "state");
  await page.waitForFunction(
    ([edits, time_us]) =>
      Object.keys(localStorage).some((k) => {
        if (!k.startsWith("faultline.run")) return false;
        const run = JSON.parse(localStorage[k].slice(localStorage[k].indexOf("\n")));
        return (run.edits ?? []).length === edits && run.at_us === time_us;
      }),
    [edits.length, time_us],
  );
}

async function busy(options = "?seed=9") {
  const page = await openScenario(site, "raft-election", { options });
  await ask(page, "seek", 600_000);
  await ask(page, "edit", { do: "crash", node: 3 });
  await ask(page, "seek", 1_200_000);
  await kept(page);
  return page;
}

async function run(page) {
  const { scenario, seed, time_us, events, edits } = await ask(page, "state");
  return { scenario, seed, time_us, events, edits, hash: await ask(page, "hash") };
}

async function goOn(page, time_us) {
  await (await visible(page, "offer")).getByRole("button", { name: "Go on" }).click();
  await drawn(page);
  await until(page, "the moment that was kept", (state) => state.time_us >= time_us);
}

test("what was done is offered in the gallery, and goes on to the bit", async () => {
  const page = await busy();
  const mine = await run(page);
  await visit(page, "#/");
  const offer = await visible(page, "offer");
  assert.match(await offer.innerText(), /Go on where you were\?[^]*seed 9, 1 edit, at 1\.200 s; kept just now\./);
  assert.ok(await hook(page, "gallery").isVisible(), "nothing is opened unasked");
  await assertAccessible(page, "the offer in the gallery");
  await goOn(page, mine.time_us);
  assert.deepEqual(await run(page), mine);
  assert.equal(await hook(page, "offer").count(), 0);
  assertQuiet(page);
  await page.context().close();
});

test("a reload in the middle of a run loses at most its last seconds, and no edit", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=9" });
  // At a script's fixed rate, which stops at no telling moment, however long the rest takes here.
  await ask(page, "play");
  await until(page, "movement", (state) => state.time_us > 0);
  await looked(page);
  await ask(page, "edit", { do: "crash", node: 2 });
  await page.waitForFunction(() => Object.keys(localStorage).some((k) => k.startsWith("faultline.run") && localStorage[k].includes("crash")));
  const before = await ask(page, "state");
  assert.ok(before.playing);
  await page.reload();
  await drawn(page);
  assert.equal((await ask(page, "state")).edits.length, 0, "the address is from before: it is left alone while time runs");
  await goOn(page, 1);
  const { edits, time_us, seed } = await ask(page, "state");
  assert.deepEqual([edits, seed], [before.edits, 9]);
  assert.ok(time_us >= before.time_us, "leaving the page kept it as it was");
  assertQuiet(page);
  await page.context().close();
});

test("a link in the address is shown, whatever was kept; and what was kept stays until it was answered", async () => {
  const page = await busy();
  const mine = await run(page);
  const other = await openScenario(site, "raft-nine", { options: "?seed=4" });
  await ask(other, "seek", 300_000);
  const link = await ask(other, "link");
  const theirs = await run(other);
  await other.context().close();
  await visit(page, new URL(link).hash);
  await drawn(page);
  await visible(page, "offer");
  await until(page, "the moment of the link", (state) => state.time_us >= theirs.time_us);
  assert.deepEqual(await run(page), theirs);
  await assertAccessible(page, "the offer beside a run");
  for (const node of [0, 1, 2]) {
    await ask(page, "edit", { do: "pause", node });
    await kept(page);
  }
  await goOn(page, mine.time_us);
  assert.deepEqual(await run(page), mine, "three records later it is still there");
  assertQuiet(page);
  await page.context().close();
});

test("what is on screen already is not offered, and what was refused is not offered again", async () => {
  const page = await busy();
  await page.reload();
  await drawn(page);
  await looked(page);
  assert.equal(await hook(page, "offer").count(), 0, "the address brought it back");
  await visit(page, "#/");
  await (await visible(page, "offer")).getByRole("button", { name: "No, forget it" }).click();
  await settled(page);
  assert.equal(await hook(page, "offer").count(), 0);
  assert.deepEqual(await stored(page), []);
  assertQuiet(page);
  await page.context().close();
});

test("a torn record falls back to the one before, and two torn ones to nothing", async () => {
  const page = await busy();
  await ask(page, "edit", { do: "pause", node: 1 });
  await kept(page);
  const both = await stored(page);
  assert.equal(both.length, 2);
  const number = ([, text]) => Number(text.split(" ")[1]);
  const [[newest, text]] = both.sort((a, b) => number(b) - number(a));
  await visit(page, "#/");
  await page.evaluate(([key, text]) => localStorage.setItem(key, text), [newest, text.slice(0, -20)]);
  await visit(page, "#/");
  assert.match(await (await visible(page, "offer")).innerText(), /, 1 edit, at 1\.200 s/);
  await page.evaluate((keys) => {
    for (const key of keys) localStorage.setItem(key, `${localStorage[key]}!`);
  }, (await stored(page)).map(([key]) => key));
  await visit(page, "#/");
  await looked(page);
  assert.equal(await hook(page, "offer").count(), 0);
  assertQuiet(page);
  await page.context().close();
});

// Another tab of the same browser; `from` opens it as a copy of that tab, with what that one remembers.
async function tab(page, where, from) {
  const context = page.context();
  const url = `${site.base}${where}`;
  const opened = context.waitForEvent("page");
  if (from) await from.evaluate((url) => void window.open(url), url);
  else await context.newPage();
  const other = await opened;
  other.complaints = [];
  other.on("pageerror", (error) => other.complaints.push(`thrown: ${error.message}`));
  if (!from) await other.goto(url);
  return other;
}

const work = async (page, node) => {
  await drawn(page);
  await ask(page, "seek", 700_000 + node * 1_000);
  await ask(page, "edit", { do: "crash", node });
  await kept(page);
  return run(page);
};

async function notOffered(page) {
  await looked(page);
  assert.equal(await hook(page, "offer").count(), 0);
}

const pairs = async (page) => new Set((await stored(page)).map(([key]) => key.replace(/\.?[01]$/, "")));

test("two tabs keep a run each: neither writes over the other's, and each is offered its own", async () => {
  const a = await openScenario(site, "raft-election", { options: "?seed=9" });
  const first = await work(a, 1);
  const b = await tab(a, "#/");
  await visible(b, "gallery");
  await notOffered(b);
  await b.evaluate(() => void (location.hash = "#/s/raft-nine?seed=4"));
  await work(b, 2);
  for (const node of [3, 4, 5]) {
    await ask(b, "edit", { do: "pause", node });
    await kept(b);
  }
  const second = await run(b);
  assert.equal((await pairs(a)).size, 2);
  for (const [page, mine] of [[a, first], [b, second]]) {
    await visit(page, "#/");
    await goOn(page, mine.time_us);
    assert.deepEqual(await run(page), mine);
    assertQuiet(page);
  }
  // A tab that is closed leaves its run to whoever comes next, and only that one.
  const name = await a.evaluate(() => `faultline.tab.${sessionStorage["faultline.tab"]}`);
  await a.close();
  await holds(b, async (name) => !(await navigator.locks.query()).held.some((lock) => lock.name === name), name);
  const c = await tab(b, "#/");
  await goOn(c, first.time_us);
  assert.deepEqual(await run(c), first);
  await kept(c);
  assert.equal((await pairs(b)).size, 2, "what was taken over is kept once");
  const d = await tab(b, "#/");
  await visible(d, "gallery");
  await notOffered(d);
  for (const page of [b, c, d]) assertQuiet(page);
  await b.context().close();
});

test("all futures are kept: their names, their edits, where they were forked and where they stand", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=9" });
  await ask(page, "seek", 500_000);
  await ask(page, "fork");
  await ask(page, "seek", 900_000);
  await ask(page, "edit", { do: "crash", node: 2 });
  await ask(page, "fork");
  await beginName(page, 1);
  await page.keyboard.type("leader crashes");
  await page.keyboard.press("Enter");
  await ask(page, "seek", 1_500_000);
  await kept(page);
  await page.waitForFunction(() => Object.values(localStorage).some((text) => text.includes("leader crashes")));
  const mine = await run(page);
  const { tree } = await ask(page, "state");
  await page.reload();
  const offer = await visible(page, "offer");
  assert.match(await offer.innerText(), /seed 9, 1 edit, 3 futures, at 1\.500 s/, "the address brings back but one");
  await goOn(page, mine.time_us);
  assert.deepEqual(await run(page), mine);
  const back = (await ask(page, "state")).tree;
  const place = ({ future, name, parent, parted_us, parted_events }) => ({ future, name, parent, parted_us, parted_events });
  assert.deepEqual(back.map(place), tree.map(place));
  for (const { future, time_us } of tree) {
    await hook(page, `future-${future}`).click();
    await until(page, `future ${future} where it stood`, (state) => state.time_us === time_us);
  }
  await kept(page);
  await page.reload();
  await drawn(page);
  await visible(page, "offer");
  assertQuiet(page);
  await page.context().close();
});

test("a tab that was duplicated keeps its own run from then on", async () => {
  const a = await openScenario(site, "raft-election", { options: "?seed=9" });
  const first = await work(a, 1);
  const copy = await tab(a, "#/s/raft-nine?seed=4", a);
  const name = (page) => page.evaluate(() => sessionStorage["faultline.tab"]);
  const before = await name(a);
  await copy.waitForFunction((before) => sessionStorage["faultline.tab"] !== before, before);
  assert.equal(await name(a), before);
  const second = await work(copy, 2);
  for (const [page, mine] of [[a, first], [copy, second]]) {
    await visit(page, "#/");
    await goOn(page, mine.time_us);
    assert.deepEqual(await run(page), mine);
    assertQuiet(page);
  }
  await a.context().close();
});

test("what was kept before each tab had records of its own is offered once, and old tabs' runs are given up", async () => {
  const page = await busy();
  const mine = await run(page);
  const all = await stored(page);
  const newest = all.map(([, text]) => text).sort((a, b) => Number(b.split(" ")[1]) - Number(a.split(" ")[1]))[0];
  await page.evaluate((newest) => {
    window.stop();
    sessionStorage.clear();
    localStorage.clear();
    localStorage.setItem("faultline.run.1", newest);
  }, newest);
  const next = await tab(page, "#/");
  await page.close();
  await goOn(next, mine.time_us);
  assert.deepEqual(await run(next), mine);
  await kept(next);
  assert.ok(!(await stored(next)).some(([key]) => key === "faultline.run.1"), "it is this tab's now");
  await next.evaluate((newest) => {
    for (let i = 0; i < 9; i += 1) localStorage.setItem(`faultline.run.${String(i).repeat(16)}.0`, i === 7 ? newest : "torn\n{}");
  }, newest);
  await ask(next, "edit", { do: "pause", node: 1 });
  await kept(next);
  const left = await pairs(next);
  assert.equal(left.size, 6);
  assert.ok(left.has(`faultline.run.${"7".repeat(16)}`), "what cannot be read goes first");
  assertQuiet(next);
  await next.context().close();
});

test("a full storage is said once, and the link can be copied", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=9" });
  await page.evaluate(() => {
    for (let size = 1 << 22, i = 0; size >= 1; size >>= 1) {
      try {
        for (;;) localStorage.setItem(`filler ${i++}`, "x".repeat(size));
      } catch {}
    }
  });
  await ask(page, "edit", { do: "crash", node: 3 });
  const notice = await visible(page, "unkept");
  assert.match(await notice.innerText(), /storage is full/);
  await assertAccessible(page, "the notice of a full storage");
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await notice.getByRole("button", { name: "Copy link" }).click();
  await notice.getByText(/^Copied/).waitFor();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await ask(page, "link"));
  assertQuiet(page);
  await page.context().close();
});

for (const where of ["/framed", "/embedding"]) {
  test(`without storage the page says so once and offers the link: ${where}`, async () => {
    const page = await site.open(where, COUNTED);
    const inside = page.frameLocator("iframe");
    await inside.getByTestId("node-0").waitFor();
    const frame = page.frames()[1];
    await ask(frame, "seek", 500_000);
    await inside.getByTestId("looked").waitFor({ state: "attached" });
    await lookedAgain(frame);
    assert.equal(await inside.getByTestId("unkept").count(), 0, "nothing was done yet that would be lost");
    await ask(frame, "edit", { do: "crash", node: 3 });
    const notice = inside.getByTestId("unkept");
    await notice.waitFor();
    assert.match(await notice.innerText(), /may not keep anything/);
    await notice.getByRole("button", { name: "Copy link" }).click();
    const field = notice.getByLabel("The link: copy it by hand");
    await field.waitFor();
    assert.equal(await field.inputValue(), await ask(frame, "link"));
    await notice.getByRole("button", { name: "Close this message" }).click();
    await ask(frame, "edit", { do: "recover", node: 3 });
    await lookedAgain(frame);
    assert.equal(await notice.count(), 0, "once is enough");
    page.complaints = page.complaints.filter((text) => !/clipboard|permissions policy/i.test(text));
    assertQuiet(page);
    await page.context().close();
  });
}

test("after a panic of the program its run is offered, just before it broke", async () => {
  const page = await openScenario(site, "test-panic");
  await ask(page, "seek", 100_000);
  await ask(page, "edit", { do: "pause", node: 1 });
  await ask(page, "edit", { do: "request", node: 0, request: "panic" });
  await kept(page);
  const mine = await run(page);
  await ask(page, "step", 1).catch(() => {});
  assert.match(await errorOf(page), /broke: a bug on purpose/);
  await assertAccessible(page, "the page that broke");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Save this run" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "faultline-run.json");
  page.complaints = [];
  await visit(page, "#/");
  await goOn(page, mine.time_us);
  assert.deepEqual(await run(page), mine);
  assertQuiet(page);
  await page.context().close();
});

test("what is put aside for now is offered again; what is declined goes, and nothing that was done since", async () => {
  const page = await busy();
  await visit(page, "#/s/raft-nine");
  await (await visible(page, "offer")).getByRole("button", { name: "Not now" }).click();
  await settled(page);
  assert.equal(await hook(page, "offer").count(), 0);
  assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), "play");
  await visit(page, "#/s/raft-nine");
  const offer = await visible(page, "offer");
  assert.match(await offer.innerText(), /seed 9, 1 edit, at 1\.200 s/);
  // New work, while the offer stands.
  await ask(page, "seek", 300_000);
  await ask(page, "edit", { do: "pause", node: 4 });
  await ask(page, "seek", 500_000);
  await kept(page);
  const mine = await run(page);
  await offer.getByRole("button", { name: "No, forget it" }).click();
  await settled(page);
  await visit(page, "#/");
  assert.match(await (await visible(page, "offer")).innerText(), /nine servers[^]*1 edit, at 0\.500 s/);
  await goOn(page, mine.time_us);
  assert.deepEqual(await run(page), mine);
  assertQuiet(page);
  await page.context().close();
});
