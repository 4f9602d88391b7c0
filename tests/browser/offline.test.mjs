// The page without a network: once it has stood it is kept, starts without its server and runs what the tool runs; a newer build is
// offered softly, costs no run and mixes with nothing; and where something cannot be kept the page does not notice.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { assertAccessible, assertQuiet, hook, PREFIX, SIZES, start, visible } from "./harness.mjs";
import { ask, drawn, errorOf, holds, openScenario, settled } from "./hands.mjs";
import { hashes, scenarios } from "./tool.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;
const sites = [];
after(async () => {
  // All are closed, whatever a page of one has complained of.
  const closed = await Promise.allSettled(sites.map(({ site }) => site.close()));
  for (const { folder } of sites) rmSync(folder, { recursive: true });
  assert.deepEqual(closed.filter(({ status }) => status === "rejected").map(({ reason }) => reason), []);
});

const textOf = (folder, file) => readFileSync(join(folder, file), "utf8");
const buildOf = (folder) => /id="boot-module"[^>]*\?v=(\w+)"/.exec(textOf(folder, "index.html"))[1];
const list = (folder) => execFileSync("node", ["tools/offline.mjs", folder], { cwd: ROOT });

// A host with a build of its own, which a test may put another in the place of.
async function host() {
  const folder = mkdtempSync(join(tmpdir(), "faultline-"));
  cpSync(join(ROOT, "dist"), folder, { recursive: true });
  const framed = (search) => `<!doctype html><title>a page around it</title><link rel="icon" href="data:,">
<iframe title="frame" width="900" height="600" src="${PREFIX}${search}#/s/raft-election"></iframe>`;
  const site = await start({ dist: folder, extra: { "/framed": framed(""), "/embedding": framed("?embed=1") } });
  sites.push({ site, folder });
  return { site, folder };
}

// Puts another build in the place of the one that is there: other addresses, and other bytes in a part.
function deploy(folder, build) {
  const old = buildOf(folder);
  for (const file of ["index.html", "faultline.js", "__wasm_split.js"]) {
    writeFileSync(join(folder, file), textOf(folder, file).replaceAll(`?v=${old}`, `?v=${build}`));
  }
  // A section of its own, which means nothing.
  const part = join(folder, "split_link_stack.wasm");
  writeFileSync(part, Buffer.concat([readFileSync(part), Buffer.from([0, 2, 1, 0x78])]));
  execFileSync("node", ["tools/integrity.mjs", folder], { cwd: ROOT });
  list(folder);
}

// What a page or its worker asked of another host.
const strangers = [];
after(() => assert.deepEqual(strangers, []));

// For a page with a worker. `registered` is what came of registering it.
function withWorker(site, more) {
  const origin = new URL(site.base).origin;
  const prepare = async (page) => {
    page.context().on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== origin) strangers.push(url.href);
    });
    await page.addInitScript(() => {
      const { register } = ServiceWorkerContainer.prototype;
      ServiceWorkerContainer.prototype.register = function (...given) {
        return (globalThis.registered = register.apply(this, given));
      };
    });
    await more?.(page);
  };
  return { serviceWorkers: "allow", prepare };
}

const saving = (page) => page.addInitScript(() => Object.defineProperty(navigator, "connection", { value: { saveData: true } }));

// The page's complaints about parts that were kept from it.
function forgive(page) {
  page.complaints = page.complaints.filter((text) => !/split_(link_stack|shared_\d+)\.wasm|TypeError: Failed to fetch/.test(text));
  assertQuiet(page);
}

// Waits until the page is kept: all of it, or what it has loaded.
const kept = (page, what = "all") => page.locator(`html[data-kept=${what}]`).waitFor({ state: "attached" });

// The build that the page is of, and what is kept: [[build, [file]]].
const shown = (page) => page.evaluate(() => new URL(document.getElementById("boot-module").href).searchParams.get("v"));
const caches = (page) =>
  page.evaluate(async (base) => {
    const names = await globalThis.caches.keys();
    const files = async (name) => (await (await globalThis.caches.open(name)).keys()).map(({ url }) => url.slice(base.length));
    return Promise.all(names.map(async (name) => [name.split(" ").pop(), await files(name)]));
  }, new URL("./", page.url()).href);
const builds = async (page) => (await caches(page)).map(([build]) => build).sort();

const look = (page) => page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));

async function run(page) {
  const { scenario, seed, time_us, events, edits } = await ask(page, "state");
  return { scenario, seed, time_us, events, edits, hash: await ask(page, "hash") };
}

async function busy(site, context) {
  const page = await openScenario(site, "raft-election", { options: "?seed=9", ...context });
  await ask(page, "seek", 600_000);
  await ask(page, "edit", { do: "crash", node: 3 });
  await ask(page, "seek", 1_200_000);
  return page;
}

test("a page that has stood starts without its server, and every protocol runs there as in the tool", async () => {
  const { site } = await host();
  const page = await openScenario(site, "raft-election", withWorker(site));
  await kept(page);
  await site.server.close();
  await page.reload();
  await drawn(page);
  const one = new Map(scenarios().map(({ id, protocol }) => [protocol, id]));
  assert.ok(one.size > 20, [...one.keys()].join());
  const openings = [...one.values()].map((scenario) => ({ scenario, seed: 3 }));
  const want = hashes(openings, 300);
  for (const [i, opening] of openings.entries()) {
    assert.deepEqual(await ask(page, "load", opening), { ok: true });
    await ask(page, "seek", 300_000);
    assert.equal(await ask(page, "hash"), want[i], opening.scenario);
  }
  await page.goto(site.base);
  await visible(page, "gallery");
  const picture = page.locator("img[src*='cards/']").first();
  await picture.scrollIntoViewIfNeeded();
  await holds(page, () => document.querySelector("img[src*='cards/']").naturalWidth > 0);
  // A preview of an embed is the same page.
  await page.goto(`${site.base}?embed=1#/s/two-generals`);
  await drawn(page);
  assertQuiet(page);
  await page.context().close();
});

test("it can be installed: its manifest and icons are there, and its policy allows them", async () => {
  const { site } = await host();
  const page = await site.open("#/", withWorker(site));
  await kept(page);
  const devtools = await page.context().newCDPSession(page);
  const { errors, url } = await devtools.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  assert.match(url, /manifest\.webmanifest\?v=/);
  const sizes = await page.evaluate(async () => {
    const link = document.querySelector("link[rel=manifest]").href;
    const { icons } = await (await fetch(link)).json();
    const drawn = async ({ src }) => {
      const image = Object.assign(new Image(), { src: new URL(src, link).href });
      await image.decode();
      return image.naturalWidth;
    };
    return Promise.all(icons.filter(({ type }) => type === "image/png").map(drawn));
  });
  assert.deepEqual(sizes, [192, 512]);
  assertQuiet(page);
  await page.context().close();
});

test("who saves data has what was loaded, and no more; what is missing is said, and the run stays", async () => {
  const { site, folder } = await host();
  const page = await busy(site, withWorker(site, saving));
  await kept(page, "some");
  const [[build, files]] = await caches(page);
  assert.equal(build, buildOf(folder));
  assert.ok(files.includes("split_raft.wasm") && files.includes("split_details.wasm"), files.join());
  assert.ok(!files.includes("split_link_stack.wasm"), "nobody asked for it");
  const mine = await run(page);
  await site.server.close();
  await page.evaluate(() => void (location.hash = "#/s/link-stack"));
  assert.match(await errorOf(page), /The protocol link-stack could not be loaded/);
  assert.deepEqual(await run(page), mine);
  await page.goto(`${site.base}?again#/s/raft-election?seed=9`);
  await drawn(page);
  forgive(page);
  await page.context().close();
});

test("a newer page is offered softly, the run goes over to it, and another tab stays what it was", async () => {
  const { site, folder } = await host();
  const page = await busy(site, withWorker(site));
  await kept(page);
  const other = await page.context().newPage();
  await other.goto(`${site.base}#/s/two-generals`);
  await drawn(other);
  await kept(other);
  const [old, newer] = [buildOf(folder), "0123456789ab"];
  deploy(folder, newer);
  const mine = await run(page);
  const fetched = [];
  page.context().on("request", (request) => request.serviceWorker() && fetched.push(request.url().slice(site.base.length)));
  await look(page);
  const notice = await visible(page, "newer");
  await notice.getByText("A newer Faultline is here.").waitFor();
  assert.equal(await notice.getByRole("status").count(), 1);
  await assertAccessible(page, "the notice of a newer page");
  assert.deepEqual(await run(page), mine, "nothing has happened to the run");
  assert.deepEqual(await builds(page), [newer, old].sort());
  assert.ok(fetched.includes(`split_link_stack.wasm?v=${newer}`), fetched.join());
  assert.ok(!fetched.some((url) => url.includes("split_raft")), "what has not changed is not fetched again");
  await (await visible(other, "newer")).getByRole("button", { name: "Later" }).press("Enter");
  assert.equal(await hook(other, "newer").count(), 0);
  await notice.getByRole("button", { name: "Load it now" }).press("Enter");
  await page.waitForFunction((build) => document.getElementById("boot-module").href.includes(build), newer);
  await drawn(page);
  await holds(page, async (us) => (await globalThis.faultline.state()).time_us >= us, mine.time_us);
  assert.deepEqual(await run(page), mine);
  await kept(page);
  assert.deepEqual(await builds(page), [newer, old].sort(), "the other tab may need it");
  // What the server has under the old name is another part by now.
  await ask(other, "load", { scenario: "link-stack", seed: 3 });
  await ask(other, "seek", 300_000);
  assert.equal(await ask(other, "hash"), hashes([{ scenario: "link-stack", seed: 3 }], 300)[0]);
  assert.equal(await shown(other), old);
  await other.close();
  await page.reload();
  await holds(page, async () => (await globalThis.caches.keys()).length === 1);
  assert.deepEqual(await builds(page), [newer]);
  assertQuiet(page);
  await page.context().close();
});

test("a page of an old build gets no part of a new one, though the server has it under the old address", async () => {
  const { site, folder } = await host();
  const page = await busy(site, withWorker(site, saving));
  await kept(page, "some");
  const mine = await run(page);
  deploy(folder, "0123456789ab");
  await look(page);
  await visible(page, "newer");
  await page.evaluate(() => void (location.hash = "#/s/link-stack"));
  assert.match(await errorOf(page), /The protocol link-stack could not be loaded/);
  assert.deepEqual(await run(page), mine);
  // A reader who reloads by hand has the new build, whole.
  await page.reload();
  await page.waitForFunction(() => document.getElementById("boot-module").href.includes("0123456789ab"));
  await visible(page, "stage");
  assert.deepEqual(await ask(page, "load", { scenario: "link-stack", seed: 3 }), { ok: true });
  forgive(page);
  await page.context().close();
});

test("a file that is not what the list says stops the keeping, and the page does not notice", async () => {
  const { site, folder } = await host();
  writeFileSync(join(folder, "style.css"), `${textOf(folder, "style.css")}/**/`);
  const page = await openScenario(site, "raft-election", withWorker(site));
  await page.waitForFunction(() => Boolean(globalThis.registered));
  const end = await page.evaluate(async () => {
    const { installing } = await globalThis.registered;
    if (installing && installing.state !== "redundant") {
      await new Promise((done) => installing.addEventListener("statechange", done, { once: true }));
    }
    return [installing && installing.state, Boolean(navigator.serviceWorker.controller)];
  });
  assert.deepEqual(end, ["redundant", false]);
  await page.reload();
  await drawn(page);
  await ask(page, "load", { scenario: "raft-election", seed: 3 });
  await ask(page, "seek", 900_000);
  assert.equal(await ask(page, "hash"), hashes([{ scenario: "raft-election", seed: 3 }], 900)[0]);
  assert.equal(await hook(page, "newer").count(), 0);
  assertQuiet(page);
  await page.context().close();
});

// Takes a file out of what is kept.
async function lose(page, file) {
  const lost = await page.evaluate(async (file) => {
    const [name] = await globalThis.caches.keys();
    const key = new URL(`./${file}`, document.getElementById("boot-module").href);
    return (await globalThis.caches.open(name)).delete(key.href);
  }, file);
  assert.ok(lost, `${file} was not kept`);
}

test("where something is missing of what was kept the network answers, and it is kept again", async () => {
  const { site, folder } = await host();
  const page = await openScenario(site, "raft-election", withWorker(site));
  await kept(page);
  for (const gone of ["faultline_bg.wasm", "", "?list", "split_raft.wasm"]) {
    await lose(page, gone);
    await page.reload();
    await drawn(page);
    await kept(page);
  }
  await page.evaluate(async () => Promise.all((await globalThis.caches.keys()).map((name) => globalThis.caches.delete(name))));
  await page.reload();
  await drawn(page);
  await kept(page);
  // What is not whole is not begun with: its program is nowhere any more.
  await lose(page, "faultline_bg.wasm");
  deploy(folder, "0123456789ab");
  await page.reload();
  await drawn(page);
  assert.equal(await shown(page), "0123456789ab");
  await kept(page);
  await site.server.close();
  await page.reload();
  await drawn(page);
  assertQuiet(page);
  await page.context().close();
});

test("a worker that is published without a list goes, and takes along what it kept", async () => {
  const { site, folder } = await host();
  const page = await openScenario(site, "raft-election", withWorker(site));
  await kept(page);
  const worker = textOf(folder, "offline.js");
  writeFileSync(join(folder, "offline.js"), worker.slice(worker.indexOf("\n") + 1));
  await look(page);
  await holds(page, async () => (await globalThis.caches.keys()).length === 0);
  await holds(page, async () => (await navigator.serviceWorker.getRegistration()) === undefined);
  await page.reload();
  await drawn(page);
  assertQuiet(page);
  await page.context().close();
});

// Notes what the page puts off for some seconds; the first thing that stands there by itself is what is looked for.
const noting = (page) =>
  page.addInitScript(() => {
    const { setTimeout } = globalThis;
    globalThis.putOff = [];
    globalThis.setTimeout = (then, ms, ...rest) => {
      globalThis.putOff.push(ms);
      return setTimeout(then, ms, ...rest);
    };
  });

test("an embed, a page in a frame and a browser without workers keep nothing", async () => {
  const { site } = await host();
  const putOff = async (where, isWhole, more) => {
    const page = await site.open(where, withWorker(site, async (page) => {
      await noting(page);
      await more?.(page);
    }));
    const frame = isWhole ? page : page.frames()[1];
    await visible(frame, "stage");
    await settled(frame);
    const all = await frame.evaluate(() => globalThis.putOff);
    await page.context().close();
    return all.includes(5_000);
  };
  const without = (page) => page.addInitScript(() => Object.defineProperty(navigator, "serviceWorker", { value: undefined }));
  assert.equal(await putOff("#/s/raft-election", true), true);
  assert.equal(await putOff("?embed=1#/s/raft-election", true), false);
  assert.equal(await putOff("/framed", false), false);
  assert.equal(await putOff("/embedding", false), false);
  assert.equal(await putOff("#/s/raft-election", true, without), false);
});

for (const [size, colorScheme] of [["desktop", "light"], ["phone", "dark"]]) {
  test(`the notice hides nothing that is played with, ${size}, ${colorScheme}`, async () => {
    const { site, folder } = await host();
    const page = await busy(site, { viewport: SIZES[size], colorScheme, ...withWorker(site) });
    await kept(page);
    deploy(folder, "0123456789ab");
    await look(page);
    const box = await (await visible(page, "newer")).boundingBox();
    await assertAccessible(page, "the notice");
    await hook(page, "play").first().click();
    assert.ok(box.x >= 0 && box.x + box.width <= SIZES[size].width, JSON.stringify(box));
    assertQuiet(page);
    await page.context().close();
  });
}
