// Splits the page's program in two: what the first run needs to start and move, and the rest.
//
//   node tools/split.mjs LINKED.wasm DIST OUT
//
// reads the program as the linker wrote it (with --emit-relocs) and as wasm-bindgen left it in DIST, and
// writes into OUT faultline.wasm.lzma (the first part, packed), faultline_rest.wasm, and a faultline.js that
// knows both.
// The two share one memory and one function table. A function of the rest that the first part calls keeps
// a short stand-in there: it asks for the rest if that has not come yet (the import split.load), then calls
// through the table, where the rest puts its functions as it arrives. Constants that only the rest uses
// come with it.
//
// Which functions may wait is said by tools/later.txt, by their paths; whatever only they call follows
// them. So nothing there decides what the program does: a wrong rule costs time, never correctness.
//
// The rule that is easy to break: the first part must not look into the rest's functions. Whatever it
// needs of them goes through the table, because the rest may not be there.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { compress } from "lzma1";
import { rewrite } from "./glue.mjs";
import { constants } from "./relocs.mjs";
import { unlzma } from "./unlzma.js";

const HERE = dirname(fileURLToPath(import.meta.url));
const BIN = join(HERE, "../node_modules/.bin");

// What rustc emits. Without these flags the tools refuse it; with all features Chromium refuses the result.
export const FEATURES = [
  "bulk-memory", "nontrapping-float-to-int", "sign-ext", "mutable-globals", "reference-types", "multivalue",
].map((feature) => `--enable-${feature}`);

// Functions stand in the order of their names: what is alike stands together, where gzip finds it.
const OPTIMISE = ["-Oz", "--low-memory-unused", "--reorder-functions-by-name", "--strip-producers", "--strip-debug"];

const NAME = String.raw`\$(?:"(?:[^"\\]|\\.)*"|[^\s()]+)`;
const ALL_NAMES = new RegExp(NAME, "g");
const escaped = (name) => name.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

// A module's text as top-level forms: one string each, without the closing parenthesis of the module.
function forms(text) {
  const lines = text.split("\n");
  const found = [];
  for (const line of lines.slice(1)) {
    if (line.startsWith(" (")) found.push([line]);
    else if (line.startsWith("  ") || line === " )") found.at(-1).push(line);
  }
  return found.map((form) => form.join("\n"));
}

const kindOf = (form) => /^ \((\w+)/.exec(form)[1];
const nameOf = (form) => new RegExp(`^ \\(\\w+ (${NAME})`).exec(form)[1];

// Names without the hashes that every build of a crate changes, and without the quotes of the text format.
export function plainName(name) {
  return name.replace(/^\$"?|"$/g, "").replace(/\[[0-9a-f]{8,}\]/g, "");
}

// The functions of a program: name -> { text, head, params, result, calls, refs }.
function functions(all) {
  const found = new Map();
  for (const form of all.filter((form) => kindOf(form) === "func")) {
    const head = form.slice(0, (form + "\n").indexOf("\n"));
    const signature = head.replace(new RegExp(NAME), "");
    const params = [...signature.matchAll(/\(param \S+ (\w+)\)/g)].map((m) => m[1]);
    const result = /\(result ([^)]*)\)/.exec(signature)?.[1] ?? "";
    const calls = new Set([...form.matchAll(new RegExp(`\\((?:call|return_call|ref\\.func) (${NAME})`, "g"))].map((m) => m[1]));
    found.set(nameOf(form), { text: form, params, result, calls });
  }
  return found;
}

// The rules of later.txt: lines of regular expressions, "+" to let wait and "-" to take back.
export function rules(text) {
  return text.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#")).map((line) => {
    const sign = line[0];
    if (sign !== "+" && sign !== "-") throw new Error(`tools/later.txt: "${line}" starts with neither + nor -`);
    return { waits: sign === "+", pattern: new RegExp(line.slice(1).trim()) };
  });
}

// Does a function wait by the rules? The last rule that matches decides.
export function waitsBy(all, plain) {
  return all.findLast(({ pattern }) => pattern.test(plain))?.waits ?? false;
}

// The functions that can run without the rest: reached from the roots, not through one that waits.
export function reached(roots, functions, waits) {
  const seen = new Set();
  const open = roots.filter((name) => functions.has(name) && !waits(name));
  while (open.length > 0) {
    const name = open.pop();
    if (seen.has(name)) continue;
    seen.add(name);
    for (const callee of functions.get(name).calls) {
      if (functions.has(callee) && !seen.has(callee) && !waits(callee)) open.push(callee);
    }
  }
  return seen;
}

export function parse(text) {
  const all = forms(text);
  const of = (kind) => all.filter((form) => kindOf(form) === kind);
  const elem = of("elem");
  if (elem.length !== 1 || !/^ \(elem \S+ \(table \$0\) \(i32\.const 1\) func /.test(elem[0])) {
    throw new Error("the program's function table is not one segment from slot 1: has the compiler changed?");
  }
  const table = [...elem[0].slice(elem[0].indexOf(" func ") + 5).matchAll(ALL_NAMES)].map((m) => m[0]);
  const imports = of("import").map((form) => ({ form, name: new RegExp(`\\(func (${NAME})`).exec(form)?.[1] }));
  if (imports.some(({ name }) => !name)) throw new Error("an import that is no function: has wasm-bindgen changed?");
  const exported = of("export").map((form) => new RegExp(`\\(func (${NAME})\\)`).exec(form)?.[1]).filter(Boolean);
  return { of, table, imports, exported, functions: functions(all) };
}

const signatureOf = ({ params, result }) =>
  params.map((type) => ` (param ${type})`).join("") + (result ? ` (result ${result})` : "");

// A stand-in: the same signature; asks for the rest, then calls slot `slot`.
function standIn(name, callee, slot) {
  const values = callee.params.map((_, i) => ` (local.get ${i})`).join("");
  return ` (func ${name}${signatureOf(callee)}
  (if (i32.eqz (global.get $split_ready)) (then (call $split_load)))
  (call_indirect $0${signatureOf(callee)}${values} (i32.const ${slot})))`;
}

// Which functions come first, which with the rest, and which of the rest the first part knows by slot.
function divide({ table, exported, functions }, waits) {
  const first = reached([...exported, ...table], functions, waits);
  const rest = [...functions.keys()].filter((name) => !first.has(name));
  const calls = (names) => new Set([...names].flatMap((name) => [...functions.get(name).calls]));
  const slots = new Map(table.map((name, i) => [name, i + 1]));
  const firstCalls = calls(first);
  for (const name of [...exported, ...firstCalls]) {
    if (functions.has(name) && !first.has(name) && !slots.has(name)) slots.set(name, slots.size + 1);
  }
  const bySlot = [...slots].filter(([name]) => functions.has(name) && !first.has(name));
  return { first, rest, slots, bySlot, firstCalls: new Set([...table, ...firstCalls]), restCalls: calls(rest) };
}

// What the rest takes from the first part: an export of the one and an import of the other each.
function borrow({ of, functions }, { first, rest, restCalls }, tableType) {
  const text = rest.map((name) => functions.get(name).text).join("\n");
  const uses = (global) => ["get", "set"].some((verb) => new RegExp(`global\\.${verb} ${escaped(global)}[\\s)]`).test(text));
  const bare = (form) => form.replace(new RegExp(`^ \\(\\w+ ${NAME} `), "").replace(/\)$/, "");
  const shared = [
    ...of("memory").map((form) => ["memory", nameOf(form), ` ${bare(form)}`]),
    ["table", "$0", ` ${tableType}`],
    ...of("table").filter((form) => nameOf(form) !== "$0").map((form) => ["table", nameOf(form), ` ${bare(form)}`]),
    ...of("global").filter((form) => uses(nameOf(form))).map((form) => ["global", nameOf(form), ` ${bare(form).replace(/ \(i32\.const.*/, "")}`]),
    ...[...restCalls].filter((name) => first.has(name)).map((name) => ["func", name, signatureOf(functions.get(name))]),
  ];
  return {
    text,
    exports: shared.map(([kind, name], i) => ` (export "_${i.toString(36)}" (${kind} ${name}))`),
    imports: shared.map(([kind, name, type], i) => ` (import "first" "_${i.toString(36)}" (${kind} ${name}${type}))`),
  };
}

// Neighbouring slots in one.
function runs(bySlot) {
  const found = [];
  for (const [name, slot] of bySlot) {
    const last = found.at(-1);
    if (last && last.slot + last.names.length === slot) last.names.push(name);
    else found.push({ slot, names: [name] });
  }
  return found;
}

// The program's text in two. `waits(name)` says which functions may come later; `data(first)` gives the
// data segments of both parts, as text.
export function split(text, waits, data) {
  const program = parse(text);
  const { of, imports, functions } = program;
  const parts = divide(program, waits);
  const { first, slots, bySlot } = parts;
  const tableType = `${slots.size + 1} ${slots.size + 1} funcref`;
  const borrowed = borrow(program, parts, tableType);
  const constants = data(first, of("data"));
  const firstModule = [
    "(module",
    ...of("type"),
    ...imports.filter(({ name }) => parts.firstCalls.has(name)).map(({ form }) => form),
    ' (import "split" "load" (func $split_load))',
    ...of("global"),
    " (global $split_ready (mut i32) (i32.const 0))",
    ...of("memory"),
    ` (table $0 ${tableType})`,
    ...of("table").filter((form) => nameOf(form) !== "$0"),
    ` (elem $0 (table $0) (i32.const 1) func ${[...slots.keys()].join(" ")})`,
    ...constants.first,
    ...of("export"),
    ...borrowed.exports,
    ' (export "split_ready" (global $split_ready))',
    ...[...first].map((name) => functions.get(name).text),
    ...bySlot.map(([name, slot]) => standIn(name, functions.get(name), slot)),
    ")",
  ].join("\n");
  const restModule = [
    "(module",
    ...of("type"),
    ...borrowed.imports,
    ...imports.filter(({ name }) => parts.restCalls.has(name)).map(({ form }) => form),
    ...runs(bySlot).map(({ slot, names }) => ` (elem (table $0) (i32.const ${slot}) func ${names.join(" ")})`),
    ...constants.rest,
    borrowed.text,
    ")",
  ].join("\n");
  return { first: grouped(firstModule, bySlot), rest: restModule, parts };
}

// The stand-ins under names that sort after all others, so that they stand together, where gzip finds them.
function grouped(text, bySlot) {
  const names = new Map(bySlot.map(([name, slot]) => [name, `$~${String(slot).padStart(5, "0")}`]));
  return text.replace(ALL_NAMES, (name) => names.get(name) ?? name);
}

// The data segments of both parts: read-only constants go to the rest if nothing of the first part leads to one.
function shareOut(linked) {
  const { constants: all, of, data } = constants(linked);
  const from = data[0].address;
  const to = from + data[0].end - data[0].start;
  const isReadOnly = (c) => c && c.address >= from && c.address + c.size <= to;
  return (first, segments) => {
    const bytes = segmentBytes(segments, from);
    const needed = new Uint8Array(bytes.length).fill(1);
    for (const c of all.filter(isReadOnly)) needed.fill(0, c.address - from, c.address - from + c.size);
    const open = [...first].flatMap((name) => [...of(name.slice(1))]);
    // What the linker wrote outside the read-only constants is there from the start, with all it leads to.
    open.push(...all.flatMap((c) => (c && !isReadOnly(c) ? c.uses : [])));
    const seen = new Set();
    while (open.length > 0) {
      const index = open.pop();
      const constant = all[index];
      if (seen.has(index) || !constant) continue;
      seen.add(index);
      open.push(...constant.uses);
      if (isReadOnly(constant)) needed.fill(1, constant.address - from, constant.address - from + constant.size);
    }
    const others = segments.filter((form) => addressOf(form) !== from);
    return {
      first: [segmentText(from, bytes.map((byte, i) => (needed[i] ? byte : 0))), ...others],
      rest: stretches(needed).map(([start, end]) => segmentText(from + start, bytes.subarray(start, end))),
    };
  };
}

// The stretches of zeros in `needed`, as [start, end).
function stretches(needed) {
  const found = [];
  for (let i = 0; i < needed.length; i++) {
    if (needed[i]) continue;
    const start = i;
    while (i < needed.length && !needed[i]) i++;
    found.push([start, i]);
  }
  return found;
}

const addressOf = (form) => Number(/\(i32\.const (\d+)\)/.exec(form)[1]);

function segmentBytes(segments, address) {
  const form = segments.find((form) => addressOf(form) === address);
  if (!form) throw new Error(`no data segment at ${address}: has wasm-bindgen moved the data?`);
  const escapes = { t: 9, n: 10, r: 13, '"': 34, "'": 39, "\\": 92 };
  const text = /"((?:[^"\\]|\\.)*)"/.exec(form)[1];
  return Uint8Array.from(
    [...text.matchAll(/\\([0-9a-f]{2})|\\(.)|([^\\])/gs)].map(([, hex, escape, plain]) =>
      hex ? parseInt(hex, 16) : escape ? escapes[escape] : plain.charCodeAt(0)),
  );
}

const segmentText = (address, bytes) =>
  ` (data (i32.const ${address}) "${[...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("")}")`;

const tool = (name, ...args) => execFileSync(join(BIN, name), [...FEATURES, ...args], { maxBuffer: 1 << 30, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

// The names in a program's text, in order, as later.txt knows them: readable and without hashes.
const readable = (text) => forms(text).filter((form) => kindOf(form) === "func").map((form) => plainName(nameOf(form)));

// One LZMA stream, proved by unpacking it as the page will.
function packed(bytes) {
  const stream = Uint8Array.from(compress(bytes, 9));
  if (Buffer.compare(unlzma(stream), bytes) !== 0) throw new Error("the packed program does not unpack to itself");
  return stream;
}

async function run(linkedPath, dist, out) {
  const work = mkdtempSync(join(tmpdir(), "faultline-split-"));
  const linked = readFileSync(linkedPath);
  // Twice the same program: with the linker's names, which relocs.mjs knows, and with names for people.
  execFileSync("wasm-bindgen", ["--target", "web", "--no-typescript", "--no-demangle", "--out-dir", work, "--out-name", "faultline", linkedPath], { stdio: "inherit" });
  const text = tool("wasm-dis", join(work, "faultline_bg.wasm"));
  const names = readable(tool("wasm-dis", join(dist, "faultline_bg.wasm")));
  const own = forms(text).filter((form) => kindOf(form) === "func").map(nameOf);
  if (own.length !== names.length) throw new Error(`wasm-bindgen wrote ${own.length} functions once and ${names.length} the other time`);
  const plain = new Map(own.map((name, i) => [name, names[i]]));
  const later = rules(readFileSync(join(HERE, "later.txt"), "utf8"));
  const made = split(text, (name) => waitsBy(later, plain.get(name)), shareOut(linked));
  const glue = await rewrite(readFileSync(join(work, "faultline.js"), "utf8"), made);
  for (const part of ["first", "rest"]) {
    writeFileSync(join(work, `${part}.wat`), glue[part]);
    tool("wasm-as", "-g", join(work, `${part}.wat`), "-o", join(work, `${part}.wasm`));
    tool("wasm-opt", ...OPTIMISE, join(work, `${part}.wasm`), "-o", join(work, `${part}.small.wasm`));
  }
  writeFileSync(join(out, "faultline.wasm.lzma"), packed(readFileSync(join(work, "first.small.wasm"))));
  writeFileSync(join(out, "faultline_rest.wasm"), readFileSync(join(work, "rest.small.wasm")));
  writeFileSync(join(out, "faultline.js"), glue.script);
  rmSync(work, { recursive: true });
  const { first, rest, bySlot } = made.parts;
  console.log(`split: ${first.size} functions first and ${rest.length} later, ${bySlot.length} stand-ins`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await run(...process.argv.slice(2));
