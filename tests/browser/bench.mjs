// Measures the page in a headless Chromium: ./dev bench runs it and docs/performance.md reports it.
//
// Each measure is a function from the site to lines of `name value unit`. To add one, write it and
// list it in MEASURES.

import { start, visible } from "./harness.mjs";
import { gzipped } from "./size.mjs";
import { readFileSync } from "node:fs";

// How long from the request of the page to its gallery on screen, best and middle of several.
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
  return [`open to gallery, best ${times[0].toFixed(0)} ms`, `open to gallery, median ${times[3].toFixed(0)} ms`];
}

async function program() {
  const bytes = readFileSync("dist/faultline_bg.wasm");
  return [`wasm, gzip -9 ${gzipped(bytes)} bytes`];
}

const MEASURES = [program, opening];

const site = await start();
for (const measure of MEASURES) for (const line of await measure(site)) console.log(line);
await site.close();
