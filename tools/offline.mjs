// The list of all files for the service worker: node tools/offline.mjs DIST puts it before DIST/offline.js, after everything else is
// finished there.
//
// The rule that is easy to break: each file's hash is of the bytes that are published, so nothing may be written after this. Run again it
// puts a new list in the old one's place.

import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";

const FIRST = "self.faultlineBuild=";

// What no page of a kept build asks for: the worker itself, what a host asks for, and what frames take that no worker serves.
const BESIDE = ["offline.js", "embed.js", "whole.js"];

// What index.html does not name and its scripts bring first.
const BROUGHT = ["install.js"];

const hash = (path) => `sha256-${createHash("sha256").update(readFileSync(path)).digest("base64")}`;

// The list of what is in `dist`: { version, core, files }. The page itself is "", as in its address.
export function list(dist) {
  const page = readFileSync(join(dist, "index.html"), "utf8");
  const version = /id="boot-module"[^>]*\?v=(\w+)"/.exec(page)?.[1];
  if (!version) throw new Error(`${dist}/index.html has no version: offline.js comes after the stamp`);
  const named = [...page.matchAll(/(?:href|src)="\.\/([\w.-]+)\?v=/g)].map(([, file]) => file);
  const core = ["", ...new Set([...named, ...BROUGHT])];
  const files = {};
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const file = relative(dist, path).split(sep).join("/");
    if (entry.isFile() && !BESIDE.includes(file)) files[file === "index.html" ? "" : file] = hash(path);
  }
  const missing = core.filter((file) => !Object.hasOwn(files, file));
  if (missing.length > 0) throw new Error(`${dist}: the page names ${missing.join(", ")}, and it is not there`);
  const sorted = Object.keys(files).sort().map((file) => [file, files[file]]);
  return { version, core, files: Object.fromEntries(sorted) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [dist] = process.argv.slice(2);
  const worker = join(dist, "offline.js");
  const lines = readFileSync(worker, "utf8").split("\n");
  if (lines[0].startsWith(FIRST)) lines.shift();
  writeFileSync(worker, [`${FIRST}${JSON.stringify(list(dist))};`, ...lines].join("\n"));
}
