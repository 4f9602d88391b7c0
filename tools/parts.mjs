// Divides the page's program into its parts: node tools/parts.mjs LINKED.wasm DIST NEEDS.json.
//
// wasm-split-cli does it, by the functions marked with `wasm_split` (src/parts.rs): what only such a function leads to
// goes into a part, split_NAME.wasm; what several parts need and the page itself does not, into as many chunks as
// there are combinations. They are merged here, or a page of many protocols would ask for dozens of tiny files: what some
// protocol needs into a few split_shared_N.wasm (groups.mjs), what only parts that come later need into
// split_shared_later.wasm. NEEDS.json says which of them each part needs. wasm-bindgen then joins the main part and the browser.
//
// The rule that is easy to break: the linker must have written its notes (--emit-relocs), and wasm-bindgen must keep
// what the linker exported, or the parts find neither memory nor table.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { grouped } from "./groups.mjs";

const LOADER = "__wasm_split.js";
// The parts that are no protocols: what only they share is not brought along with one.
const LATER = ["details", "hidden", "landing", "reader", "text"];
// So many files at most for what protocols share: a protocol needs about half of them.
const SHARED = 40;
const FEATURES = [
  "bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue",
].map((feature) => `--enable-${feature}`);

const [linked, dist, needsFile] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), "faultline-parts-"));
try {
  execFileSync("wasm-split-cli", ["--target", "web", "--out-name", "faultline", linked, work], { stdio: "inherit" });
  const names = readdirSync(work);
  const chunks = names.filter((name) => name.startsWith("chunk_"));
  const parts = names.filter((name) => name.startsWith("split_"));
  if (parts.length === 0) throw new Error(`${linked} has no parts: is it built with the feature split?`);
  const script = readFileSync(join(work, LOADER), "utf8");
  const { groups, needs } = divided(script, chunks);
  writeFileSync(needsFile, JSON.stringify(needs));
  writeFileSync(join(dist, LOADER), merged(script, groups));
  for (const [name, group] of groups) merge(name, group);
  for (const part of parts) copyFileSync(join(work, part), join(dist, part));
  const main = ["--keep-lld-exports", "--target", "web", "--no-typescript", "--out-name", "faultline", "--out-dir", dist];
  execFileSync("wasm-bindgen", [...main, join(work, "faultline.wasm")], { stdio: "inherit" });
  console.log(`parts: ${parts.join(", ")}, and what ${chunks.length} combinations of them share`);
} finally {
  rmSync(work, { recursive: true });
}

// The chunks of each module of what is shared, by its name, and the modules that each part needs; the loader says of each
// chunk who needs it.
function divided(script, names) {
  const said = [...script.matchAll(/\/\* ([\w, ]+) \*\/\s*const __(chunk_\d+) = makeLoad/g)];
  if (said.length !== names.length) throw new Error(`${LOADER} names ${said.length} of ${names.length} chunks: has wasm-split-cli changed?`);
  const chunks = said.map(([, users, name]) => ({ name: `${name}.wasm`, users: users.split(", ") }));
  const later = chunks.filter(({ users }) => users.every((user) => LATER.includes(user)));
  const early = chunks.filter((chunk) => !later.includes(chunk));
  for (const chunk of early) chunk.size = codeOf(readFileSync(join(work, chunk.name)));
  const groups = new Map([["shared_later", later.map(({ name }) => name)]]);
  for (const [i, group] of grouped(early, SHARED).entries()) groups.set(`shared_${i + 1}`, group);
  const needs = {};
  for (const [name, group] of groups) {
    const users = new Set(chunks.filter((chunk) => group.includes(chunk.name)).flatMap((chunk) => chunk.users));
    for (const user of users) (needs[user] ??= []).push(name);
  }
  return { groups, needs };
}

// How many bytes of a module are code and data. The rest, most of a small chunk, is what it imports and exports, and goes when
// chunks are merged.
function codeOf(bytes) {
  const [CODE, DATA, FIRST_SECTION] = [10, 11, 8];
  let [at, sum] = [FIRST_SECTION, 0];
  const number = () => {
    let [value, shift, byte] = [0, 0, 0x80];
    for (; byte & 0x80; shift += 7) {
      byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
    }
    return value;
  };
  while (at < bytes.length) {
    const section = bytes[at++];
    const size = number();
    if (section === CODE || section === DATA) sum += size;
    at += size;
  }
  return sum;
}

// One module of these chunks. Each imports memory, table and globals of the page, and merged they would be imported as
// often; so there is one more module that imports them once, as those of "page", and hands them on.
function merge(name, chunks) {
  const of = new Map();
  for (const chunk of chunks) {
    // What is imported, the engine of Node tells at once; of what type it is, a text of the module, once for each name.
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(join(work, chunk))));
    if (imports.every(({ module, name }) => module !== "__wasm_split" || of.has(name))) continue;
    for (const line of binaryen("wasm-dis", join(work, chunk)).match(/^ \(import "__wasm_split" .*$/gm) ?? []) {
      const [, name, kind, type] = /"(\w+)" \((\w+) \S+ (.*)\)\)$/.exec(line);
      of.set(name, { kind, type });
    }
  }
  const once = [...of].flatMap(([name, { kind, type }], i) => [`(import "page" "${name}" (${kind} $${i} ${type}))`, `(export "${name}" (${kind} $${i}))`]);
  writeFileSync(join(work, "once.wat"), `(module ${once.filter((l) => /^.import/.test(l)).join(" ")} ${once.filter((l) => /^.export/.test(l)).join(" ")})`);
  binaryen("wasm-as", join(work, "once.wat"), "-o", join(work, "once.wasm"));
  const inputs = chunks.flatMap((chunk) => [join(work, chunk), chunk]);
  binaryen("wasm-merge", ...inputs, join(work, "once.wasm"), "__wasm_split", "-o", join(dist, `split_${name}.wasm`));
}

function binaryen(tool, ...args) {
  return execFileSync(join("node_modules/.bin", tool), [...FEATURES, ...args], { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "pipe"] });
}

// The loader with one module in the place of all chunks of a group.
function merged(script, groups) {
  const loads = new RegExp(String.raw`(?:/\* [^*]* \*/\s*)?const __chunk_\d+ = makeLoad\([\s\S]*?\n, \[\]\);\n`, "g");
  const [pattern] = script.match(loads) ?? [""];
  const load = (name) =>
    pattern.replace(/__chunk_\d+/, `__${name}`).replace(/chunk_\d+\.wasm/, `split_${name}.wasm`).replace("(src, imports)", "(src, { page: imports.__wasm_split })");
  const names = [...groups.keys()];
  const groupOf = (chunk) => names.find((name) => groups.get(name).includes(`${chunk}.wasm`));
  const needs = (list) => [...new Set(list.match(/chunk_\d+/g).map(groupOf))].map((name) => `__${name}`).join(", ");
  const all = names.map(load).join("");
  let first = true;
  const once = script.replace(loads, () => (first ? ((first = false), all) : ""));
  return once.replace(/\[__chunk_[^\]]*\]/g, (list) => `[${needs(list)}]`);
}
