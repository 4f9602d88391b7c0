// Measures the page in a headless Chromium: ./dev bench runs it, and docs/performance.md reports it.
//
// The rule that is easy to break: what is measured is what a reader gets: the built page, everything
// that a frame costs, every answer to its end. Each measure is a function from the site to lines of
// `name value unit (budget)`; to add one, write it and list it in MEASURES. Words on the command line
// pick measures by name; `native=FILE` and `wasm=FILE` are what the tool and benches/web.rs printed.

import { existsSync, readFileSync } from "node:fs";
import { byHand, recordable } from "./bare.mjs";
import { ask, drawn, led, openScenario, servers } from "./hands.mjs";
import { first } from "./first.mjs";
import { hook, start, visible } from "./harness.mjs";
import { FIRST, heaviest, weigh } from "./size.mjs";
import { frames, percentile } from "./trace.mjs";

const files = Object.fromEntries(process.argv.slice(2).filter((w) => w.includes("=")).map((w) => w.split("=")));
const words = process.argv.slice(2).filter((w) => !w.includes("="));

async function size() {
  const files = weigh("dist");
  const sum = (some) => some.reduce((total, { gzip }) => total + gzip, 0) / 1e3;
  return [line("core and the heaviest protocol, gzip -9", sum(heaviest("dist", files)), "KB", FIRST / 1e3), line("all of the page", sum(files), "KB")];
}

// How long from the request of the page to its gallery on screen.
async function opening(site) {
  const times = [];
  for (let i = 0; i < 7; i += 1) {
    const began = performance.now();
    const page = await site.open("#/");
    await visible(page, "gallery");
    times.push(performance.now() - began);
    await page.context().close();
  }
  times.sort((a, b) => a - b);
  return [line("open-to-gallery median", times[3], "ms")];
}

const FRAMES_MS = 5_000;

// The best of three stretches: what else the machine does only ever adds.
async function stretches(site, page) {
  const all = [];
  for (let i = 0; i < 3; i += 1) all.push(await frames(site, page, FRAMES_MS));
  return best(all);
}

const best = (all) => all.sort((a, b) => percentile(a.work, 95) - percentile(b.work, 95))[0];

// How many times as much a frame may cost as the same picture by hand (bare.mjs), in the same run: the machine's own speed is in both.
const BY_HAND = 2;

// The frames of a page that `begin(prepare)` opens and lets play, and of the same picture by hand.
async function besideByHand(site, name, begin, budget) {
  const page = await begin();
  const ours = await stretches(site, page);
  await page.context().close();
  const recorded = await begin(recordable);
  const { measured, counts } = await byHand(site, recorded, FRAMES_MS);
  await recorded.context().close();
  const hand = best(measured);
  const times = (percent) => percentile(ours.work, percent) / percentile(hand.work, percent);
  return [
    ...report(name, ours, budget),
    line(`${name}, by hand (${counts.strokes.toFixed(0)} strokes, ${counts.changes.toFixed(1)} changes a frame): p95`, percentile(hand.work, 95), "ms"),
    line(`${name}, by hand: median`, percentile(hand.work, 50), "ms"),
    line(`${name}, ours over by hand: p95`, times(95), "", BY_HAND),
    line(`${name}, ours over by hand: median`, times(50), "", BY_HAND),
  ];
}

// Five servers and a client at the speed of life, with everything on screen.
function frame5(site) {
  const begin = async (prepare) => {
    const page = await openScenario(site, "raft-election", { options: "?speed=1", prepare });
    await led(page);
    await ask(page, "play");
    await page.waitForTimeout(1_000);
    return page;
  };
  return besideByHand(site, "frame, 5 servers at 1x", begin, 6);
}

// Nine servers with the row of the history open: what that row adds to a frame.
async function history(site) {
  const page = await openScenario(site, "raft-nine", { options: "?speed=1" });
  await led(page);
  const lines = [];
  for (const open of [false, true]) {
    if (open) await hook(page, "history-open").click();
    await ask(page, "play");
    await page.waitForTimeout(1_000);
    lines.push(...report(`frame, 9 servers, history ${open ? "open" : "closed"}`, await stretches(site, page)));
    await ask(page, "pause");
  }
  await page.context().close();
  return lines;
}

// Sixty servers whose heartbeats are on their way long enough for some five hundred to be in flight.
async function frame60(site) {
  const begin = async (prepare) => {
    const page = await openScenario(site, "raft-election", { options: "?speed=1", prepare });
    const params = { servers: 60, heartbeat_ms: 35, election_min_ms: 3_000, election_max_ms: 6_000 };
    const delay = { kind: "uniform", min_us: 120_000, max_us: 180_000 };
    const edits = [{ at_us: 0, do: "links", set: { delay } }];
    const loaded = await ask(page, "load", { scenario: "raft-election", seed: 1, params, edits });
    if (loaded.error) throw new Error(loaded.error.message);
    await page.evaluate(() => document.activeElement?.blur());
    while ((await ask(page, "state")).speed < 1) await page.keyboard.press("]");
    await drawn(page);
    await led(page);
    const { time_us } = await ask(page, "state");
    await ask(page, "seek", time_us + 2_000_000);
    await ask(page, "play");
    await page.waitForTimeout(1_000);
    const state = await ask(page, "state");
    if (servers(state).length !== 60 || state.in_flight_count < 400 || state.speed !== 1) throw new Error(`not the page that was meant: ${state.in_flight_count} in flight`);
    return page;
  };
  return besideByHand(site, "frame, 60 servers, some 500 in flight, at 1x", begin, 12);
}

function report(name, { work, parts }, budget) {
  const lines = [
    line(`${name}: p95`, percentile(work, 95), "ms", budget),
    line(`${name}: median`, percentile(work, 50), "ms"),
    line(`${name}: frames a second`, work.length / (FRAMES_MS / 1e3), ""),
  ];
  if (process.env.PARTS) lines.push(...parts.slice(0, 16).map(([part, ms]) => `  ${part} ${ms.toFixed(3)} ms a frame`));
  return lines;
}

// Five idle servers in the page, with trace, checkpoints and promises: simulated seconds a second.
async function idle(site) {
  const page = await openScenario(site, "raft-election");
  let best = 0;
  for (let i = 0; i < 5; i += 1) {
    await ask(page, "load", { scenario: "raft-election", params: { clients: 0 } });
    const ms = await timed(page, "seek", 2_000_000_000);
    best = Math.max(best, 2_000 / (ms / 1e3));
  }
  await page.context().close();
  return [line("idle Raft in the page", best, "simulated s/s", 15_000)];
}

// Milliseconds until a verb has answered, by the page's own clock.
function timed(page, verb, argument) {
  return page.evaluate(
    async ([verb, argument]) => {
      const began = performance.now();
      await globalThis.faultline[verb](argument);
      return performance.now() - began;
    },
    [verb, argument],
  );
}

// Travel in a run of many events, and what the page holds in memory after it.
async function travel(site) {
  return travelled(site, 100_000, { seek: 50, back: 30, memory: 150 });
}

// The longest run that the page is promised to bear.
async function million(site) {
  return travelled(site, 1_000_000, { seek: 80, memory: 300 });
}

// As many events as one `step` may ask for.
const STEPS = 100_000;

async function travelled(site, events, budget) {
  const page = await openScenario(site, "raft-replication", { prepare: (page) => page.addInitScript(keepMemory) });
  for (let left = events; left > 0; left -= STEPS) await ask(page, "step", Math.min(left, STEPS));
  const { time_us } = await ask(page, "state");
  const [seeks, backs] = [[], []];
  for (let i = 1; i <= 200; i += 1) {
    // Multiples of the golden ratio are spread evenly, and no two in a row are neighbours.
    const part = (i * 0.618_033_988_749_895) % 1;
    seeks.push(await timed(page, "seek", Math.floor(part * time_us)));
    backs.push(await timed(page, "back", 1));
  }
  const [wasm, js] = await memory(page);
  await page.context().close();
  const name = `of ${events} events`;
  const sorted = (sample) => sample.sort((a, b) => a - b);
  return [
    line(`seek in a run ${name}: p95`, percentile(sorted(seeks), 95), "ms", budget.seek),
    line(`back(1) in a run ${name}: p95`, percentile(sorted(backs), 95), "ms", budget.back),
    line(`memory of the page after a run ${name}`, wasm + js, "MB", budget.memory),
    line("  of which wasm", wasm, "MB"),
  ];
}

// Runs in the page before anything else: remembers the memory of the module, to ask for its size.
function keepMemory() {
  for (const name of ["instantiate", "instantiateStreaming"]) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...words) => {
      const made = await original.apply(WebAssembly, words);
      // Parts have none of their own.
      globalThis.wasmMemory ??= (made.instance ?? made).exports.memory;
      return made;
    };
  }
}

// Megabytes of wasm memory and of living JavaScript objects.
async function memory(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  await devtools.send("Performance.enable");
  const { metrics } = await devtools.send("Performance.getMetrics");
  const js = metrics.find((m) => m.name === "JSHeapUsedSize").value;
  const wasm = await page.evaluate(() => globalThis.wasmMemory.buffer.byteLength);
  return [wasm / 1e6, js / 1e6];
}

// Panning and zooming the diagram of ten nodes: the whole run, down to a millisecond, and back.
async function diagram(site) {
  return [...(await moved(site, 100_000)), ...(await moved(site, 1_000_000))];
}

async function moved(site, events) {
  const page = await openScenario(site, "raft-replication");
  const loaded = await ask(page, "load", { scenario: "raft-replication", seed: 1, params: { servers: 9, clients: 1 } });
  if (loaded.error) throw new Error(loaded.error.message);
  for (let left = events; left > 0; left -= STEPS) await ask(page, "step", Math.min(left, STEPS));
  const { nodes } = await ask(page, "state");
  const lines = [];
  for (const picked of [false, true]) {
    await hook(page, "diagram").focus();
    if (picked) await page.keyboard.press("Enter");
    await page.keyboard.press("Home");
    await page.evaluate(restless);
    const { work } = await stretches(site, page);
    await page.evaluate(() => globalThis.rest());
    const what = `diagram of ${nodes.length} lanes, ${events} events${picked ? ", an event picked" : ""}, panned and zoomed`;
    lines.push(line(`${what}: p95`, percentile(work, 95), "ms", 8), line(`${what}: median`, percentile(work, 50), "ms"));
  }
  await page.context().close();
  return lines;
}

// Runs in the page: in every frame a notch of the wheel with Ctrl, towards the middle and back, and a drag
// of some pixels; seventy notches lead from hours to less than a millisecond.
function restless() {
  const plot = document.querySelector("[data-testid=diagram]");
  const box = plot.getBoundingClientRect();
  const [clientX, clientY] = [box.left + box.width * 0.6, box.top + box.height / 2];
  const at = (x) => ({ bubbles: true, cancelable: true, clientX: x, clientY, pointerId: 1, pointerType: "mouse", button: 0 });
  let frame = 0;
  let going = true;
  globalThis.rest = () => (going = false);
  const next = () => {
    if (!going) return;
    const phase = frame % 210;
    if (phase < 70 || phase >= 140) {
      const deltaY = phase < 70 ? -240 / 3 : 240 / 3;
      plot.dispatchEvent(new WheelEvent("wheel", { ...at(clientX), deltaY, ctrlKey: true }));
    } else {
      const x = clientX + ((phase % 20) - 10) * 12;
      if (phase % 20 === 0) plot.dispatchEvent(new PointerEvent("pointerdown", at(x)));
      plot.dispatchEvent(new PointerEvent("pointermove", at(x)));
      if (phase % 20 === 19) plot.dispatchEvent(new PointerEvent("pointercancel", at(x)));
    }
    frame += 1;
    requestAnimationFrame(next);
  };
  next();
}

// Wasm over native, from what the two benches printed.
async function ratio() {
  const read = (file, start) => {
    const found = new Map();
    if (!file || !existsSync(file)) return found;
    for (const [, name, ns] of readFileSync(file, "utf8").matchAll(start)) found.set(name, Number(ns));
    return found;
  };
  const native = read(files.native, /^(w[123]) ([\d.]+) ns\/event/gm);
  const wasm = read(files.wasm, /bench: wasm (w[123]) ([\d.]+) ns\/event/g);
  return [...wasm].map(([name, ns]) => line(`wasm over native, ${name}`, ns / native.get(name), "", 1.5));
}

function line(name, value, unit, budget) {
  const digits = value >= 1_000 ? 0 : value >= 100 ? 1 : 2;
  const limit = budget === undefined ? "" : ` (budget ${budget}${unit && ` ${unit}`})`;
  return `${name} ${value.toFixed(digits)}${unit && ` ${unit}`}${limit}`;
}

const MEASURES = { size, first, opening, frame5, history, frame60, idle, travel, million, diagram, ratio };

const site = await start();
for (const [name, measure] of Object.entries(MEASURES)) {
  if (words.length === 0 || words.includes(name)) for (const line of await measure(site)) console.log(line);
}
await site.close();
