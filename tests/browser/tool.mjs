// The command-line tool, asked for what the page must agree with.
//
// The rule that is easy to break: it is the tool of this very source. FAULTLINE_TOOL names one that is there already:
// `./dev test` has built one with a newcomer's protocol and scenario besides (the profile of the native tests), so what the page
// does not list is not asked for.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = new URL("../../", import.meta.url).pathname;

// Runs the tool and returns what it prints.
export function tool(...words) {
  const own = process.env.FAULTLINE_TOOL;
  const [program, first] = own ? [own, []] : ["cargo", "run --quiet --locked --profile test --".split(" ")];
  return execFileSync(program, [...first, ...words], { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 26 });
}

// Every scenario of the registry that the page has: `{ id, staged: [id...] }`.
export function scenarios() {
  const { scenarios } = JSON.parse(tool("list", "--json"));
  const page = readFileSync(join(ROOT, "dist/index.html"), "utf8");
  return scenarios
    .filter(({ id }) => page.includes(`#/s/${id}"`))
    .map(({ id, protocol, params, staged }) => ({ id, protocol, params, staged: staged.map((s) => s.id ?? s) }));
}

// The hashes of these openings (arguments of `load`) after so many simulated milliseconds.
export function hashes(openings, ms) {
  const folder = mkdtempSync(join(tmpdir(), "faultline-"));
  try {
    const files = openings.map((opening, i) => {
      const file = join(folder, `${i}.json`);
      writeFileSync(file, JSON.stringify(opening));
      return file;
    });
    return firstWords(tool("hash", ...files, "--until", String(ms)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// The hash of the run that a link names, at the moment that it shows.
export function hashOfLink(link) {
  return firstWords(tool("hash", link))[0];
}

function firstWords(text) {
  return text.trim().split("\n").map((line) => line.split(/\s+/, 1)[0]);
}
