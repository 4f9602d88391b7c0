// The log for ShiViz, read by ShiViz's documented default expression in a JavaScript engine.
//
// The rule that is easy to break: every event matches, and between two matches nothing is left over.

import assert from "node:assert/strict";
import { test } from "node:test";
import { scenarios, tool } from "./tool.mjs";

// https://bitbucket.org/bestchai/shiviz/wiki/Home, "Log parsing": the default.
const DEFAULT = "(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)";

// A run that violates a promise is printed too; the tool then ends with 1.
function printed(...words) {
  try {
    return tool("run", ...words);
  } catch (error) {
    if (error.status !== 1) throw error;
    return error.stdout;
  }
}

test("ShiViz's default expression matches every event of every scenario", () => {
  for (const { id, staged } of scenarios()) {
    for (const stage of [[], ...staged.map((s) => ["--stage", s])]) {
      const words = [id, ...stage, "--until", "1500"];
      const log = printed(...words, "--format", "shiviz");
      const lines = printed(...words, "--format", "jsonl").trim().split("\n");
      const expression = new RegExp(DEFAULT, "gm");
      const own = new Map();
      let [events, end] = [0, 0];
      for (const match of log.matchAll(expression)) {
        const { host, clock, event } = match.groups;
        assert.equal(log.slice(end, match.index).trim(), "", `${words}: something stands between two events`);
        end = match.index + match[0].length;
        const next = (own.get(host) ?? 0) + 1;
        assert.equal(JSON.parse(clock)[host], next, `${words}: ${match[0]}`);
        assert.notEqual(event, "", `${words}: ${match[0]}`);
        own.set(host, next);
        events += 1;
      }
      assert.equal(log.slice(end).trim(), "");
      assert.equal(events, lines.length - 2, `${words}`);
    }
  }
});
