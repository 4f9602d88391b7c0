// Splits the page's program in parts, each of which needs those before it: what a run of Raft needs to start
// and move; what other protocols need besides; what a shared run needs; and the rest.
//
//   node tools/split.mjs LINKED.wasm DIST OUT
//
// reads the program as the linker wrote it (with --emit-relocs) and as wasm-bindgen left it in DIST, and
// writes into OUT the parts (all but the rest packed) and a faultline.js that knows them all.
// They share one memory and one function table. A function of a later part that an earlier one calls has a
// short stand-in in the first: it asks for the parts that have not come yet (the import split.load), then
// calls through the table, where each part puts its functions as it arrives. Constants come with the first
// part that uses them.
//
// Which functions may wait is said by tools/later.txt, by their paths; whatever only they call follows
// them. So nothing there decides what the program does: a wrong rule costs time, never correctness.
//
// The rule that is easy to break: a part must not look into a later one's functions. Whatever it needs of
// them goes through the table, because the later part may not be there.

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

// What the parts are called; their order is the order in which they come.
export const PARTS = ["first", "more", "shared", "rest"];
const FILES = {
  first: "faultline.wasm.lzma",
  more: "faultline_more.wasm.lzma",
  shared: "faultline_shared.wasm.lzma",
  // Unpacking takes a moment, and this one comes while a run moves.
  rest: "faultline_rest.wasm",
};

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

// The signs of later.txt: the part in which a function comes, counted from zero.
const SIGNS = { "-": 0, "1": 1, "2": 2, "+": 3 };

// The rules of later.txt: lines of a sign and a regular expression.
export function rules(text) {
  return text.split("\n").map((line) => line.trim()).filter((line) => line && !line.startsWith("#")).map((line) => {
    const part = SIGNS[line[0]];
    if (part === undefined) throw new Error(`tools/later.txt: "${line}" starts with none of ${Object.keys(SIGNS).join(" ")}`);
    return { part, pattern: new RegExp(line.slice(1).trim()) };
  });
}

// In which part a function comes by the rules, at the earliest; the last rule that matches decides.
export function partBy(all, plain) {
  return all.findLast(({ pattern }) => pattern.test(plain))?.part ?? 0;
}

// The functions that can run with `part` and those before it: reached from the roots, not through one that
// comes later.
function reached(roots, functions, partOf, part) {
  const seen = new Set();
  const open = [...roots];
  while (open.length > 0) {
    const name = open.pop();
    if (seen.has(name) || !functions.has(name) || partOf(name) > part) continue;
    seen.add(name);
    open.push(...functions.get(name).calls);
  }
  return seen;
}

// The parts, a set of functions each. A part has what was put there, and all that only it leads to.
export function partsOf({ table, exported, functions }, partOf) {
  const roots = [new Set([...exported, ...table].filter((name) => functions.has(name))), ...PARTS.slice(1).map(() => new Set())];
  for (const name of functions.keys()) if (partOf(name) > 0) roots[partOf(name)].add(name);
  const parts = [];
  const taken = new Set();
  roots.forEach((names, part) => {
    const last = part === PARTS.length - 1;
    const found = last ? functions.keys() : reached(names, functions, partOf, part);
    parts.push(new Set([...found].filter((name) => !taken.has(name))));
    for (const name of parts[part]) taken.add(name);
  });
  return parts;
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

// A stand-in: the same signature; asks for the parts up to `part`, then calls slot `slot`.
function standIn(name, callee, slot, part) {
  const values = callee.params.map((_, i) => ` (local.get ${i})`).join("");
  return ` (func ${name}${signatureOf(callee)}
  (if (i32.lt_u (global.get $split_ready) (i32.const ${part})) (then (call $split_load (i32.const ${part}))))
  (call_indirect $0${signatureOf(callee)}${values} (i32.const ${slot})))`;
}

const callsOf = (names, functions) => new Set([...names].flatMap((name) => [...functions.get(name).calls]));

// Which functions come in which part, and which of them an earlier part knows by slot.
function divide(program, partOf) {
  const { table, exported, functions } = program;
  const parts = partsOf(program, partOf);
  const place = new Map(parts.flatMap((names, part) => [...names].map((name) => [name, part])));
  const calls = parts.map((names) => callsOf(names, functions));
  const slots = new Map(table.map((name, i) => [name, i + 1]));
  const known = [...exported, ...calls.flatMap((names, part) => [...names].filter((name) => place.get(name) > part))];
  for (const name of known) {
    if (place.get(name) > 0 && !slots.has(name)) slots.set(name, slots.size + 1);
  }
  const bySlot = [...slots].filter(([name]) => place.get(name) > 0);
  calls[0] = new Set([...table, ...calls[0]]);
  return { parts, place, calls, slots, bySlot };
}

// What the parts take from those before them: an export of the one and an import of the other each.
// `[{ text, exports, imports }]`, one a part.
function borrow({ of, functions }, { parts, place, calls }, tableType) {
  const texts = parts.map((names) => [...names].map((name) => functions.get(name).text).join("\n"));
  const uses = (part, global) => ["get", "set"].some((verb) => new RegExp(`global\\.${verb} ${escaped(global)}[\\s)]`).test(texts[part]));
  const bare = (form) => form.replace(new RegExp(`^ \\(\\w+ ${NAME} `), "").replace(/\)$/, "");
  const common = [
    ...of("memory").map((form) => ["memory", nameOf(form), ` ${bare(form)}`]),
    ["table", "$0", ` ${tableType}`],
    ...of("table").filter((form) => nameOf(form) !== "$0").map((form) => ["table", nameOf(form), ` ${bare(form)}`]),
  ];
  const globals = (part) => of("global").filter((form) => uses(part, nameOf(form))).map((form) => ["global", nameOf(form), ` ${bare(form).replace(/ \(i32\.const.*/, "")}`]);
  const made = texts.map((text) => ({ text, exports: new Map(), imports: [] }));
  parts.slice(1).forEach((_, i) => {
    const part = i + 1;
    const take = (from, [kind, name, type]) => {
      const { exports } = made[from];
      const key = `${kind} ${name}`;
      if (!exports.has(key)) exports.set(key, `_${exports.size.toString(36)}`);
      made[part].imports.push(` (import "${PARTS[from]}" "${exports.get(key)}" (${key}${type}))`);
    };
    for (const shared of [...common, ...globals(part)]) take(0, shared);
    for (const name of calls[part]) {
      const from = place.get(name);
      // What comes later still has its stand-in in the first part.
      if (from !== undefined && from !== part) take(from < part ? from : 0, ["func", name, signatureOf(functions.get(name))]);
    }
  });
  return made.map(({ text, exports, imports }) => ({ text, imports, exports: [...exports].map(([key, as]) => ` (export "${as}" (${key}))`) }));
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

// The program's texts, one a part. `partOf(name)` says which functions may come later; `data(parts)` gives
// the data segments of the parts, as text.
export function split(text, partOf, data) {
  const program = parse(text);
  const { of, imports, functions } = program;
  const divided = divide(program, partOf);
  const { parts, place, calls, slots, bySlot } = divided;
  const tableType = `${slots.size + 1} ${slots.size + 1} funcref`;
  const borrowed = borrow(program, divided, tableType);
  const constants = data(parts, of("data"));
  const imported = (part) => imports.filter(({ name }) => calls[part].has(name)).map(({ form }) => form);
  const firstModule = [
    "(module",
    ...of("type"),
    ...imported(0),
    ' (import "split" "load" (func $split_load (param i32)))',
    ...of("global"),
    " (global $split_ready (mut i32) (i32.const 0))",
    ...of("memory"),
    ` (table $0 ${tableType})`,
    ...of("table").filter((form) => nameOf(form) !== "$0"),
    ` (elem $0 (table $0) (i32.const 1) func ${[...slots.keys()].join(" ")})`,
    ...constants[0],
    ...of("export"),
    ...borrowed[0].exports,
    ' (export "split_ready" (global $split_ready))',
    ...[...parts[0]].map((name) => functions.get(name).text),
    ...bySlot.map(([name, slot]) => standIn(name, functions.get(name), slot, place.get(name))),
    ")",
  ].join("\n");
  const laterModule = (part) => [
    "(module",
    ...of("type"),
    ...borrowed[part].imports,
    ...imported(part),
    ...runs(bySlot.filter(([name]) => place.get(name) === part)).map(({ slot, names }) => ` (elem (table $0) (i32.const ${slot}) func ${names.join(" ")})`),
    ...constants[part],
    ...borrowed[part].exports,
    borrowed[part].text,
    ")",
  ].join("\n");
  return { texts: PARTS.map((_, part) => (part === 0 ? grouped(firstModule, bySlot) : laterModule(part))), divided };
}

// The stand-ins under names that sort after all others, so that they stand together, where gzip finds them.
function grouped(text, bySlot) {
  const names = new Map(bySlot.map(([name, slot]) => [name, `$~${String(slot).padStart(5, "0")}`]));
  return text.replace(ALL_NAMES, (name) => names.get(name) ?? name);
}

// The data segments of the parts: a read-only constant comes with the first part that leads to it.
function shareOut(linked) {
  const { constants: all, of, data } = constants(linked);
  const from = data[0].address;
  const to = from + data[0].end - data[0].start;
  const isReadOnly = (c) => c && c.address >= from && c.address + c.size <= to;
  return (parts, segments) => {
    const bytes = segmentBytes(segments, from);
    const last = parts.length - 1;
    const comes = new Uint8Array(bytes.length);
    for (const c of all.filter(isReadOnly)) comes.fill(last, c.address - from, c.address - from + c.size);
    const seen = new Set();
    parts.slice(0, last).forEach((names, part) => {
      const open = [...names].flatMap((name) => [...of(name.slice(1))]);
      // What the linker wrote outside the read-only constants is there from the start, with all it leads to.
      if (part === 0) open.push(...all.flatMap((c) => (c && !isReadOnly(c) ? c.uses : [])));
      while (open.length > 0) {
        const index = open.pop();
        const constant = all[index];
        if (seen.has(index) || !constant) continue;
        seen.add(index);
        open.push(...constant.uses);
        if (!isReadOnly(constant)) continue;
        const at = constant.address - from;
        // Constants may share bytes: those come with the earlier.
        for (let i = at; i < at + constant.size; i++) comes[i] = Math.min(comes[i], part);
      }
    });
    const others = segments.filter((form) => addressOf(form) !== from);
    const later = (part) => stretches(comes, part).map(([start, end]) => segmentText(from + start, bytes.subarray(start, end)));
    const first = [segmentText(from, bytes.map((byte, i) => (comes[i] === 0 ? byte : 0))), ...others];
    return parts.map((_, part) => (part === 0 ? first : later(part)));
  };
}

// The stretches of `part` in `comes`, as [start, end).
function stretches(comes, part) {
  const found = [];
  for (let i = 0; i < comes.length; i++) {
    if (comes[i] !== part) continue;
    const start = i;
    while (i < comes.length && comes[i] === part) i++;
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
  const made = split(text, (name) => partBy(later, plain.get(name)), shareOut(linked));
  const glue = await rewrite(readFileSync(join(work, "faultline.js"), "utf8"), made.texts, FILES);
  PARTS.forEach((part, i) => {
    writeFileSync(join(work, `${part}.wat`), glue.texts[i]);
    tool("wasm-as", "-g", join(work, `${part}.wat`), "-o", join(work, `${part}.wasm`));
    tool("wasm-opt", ...OPTIMISE, join(work, `${part}.wasm`), "-o", join(work, `${part}.small.wasm`));
    const bytes = readFileSync(join(work, `${part}.small.wasm`));
    writeFileSync(join(out, FILES[part]), FILES[part].endsWith(".lzma") ? packed(bytes) : bytes);
  });
  writeFileSync(join(out, "faultline.js"), glue.script);
  rmSync(work, { recursive: true });
  const { parts, bySlot } = made.divided;
  console.log(`split: ${PARTS.map((part, i) => `${part} ${parts[i].size}`).join(", ")} functions, ${bySlot.length} stand-ins`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await run(...process.argv.slice(2));
