// Runs the page's tests, or the files named behind it, two at a time; ./dev test calls it.
//
// A browser on a machine with two busy cores sometimes fails a test by no fault of the page: it loses a message, or takes half
// a minute to start. So what fails is tried once more, by its name, with nothing beside it. What passes then is said at the
// end, by name, as "left to luck": it is a fault to be mended, in the test or in the page, and `./dev test --again 10 FILE` shows
// it. More than three such are no accident, and fail. With ONCE=1, as --again has it, nothing is tried twice.

import { readdirSync } from "node:fs";
import { run } from "node:test";
import { tap } from "node:test/reporters";

const HERE = new URL(".", import.meta.url);
const MOST = 3;
const LANES = 2;

const named = process.argv.slice(2);
const files = named.length > 0 ? named : readdirSync(HERE).filter((f) => f.endsWith(".test.mjs")).map((f) => new URL(f, HERE).pathname);

// Runs these files, writes what comes of it, and returns the tests that failed, as `{ name, file }`, the names of those that passed,
// and each file's time in seconds.
async function tested(files, options) {
  const failed = [];
  const passed = new Set();
  const seconds = new Map();
  const tests = run({ files, ...options });
  tests.on("test:fail", ({ name, file, details }) => {
    // A file fails by its tests; by itself it is a failure only if none of them is to blame.
    if (details.error?.failureType !== "subtestsFailed") failed.push({ name, file });
  });
  tests.on("test:pass", ({ name, skip }) => skip === undefined && passed.add(name));
  for (const event of ["test:pass", "test:fail"]) {
    tests.on(event, ({ file, details }) => seconds.set(file, (seconds.get(file) ?? 0) + details.duration_ms / 1000));
  }
  for await (const text of tests.compose(tap)) process.stdout.write(text);
  return { failed, passed, seconds };
}

const short = (file) => file?.split("/").pop() ?? "?";
const listed = (tests) => tests.map(({ name, file }) => `  ${short(file)}: ${name}`).join("\n");
const exactly = (text) => new RegExp(`^${text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}$`);

// Whether it passes by itself, with nothing beside it: a test, or where a file fails as a whole, that.
async function passes({ name, file }) {
  const whole = name === file;
  const again = await tested([file], { concurrency: 1, ...(whole ? {} : { testNamePatterns: [exactly(name)] }) });
  return again.failed.length === 0 && (whole ? again.passed.size > 0 : again.passed.has(name));
}

const { failed, seconds } = await tested(files, { concurrency: LANES });
const slow = [...seconds].sort(([, a], [, b]) => b - a).slice(0, 8);
console.log(`# the longest: ${slow.map(([file, s]) => `${short(file)} ${s.toFixed(0)} s`).join(", ")}`);

if (failed.length > 0) {
  console.log(`# failed:\n${listed(failed)}`);
  let left = failed;
  if (failed.length <= MOST && process.env.ONCE !== "1") {
    console.log("# once more, alone:");
    left = [];
    for (const test of failed) if (!(await passes(test))) left.push(test);
    const luck = failed.filter((test) => !left.includes(test));
    if (luck.length > 0) console.log(`# left to luck, to be mended:\n${listed(luck)}`);
  }
  if (left.length > 0) {
    console.log(`# failed for good:\n${listed(left)}`);
    process.exitCode = 1;
  }
}
