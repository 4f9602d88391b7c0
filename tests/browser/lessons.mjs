// What the tests of the page read of the scenarios' files themselves.
//
// The rule that is easy to break: the page is never asked what it should say; a file is.

import { readdirSync, readFileSync } from "node:fs";

// Every scenario's file, and what it keeps for after the guess: [{ id, steps: [text], telling: [text] }].
export function lessons() {
  const root = new URL("../../scenarios/", import.meta.url);
  const files = readdirSync(root, { recursive: true }).filter((name) => name.endsWith(".md"));
  const value = (part, key) => JSON.parse(new RegExp(`^${key} = (".*")$`, "m").exec(part)[1]);
  return files.map((name) => {
    const text = readFileSync(new URL(name, root), "utf8");
    const [head, ...steps] = text.split("[[step]]");
    const telling = [...text.matchAll(/^(?:because|hint) = ("(?:[^"\\]|\\.)*")/gm)].map((m) => JSON.parse(m[1]));
    return { id: value(head, "id"), steps: steps.map((part) => value(part, "text")), telling };
  });
}
