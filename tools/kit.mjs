// What a protocol costs, by purpose: counts the lines of every protocol and scenario and writes docs/kit.md.
//
// The rule that is easy to break: a line belongs to the item it stands in, and an item to what it is for. What
// an item is for is told by its name (`inspect` is for people, `promises` judges), never by the protocol's.
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PURPOSES = ["teaches", "declares", "runs", "shows", "judges", "tests", "scenarios"];
const AIMS = { protocol: 250, scenario: 60 };
const LONGER = new Map([
  ["two_phase_commit", 400],
  ["clock_sync", 400],
]);

const BY_FILE = [
  [/(^|\/)tests?(\.rs|\/)/, "tests"],
  [/(^|\/)(judged?|checks|theory|measures|gauges|quality)\.rs$|(^|\/)(properties|promises)(\.rs|\/)/, "judges"],
  [/(^|\/)(show|look|boards)\.rs$/, "shows"],
];
const BY_ITEM = [
  [/^(#\[cfg\(test\)\]|mod tests)/m, "tests"],
  [/^use |^mod |^pub mod |^pub use /, "declares"],
  [/^(mutants|messages|facts)! \{/, "declares"],
  [/^(pub(\(\w+\))? )?(static|const) (ENTRY|PARAMS|FORMS)\b/, "declares"],
  [/^(pub(\(\w+\))? )?(static|const) (GAUGES|PUBLISHED)\b/, "judges"],
  [/^impl(<.*>)? Rule for |^impl(<.*>)? (Gauge|Property) for /, "judges"],
  [/^(pub(\(\w+\))? )?fn (promises|theory\w*|gauge\w*)\b/, "judges"],
  [/^(pub(\(\w+\))? )?fn (boards|board\w*)\b/, "shows"],
];
const BY_METHOD = [[/fn (inspect|timer_name|label|kind|role)\b/, "shows"]];

const opens = (line) => (line.match(/[{([]/g) ?? []).length - (line.match(/[})\]]/g) ?? []).length;

// Text and comments must not open or close anything.
const bare = (line) => line.replace(/"(\\.|[^"\\])*"|'(\\.|[^'\\])'/g, '""').replace(/\/\/.*$/, "");

/** The items of a file at the top level, each with its lines, its comments and attributes among them. */
function items(text) {
  const all = [];
  let item = [];
  let depth = 0;
  for (const line of text.split("\n")) {
    if (depth === 0 && line.trim() === "") {
      if (item.length) all.push(item);
      item = [];
      continue;
    }
    item.push(line);
    depth += opens(bare(line));
  }
  if (item.length) all.push(item);
  return all;
}

function purposeOf(item) {
  const code = item.filter((l) => !/^\s*\/\/\/?[^!]/.test(l) && !/^#\[(derive|allow|expect)/.test(l)).join("\n");
  return BY_ITEM.find(([pattern]) => pattern.test(code))?.[1] ?? "runs";
}

/** Adds the lines of a block `impl Protocol for X` to what each of its methods is for. */
function count(item, sums) {
  const purpose = purposeOf(item);
  if (purpose !== "runs") {
    sums[purpose] += item.length;
    return;
  }
  let within = null;
  let depth = 0;
  for (const line of item) {
    if (depth === 1 && /^\s+(pub )?fn /.test(line)) within = BY_METHOD.find(([p]) => p.test(line))?.[1] ?? "runs";
    sums[within ?? "runs"] += 1;
    depth += opens(bare(line));
    if (depth <= 1 && /^\s{4}\}/.test(line)) within = null;
  }
}

function add(path, sums) {
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path)) add(join(path, name), sums);
    return;
  }
  const text = readFileSync(path, "utf8");
  const whole = BY_FILE.find(([pattern]) => pattern.test(path))?.[1];
  for (const item of items(text)) {
    const taught = item.filter((l) => l.startsWith("//!")).length;
    sums.teaches += taught;
    if (taught === item.length) continue;
    if (whole) sums[whole] += item.length - taught;
    else count(item, sums);
  }
}

/** Every protocol's module, by the course's own list. */
function* protocols() {
  const list = readFileSync("src/protocols/mod.rs", "utf8").split("$then! {")[1] ?? "";
  for (const [, chapter, names] of list.matchAll(/^\s*(\w+) "[^"]*" \{([^}]*)\}/gm)) {
    for (const name of names.split(",").map((n) => n.trim()).filter(Boolean)) yield { chapter, name };
  }
}

function protocol({ chapter, name }) {
  const sums = Object.fromEntries(PURPOSES.map((p) => [p, 0]));
  const base = join("src/protocols", chapter, name);
  for (const path of [`${base}.rs`, base, join("tests", name), join("tests", `${name}.rs`)]) {
    if (existsSync(path)) add(path, sums);
  }
  const text = [`${base}.rs`, join(base, "mod.rs")].filter(existsSync).map((p) => readFileSync(p, "utf8")).join("\n");
  const id = text.match(/ENTRY: Entry = Entry \{\s*id: "([^"]+)"/)?.[1] ?? name;
  return { name, id, sums };
}

function scenarios() {
  const root = "scenarios";
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true }).map(String).filter((f) => f.endsWith(".md"));
  return files.sort().map((file) => {
    const text = readFileSync(join(root, file), "utf8");
    const lines = text.split("\n").filter((l) => l.trim() !== "").length;
    return { file, lines, protocol: text.match(/^protocol\s*=\s*"([^"]+)"/m)?.[1] };
  });
}

const cell = (n) => (n === 0 ? "" : String(n));
const files = scenarios();
const rows = [...protocols()].map(protocol).map((p) => {
  p.sums.scenarios = files.filter((f) => f.protocol === p.id).reduce((n, f) => n + f.lines, 0);
  p.source = PURPOSES.slice(0, 5).reduce((n, k) => n + p.sums[k], 0);
  p.whole = PURPOSES.reduce((n, k) => n + p.sums[k], 0);
  p.aim = LONGER.get(p.name) ?? AIMS.protocol;
  return p;
});

const out = [
  "# What a protocol costs",
  "",
  "Lines by purpose, blank lines left out, counted by `./dev kit`. *Source* is what makes the protocol: what teaches,",
  "declares, runs, shows and judges. The aim is 250 lines of source for a protocol (400 for the commit and the clocks)",
  "and 60 for a scenario file.",
  "",
  `| protocol | ${PURPOSES.slice(0, 5).join(" | ")} | source | aim | ${PURPOSES.slice(5).join(" | ")} | everything |`,
  `|---|${"---:|".repeat(PURPOSES.length + 3)}`,
  ...rows.map((p) => {
    const first = PURPOSES.slice(0, 5).map((k) => cell(p.sums[k]));
    const rest = PURPOSES.slice(5).map((k) => cell(p.sums[k]));
    return `| ${p.id} | ${first.join(" | ")} | ${p.source} | ${p.aim} | ${rest.join(" | ")} | ${p.whole} |`;
  }),
  "",
  "| scenario file | lines |",
  "|---|---:|",
  ...files.map((f) => `| ${f.file} | ${f.lines} |`),
  "",
];
const notes = existsSync("docs/kit.md") ? readFileSync("docs/kit.md", "utf8").split("\n## What is over, and why\n")[1] : undefined;
const text = out.join("\n") + (notes ? `\n## What is over, and why\n${notes}` : "");
writeFileSync("docs/kit.md", text);
console.log(text);
