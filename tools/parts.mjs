// Divides the page's program into its parts: node tools/parts.mjs LINKED.wasm DIST.
//
// wasm-split-cli does it, by the functions marked with `wasm_split` (src/parts.rs): what only such a function leads to
// goes into a part, split_NAME.wasm; what several parts need and the page itself does not, into as many chunks as
// there are combinations. All chunks are merged into one here, split_shared.wasm, or a page of many chapters would ask
// for dozens of tiny files. wasm-bindgen then joins the main part and the browser.
//
// The rule that is easy to break: the linker must have written its notes (--emit-relocs), and wasm-bindgen must keep
// what the linker exported, or the parts find neither memory nor table.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LOADER = "__wasm_split.js";
const SHARED = "split_shared.wasm";
const FEATURES = [
  "bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue",
].map((feature) => `--enable-${feature}`);

const [linked, dist] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), "faultline-parts-"));
try {
  execFileSync("wasm-split-cli", ["--target", "web", "--out-name", "faultline", linked, work], { stdio: "inherit" });
  const names = readdirSync(work);
  const chunks = names.filter((name) => name.startsWith("chunk_"));
  const parts = names.filter((name) => name.startsWith("split_"));
  if (parts.length === 0) throw new Error(`${linked} has no parts: is it built with the feature split?`);
  writeFileSync(join(dist, LOADER), merged(readFileSync(join(work, LOADER), "utf8"), chunks));
  if (chunks.length > 0) merge(chunks);
  for (const part of parts) copyFileSync(join(work, part), join(dist, part));
  const main = ["--keep-lld-exports", "--target", "web", "--no-typescript", "--out-name", "faultline", "--out-dir", dist];
  execFileSync("wasm-bindgen", [...main, join(work, "faultline.wasm")], { stdio: "inherit" });
  console.log(`parts: ${parts.join(", ")}, and what ${chunks.length} combinations of them share`);
} finally {
  rmSync(work, { recursive: true });
}

// One module of all chunks. Each imports memory, table and globals of the page, and merged they would be imported as
// often; so there is one more module that imports them once, as those of "page", and hands them on.
function merge(chunks) {
  const imports = chunks.flatMap((chunk) => binaryen("wasm-dis", join(work, chunk)).match(/^ \(import "__wasm_split" .*$/gm) ?? []);
  const of = new Map(imports.map((line) => /"(\w+)" \((\w+) \S+ (.*)\)\)$/.exec(line)).map(([, name, kind, type]) => [name, { kind, type }]));
  const once = [...of].flatMap(([name, { kind, type }], i) => [`(import "page" "${name}" (${kind} $${i} ${type}))`, `(export "${name}" (${kind} $${i}))`]);
  writeFileSync(join(work, "once.wat"), `(module ${once.filter((l) => /^.import/.test(l)).join(" ")} ${once.filter((l) => /^.export/.test(l)).join(" ")})`);
  binaryen("wasm-as", join(work, "once.wat"), "-o", join(work, "once.wasm"));
  const inputs = chunks.flatMap((chunk) => [join(work, chunk), chunk]);
  binaryen("wasm-merge", ...inputs, join(work, "once.wasm"), "__wasm_split", "-o", join(dist, SHARED));
}

function binaryen(tool, ...args) {
  return execFileSync(join("node_modules/.bin", tool), [...FEATURES, ...args], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}

// The loader with one chunk in the place of all.
function merged(script, chunks) {
  const chunk = /(?:\/\* [^*]* \*\/\s*)?const __chunk_\d+ = makeLoad\([\s\S]*?\n, \[\]\);\n/g;
  const found = script.match(chunk) ?? [];
  if (found.length !== chunks.length) throw new Error(`${LOADER} names ${found.length} of ${chunks.length} chunks: has wasm-split-cli changed?`);
  if (chunks.length === 0) return script;
  const shared = found[0].replace(/__chunk_\d+/, "__shared").replace(/chunk_\d+\.wasm/, SHARED).replace("(src, imports)", "(src, { page: imports.__wasm_split })");
  return script.replace(found[0], shared).replace(chunk, (text) => (text === shared ? text : "")).replace(/\[__chunk_[^\]]*\]/g, "[__shared]");
}
