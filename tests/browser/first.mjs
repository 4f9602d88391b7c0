// How long a reader waits for the first moving message: ./dev bench prints it.
//
// The rule that is easy to break: what is timed is what is seen. The page is opened cold, by its address, on a network
// and a processor that the browser slows down; the clock runs from the start of the navigation to the first frame in
// which a message on the stage's canvas stands elsewhere than a frame before.

import { start, visible } from "./harness.mjs";

// The first of its messages leaves six milliseconds of simulated time after the start, and its part is the largest.
const ADDRESS = "?autoplay=1#/s/raft-partition";
const RUNS = 5;

// Names as the browser's own tools have them; limits in seconds.
const READERS = [
  { name: "9 Mbit/s, 60 ms", bits: 9_000_000, latency: 60, slower: 1, aim: 0.7, limit: 1 },
  { name: "1.6 Mbit/s, 150 ms, processor slowed 4 times", bits: 1_600_000, latency: 150, slower: 4, aim: 2.5, limit: 3.5 },
];

// Runs in the page before anything else: watches the canvas of the stage, small, frame by frame.
function watch() {
  const small = new OffscreenCanvas(180, 120);
  const pen = small.getContext("2d", { willReadFrequently: true });
  let last = "";
  globalThis.firsts = {};
  const first = (what) => (globalThis.firsts[what] ??= performance.now());
  const look = () => {
    if (document.querySelector("h1")) first("read");
    const canvas = document.querySelector("[data-testid=stage] canvas");
    if (canvas?.width > 0) {
      first("stage");
      pen.clearRect(0, 0, small.width, small.height);
      pen.drawImage(canvas, 0, 0, small.width, small.height);
      const { data } = pen.getImageData(0, 0, small.width, small.height);
      const drawn = [];
      for (let i = 3; i < data.length; i += 4) if (data[i] > 40) drawn.push(i);
      const now = drawn.join();
      if (now) first("message");
      if (now && last && now !== last) return first("moving");
      last = now;
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function once(site, { bits, latency, slower }) {
  const prepare = async (page) => {
    await page.addInitScript(watch);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    const bytes = bits / 8;
    await devtools.send("Network.emulateNetworkConditions", { offline: false, latency, downloadThroughput: bytes, uploadThroughput: bytes });
    await devtools.send("Emulation.setCPUThrottlingRate", { rate: slower });
  };
  const page = await site.open(ADDRESS, { prepare });
  await visible(page, "stage", 60_000);
  await page.waitForFunction(() => globalThis.firsts.moving, null, { timeout: 60_000 });
  const firsts = await page.evaluate(() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    return { ...globalThis.firsts, read: paint?.startTime ?? globalThis.firsts.read };
  });
  await page.context().close();
  return firsts;
}

const median = (sample) => sample.sort((a, b) => a - b)[Math.floor(sample.length / 2)];

// Lines of `name value unit (budget)`.
export async function first() {
  const site = await start({ gzip: true });
  const lines = [];
  for (const reader of READERS) {
    const runs = [];
    for (let i = 0; i < RUNS; i += 1) runs.push(await once(site, reader));
    const of = (what) => (median(runs.map((run) => run[what])) / 1e3).toFixed(2);
    lines.push(`first moving message, ${reader.name}: ${of("moving")} s (aim ${reader.aim}, limit ${reader.limit})`);
    lines.push(`  something to read after ${of("read")} s, the stage after ${of("stage")} s`);
  }
  await site.close();
  return lines;
}
