// What the page weighs: every file of dist/, plain and through gzip -9.
//
// The ceilings are on what the page loads until a scenario moves, and on what each further chapter and the details
// come to; weight.test.mjs measures the first in a browser. This table is for whoever wonders what grew.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

// In bytes of gzip: page, styles, scripts, the core of the program, and one chapter with what chapters share.
export const FIRST = 565_000;
// Each further chapter.
export const CHAPTER = 90_000;
// What stands around the stage (src/ui/details.rs), which comes when a run has begun to move; with it what reads and
// writes runs (src/scenario/text.rs); what reads scenario files (src/scenario/own.rs), which comes with the first of
// them; the landing page (src/ui/gallery/); and what these share and no chapter needs.
export const LATER = { details: 215_000, text: 70_000, reader: 190_000, landing: 13_000, later: 40_000 };

// What is loaded later: a chapter, one of those, or nothing.
export const partOf = (path) => /split_(?!shared\.)(?:shared_)?(\w+)\.wasm$/.exec(path)?.[1];

// What no scenario waits for: the sheet for paper comes with the details, pictures with the landing page alone, one by one.
export const isBeside = (path) => path.endsWith("print.css") || path.includes("cards/");

export function gzipped(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}

// Every file below `folder`, heaviest first.
export function weigh(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath ?? entry.path, entry.name);
      const bytes = readFileSync(path);
      return { path, plain: bytes.length, gzip: gzipped(bytes) };
    })
    .sort((a, b) => b.gzip - a.gzip);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const files = weigh("dist");
  const total = { path: "all of dist/", plain: 0, gzip: 0 };
  for (const file of files) {
    total.plain += file.plain;
    total.gzip += file.gzip;
  }
  console.log(`\n${"file".padEnd(34)}${"bytes".padStart(10)}${"gzip -9".padStart(10)}`);
  for (const { path, plain, gzip } of [...files, total]) {
    console.log(`${path.padEnd(34)}${String(plain).padStart(10)}${String(gzip).padStart(10)}`);
  }
  const sum = (some) => some.reduce((total, { gzip }) => total + gzip, 0);
  const core = sum(files.filter(({ path }) => !partOf(path) && !isBeside(path)));
  const chapters = files.filter(({ path }) => partOf(path) && !(partOf(path) in LATER));
  const largest = chapters[0]?.gzip ?? 0;
  const later = Object.entries(LATER).map(([part, most]) => `${part} ${sum(files.filter(({ path }) => partOf(path) === part))} (${most})`);
  console.log(`
core and the largest chapter ${core + largest} bytes of gzip (ceiling ${FIRST}), a chapter at most ${largest} (${CHAPTER}), ${later.join(", ")}`);
}
