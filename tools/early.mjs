// Which functions run before the first run moves, against what tools/later.txt says: node tools/early.mjs
//
// Builds nothing: it takes the program of the last ./dev build, makes every function tell that it ran, opens
// some scenarios in a headless browser, and prints what of the first part stayed idle, heaviest first, and
// what of the rest ran too early. The latter must be empty: each of those fetches the rest at once.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hook, SIZES, start, visible } from "../tests/browser/harness.mjs";
import { FEATURES, parse, partBy, PARTS, partsOf, plainName, rules } from "./split.mjs";

const ROOT = new URL("../", import.meta.url).pathname;
const LINKED = join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "wasm32-unknown-unknown/page/faultline.wasm");
const LINKS = readFileSync(join(ROOT, "tests/share_cases.txt"), "utf8").trim().split("\n")
  .filter((_, i) => i % 24 === 0).map((line) => line.split(" ").at(-1));
// Ways in, by the part that they begin with.
const WAYS = [[
  ["#/", {}],
  ["#/s/raft-election", {}],
  ["#/s/raft-partition", { viewport: SIZES.phone, colorScheme: "dark", hasTouch: true }],
  ["#/s/raft-replication", { reducedMotion: "reduce" }],
  ["#/s/raft-nine", {}],
  ["?embed=1#/s/raft-election", {}],
  ["?embed=1&ui=stage,time#/s/raft-recovery", { viewport: SIZES.narrow }],
], [
  ["#/s/ring-election", {}],
  ["#/s/link-stack", { viewport: SIZES.phone, colorScheme: "dark", hasTouch: true }],
  ["#/s/two-generals", { reducedMotion: "reduce" }],
  ["?embed=1#/s/two-generals", {}],
  ["#/s/raft-election?seed=5", {}],
], [
  ["#/s/raft-election?seed=5&heartbeat_ms=40", {}],
  [`#/x/${readFileSync(join(ROOT, "tests/golden/link-v1.txt"), "utf8").trim()}`, {}],
  ...LINKS.map((link) => [`#/x/${link}`, {}]),
]];
const tool = (name, ...args) =>
  execFileSync(join(ROOT, "node_modules/.bin", name), [...FEATURES, ...args], { maxBuffer: 1 << 30, encoding: "utf8" });

// The program's text, every function telling its number when it runs.
function telling(text) {
  const out = [];
  let number = -1;
  let opening = false;
  for (const line of text.split("\n")) {
    if (opening && !line.startsWith("  (local ")) {
      out.push(`  (call $told (i32.const ${number}))`);
      opening = false;
    }
    if (line.startsWith(" (import") && !out.includes(' (import "told" "ran" (func $told (param i32)))')) {
      out.push(' (import "told" "ran" (func $told (param i32)))');
    }
    out.push(line);
    if (line.startsWith(" (func ")) {
      number++;
      opening = true;
    }
  }
  return out.join("\n");
}

// dist/ with the telling program whole instead of in two parts.
function prepare(work) {
  const dist = join(work, "dist");
  cpSync(join(ROOT, "dist"), dist, { recursive: true });
  execFileSync("wasm-bindgen", ["--target", "web", "--no-typescript", "--out-dir", dist, LINKED]);
  const text = tool("wasm-dis", join(dist, "faultline_bg.wasm"));
  writeFileSync(join(work, "told.wat"), telling(text));
  tool("wasm-as", join(work, "told.wat"), "-o", join(dist, "faultline_bg.wasm"));
  const script = readFileSync(join(dist, "faultline.js"), "utf8").replaceAll(
    "__proto__: null,",
    '__proto__: null, "told": { ran(i) { (globalThis.told ??= new Uint8Array(65536))[i] = 1; } },',
  );
  const whole = "export const parts = async () => {}; export const unlzma = (bytes) => bytes;";
  writeFileSync(join(dist, "faultline.js"), `${script}\n${whole}`);
  // What waits for the rest to have come does not begin.
  const boot = readFileSync(join(dist, "boot.js"), "utf8");
  writeFileSync(join(dist, "boot.js"), boot.replace("faultline-rest", "faultline-never"));
  cpSync(join(dist, "faultline_bg.wasm"), join(dist, "faultline.wasm.lzma"));
  return { dist, text };
}

async function ran(dist, ways) {
  const site = await start({ dist });
  const found = new Set();
  for (const [route, context] of ways) {
    const page = await site.open(route, context);
    if (route === "#/") {
      await visible(page, "gallery");
    } else {
      await visible(page, "stage");
      await hook(page, "play").first().click();
      // As long as boot.js waits after the first movement, and a little more.
      await page.waitForTimeout(2_500);
      await page.evaluate(() => globalThis.faultline.state());
    }
    for (const i of await page.evaluate(() => [...globalThis.told].flatMap((ran, i) => (ran ? [i] : [])))) found.add(i);
    await page.context().close();
  }
  await site.close();
  return found;
}

const work = mkdtempSync(join(tmpdir(), "faultline-early-"));
const { dist, text } = prepare(work);
const program = parse(text);
const names = [...program.functions.keys()];
const later = rules(readFileSync(join(ROOT, "tools/later.txt"), "utf8"));
const parts = partsOf(program, (name) => partBy(later, plainName(name)));
const weight = (name) => program.functions.get(name).text.length;
const list = (found) => found.sort((a, b) => weight(b) - weight(a)).map((name) => `${String(weight(name)).padStart(9)}  ${plainName(name).slice(0, 180)}`);
const [there, early] = [new Set(), new Set()];
let wrongs = 0;
for (const [part, ways] of WAYS.entries()) {
  for (const i of await ran(dist, ways)) early.add(names[i]);
  for (const name of parts[part]) there.add(name);
  const idle = list([...parts[part]].filter((name) => !early.has(name)));
  const wrong = list(names.filter((name) => !there.has(name) && early.has(name)));
  console.log(`${idle.length} functions of the part "${PARTS[part]}" did not run; the heaviest by length of their text:\n${idle.slice(0, 60).join("\n")}`);
  console.log(`\n${wrong.length} functions ran before the part in which they come:\n${wrong.join("\n")}\n`);
  wrongs += wrong.length;
}
rmSync(work, { recursive: true });
process.exitCode = wrongs > 0 ? 1 : 0;
