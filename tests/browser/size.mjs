// What the page weighs: every file of dist/, plain and through gzip -9.
//
// The ceiling is on what the page loads until its first scenario moves; weight.test.mjs measures that
// in a browser. This table is for whoever wonders what grew.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

// What the page may weigh until its first scenario moves, in bytes of gzip: page, styles, scripts, program. It is 450,000
// once the chapters come on demand; until then it is one module.
export const CEILING = 530_000;

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
  console.log(`ceiling until something moves: ${CEILING} bytes of gzip`);
}
