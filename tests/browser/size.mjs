// What the page weighs: every file of dist/, plain and through gzip -9.
//
// The ceilings are on what the page loads until a scenario moves, and on what each further protocol and the details
// come to; weight.test.mjs measures the first in a browser. This table is for whoever wonders what grew.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

// In bytes of gzip: page, styles, scripts, the core of the program, and one protocol with what protocols share.
export const FIRST = 670_000;
// Each further protocol.
export const PROTOCOL = 90_000;
// What stands around the stage (src/ui/details.rs), which comes when a run has begun to move; with it what reads and
// writes runs (src/scenario/text.rs); what reads scenario files (src/scenario/own.rs), which comes with the first of
// them; the landing page (src/ui/gallery/); what only tests open; and what these share and no protocol needs.
export const LATER = { details: 245_000, text: 70_000, hidden: 15_000, reader: 190_000, landing: 13_000, later: 45_000 };

// The whole program as one classic script, packed inside: loaded instead of all the others, where these may not be.
export const WHOLE = 2_350_000;

// What is loaded later: a protocol, one of those, what protocols share, or nothing.
export function partOf(path) {
  const name = /split_(\w+)\.wasm$/.exec(path)?.[1];
  if (name === "shared_later") return "later";
  return name?.startsWith("shared_") ? "shared" : name;
}

// Whether that is a protocol's own part.
export const isProtocol = (path) => ![undefined, "shared", ...Object.keys(LATER)].includes(partOf(path));

// The parts of each scenario, as the page's text names them: [[file]].
export function scenarioParts(folder) {
  const cards = readFileSync(join(folder, "index.html"), "utf8").match(/<a class="card"[^>]*>/g) ?? [];
  return cards.map((card) => [...card.matchAll(/\.\/(split_\w+\.wasm)/g)].map(([, file]) => file));
}

// Of all that a page loads until a scenario moves, what weighs most: [{ path, gzip }].
export function heaviest(folder, files) {
  const core = files.filter(({ path }) => !partOf(path) && !isBeside(path));
  const loads = scenarioParts(folder).map((parts) => [...core, ...files.filter(({ path }) => parts.some((part) => path.endsWith(part)))]);
  const weight = (load) => load.reduce((total, { gzip }) => total + gzip, 0);
  return loads.sort((a, b) => weight(b) - weight(a))[0];
}

// What no scenario waits for: whole.js comes where no module may be loaded, the sheet for paper with the details, pictures with the
// landing page alone, one by one; what speaks with a host, inside another page alone; what keeps the page for when there is no network,
// when it has stood for some seconds.
export const isBeside = (path) => /\/(whole\.js|print\.css|embed\.js|embedded\.js)$|\/cards\//.test(path) || isKeeping(path);

// What keeps the page for when there is no network.
export const isKeeping = (path) => /\b(install\.js|offline\.js|manifest\.webmanifest|icon-\d+\.png)$/.test(path);

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
  const most = heaviest("dist", files);
  const largest = files.filter(({ path }) => isProtocol(path))[0]?.gzip ?? 0;
  const later = Object.entries(LATER).map(([part, most]) => `${part} ${sum(files.filter(({ path }) => partOf(path) === part))} (${most})`);
  console.log(`
core and the heaviest protocol ${sum(most)} bytes of gzip (ceiling ${FIRST}), a protocol at most ${largest} (${PROTOCOL}), ${later.join(", ")}`);
}
