// The log for ShiViz, read by a JavaScript engine as ShiViz reads it: trimmed, then match by match.
//
// The rule that is easy to break: every event matches once, with its own sentence, and each host's own
// number goes 1, 2, 3, ... ShiViz passes over what no match takes, so a missed event would go unseen.

import assert from "node:assert/strict";
import { test } from "node:test";
import { scenarios, tool } from "./tool.mjs";

// ShiViz's own default (its page, "What is the input log format to the tool?"), and that of its examples
// and of its Go library.
const EXPRESSIONS = ["(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})", "(?<host>\\S*) (?<clock>{.*})\\n(?<event>.*)"];

// A run that violates a promise is printed too; the tool then ends with 1.
function printed(...words) {
  try {
    return tool("run", ...words);
  } catch (error) {
    if (error.status !== 1) throw error;
    return error.stdout;
  }
}

test("ShiViz's expressions match every event of every scenario", () => {
  for (const { id, staged } of scenarios()) {
    for (const stage of [[], ...staged.map((s) => ["--stage", s])]) {
      const words = [id, ...stage, "--until", "1500"];
      const log = printed(...words, "--format", "shiviz");
      // Uploaded as a file, its first two lines are for expressions: empty, they mean the default.
      assert.deepEqual(log.split("\n", 2), ["", ""]);
      const events = printed(...words, "--format", "jsonl").trim().split("\n").slice(1, -1).map(JSON.parse);
      for (const expression of EXPRESSIONS) {
        const matches = [...log.trim().matchAll(new RegExp(expression, "gm"))];
        assert.equal(matches.length, events.length, `${words}: ${expression}`);
        const own = new Map();
        for (const [i, { groups }] of matches.entries()) {
          const next = (own.get(groups.host) ?? 0) + 1;
          own.set(groups.host, next);
          const at = `${words}, event ${i}: ${groups.event}`;
          assert.equal(JSON.parse(groups.clock)[groups.host], next, at);
          assert.notEqual(groups.event, "", at);
          assert.ok(!groups.event.includes("{"), at);
          for (const note of events[i].notes ?? []) {
            assert.ok(groups.event.includes(note.replaceAll("{", "(").replaceAll("}", ")")), at);
          }
        }
      }
    }
  }
});
