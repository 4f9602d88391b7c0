// Course pages of several hosts, each with a text that the dialog "Embed" writes for it; tests/browser/hosts.test.mjs opens them.
//
// The rule that is easy to break: what they are made with is pinned to the digit (requirements.txt, mdbook.txt) and lies in the cache
// folder, one for each such list; it needs the network once, and nothing of it reaches the page.
//
// `node tests/hosts/build.mjs` only installs: `./dev test` does that, one at a time on a machine.

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const LISTS = ["requirements.txt", "mdbook.txt"];
const OLDEST = [3, 11];

function fail(what, remedy) {
  throw new Error(`${what}\n     ${remedy}`);
}

// A Python that is new enough.
function python() {
  for (const program of [process.env.PYTHON, "python3", "python"].filter(Boolean)) {
    try {
      const [major, minor] = JSON.parse(execFileSync(program, ["-c", "import sys; print(list(sys.version_info[:2]))"], { encoding: "utf8" }));
      if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) return program;
    } catch {
      // Not this one.
    }
  }
  return fail(`Python ${OLDEST.join(".")} or later is missing, with which course pages are built.`, "Install it (Debian: apt-get install python3 python3-venv), or set PYTHON to it.");
}

// The folder of what the pages are made with; installed, if it is not there.
export function install() {
  const sum = createHash("sha256");
  for (const list of LISTS) sum.update(readFileSync(join(HERE, list)));
  const home = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "faultline", `hosts-${sum.digest("hex").slice(0, 12)}`);
  // Written at the end: what broke off is begun anew.
  const whole = join(home, "whole");
  if (existsSync(whole)) return home;
  rmSync(home, { recursive: true, force: true });
  const own = python();
  console.error("== Installing what course pages are built with (once a machine; half a minute)");
  const run = (program, ...words) => execFileSync(program, words, { stdio: ["ignore", process.stderr, process.stderr] });
  try {
    run(own, "-m", "venv", home);
  } catch {
    fail(`${own} can make no environment for what course pages are built with.`, "See above; Debian: apt-get install python3-venv");
  }
  try {
    for (const list of LISTS) {
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-deps", "--only-binary", ":all:"];
      run(join(home, "bin/python"), ...pip, "-r", join(HERE, list));
    }
  } catch {
    fail("What course pages are built with (tests/hosts/requirements.txt, mdbook.txt) could not be installed.", "See above; it needs the network once: node tests/hosts/build.mjs");
  }
  writeFileSync(whole, "");
  return home;
}

// Puts the texts where a source says @@NAME@@, as the kind of file wants it.
function fill(file, texts) {
  const text = readFileSync(file, "utf8");
  const filled = text.replace(/^(.*?)@@(\w+)@@/gm, (_, before, name) => {
    if (!(name in texts)) fail(`${file} asks for ${name}.`, `There are ${Object.keys(texts).join(", ")}.`);
    const value = texts[name];
    if (file.endsWith(".ipynb")) return before + JSON.stringify(value).slice(1, -1);
    // All its lines stand where its first does.
    return before + (/^\s*$/.test(before) ? value.replaceAll("\n", `\n${before}`) : value);
  });
  if (filled !== text) writeFileSync(file, filled);
}

function files(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

// How each host makes the folder `to` of the folder `from`; `bin` are its programs.
const MAKERS = {
  mkdocs: (bin, from, to) => [`${bin}/python`, "-m", "mkdocs", "build", "--quiet", "--strict", "-f", `${from}/mkdocs.yml`, "-d", to],
  mdbook: (bin, from, to) => [`${bin}/mdbook`, "build", from, "-d", to],
  sphinx: (bin, from, to) => [`${bin}/python`, "-m", "sphinx", "-q", "-W", "-b", "html", from, to],
  // The cell is run, as its author does.
  jupyter: (bin, from, to) => [`${bin}/python`, "-m", "nbconvert", "--log-level=ERROR", "--to", "html", "--execute", `${from}/index.ipynb`, "--output-dir", to],
};

export const HOSTS = [...Object.keys(MAKERS), "spa"];

// Makes the pages of all hosts in `folder`: `texts[host]` has a text for each @@NAME@@ of its sources. What they are made of lies in
// `sources`.
export async function build(texts, sources, folder) {
  const home = install();
  const own = { ...process.env, HOME: sources, IPYTHONDIR: join(sources, "ipython"), JUPYTER_CONFIG_DIR: sources, JUPYTER_PLATFORM_DIRS: "1" };
  // As a reader would see it: a host's own word on what it makes of the texts.
  const made = HOSTS.map(async (host) => {
    const [from, to] = [join(sources, host), join(folder, host)];
    cpSync(join(HERE, host), from, { recursive: true });
    for (const file of files(from)) fill(file, texts[host]);
    if (!MAKERS[host]) return cpSync(from, to, { recursive: true });
    const [program, ...words] = MAKERS[host](join(home, "bin"), from, to);
    await promisify(execFile)(program, words, { env: own, cwd: from }).catch((error) =>
      fail(`The page of ${host} could not be built.`, `${error.stderr || error.message}`),
    );
  });
  await Promise.all(made);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    install();
  } catch (error) {
    console.error(`dev: ${error.message}`);
    process.exit(1);
  }
}
