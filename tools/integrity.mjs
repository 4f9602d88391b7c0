// What the finished page names of its program, with its hash: node tools/integrity.mjs DIST. The browser refuses other bytes, so that a page and a
// program of two builds never meet.
//
// The rule that is easy to break: styles and classic scripts have none. In a frame without an origin, on a host that sends no CORS headers,
// a browser may not look at them, and would refuse its own page. And browsers know no `integrity` of a preload that is fetched, and warn of it
// in the console of the page around: the program's stands in an attribute of our own, for boot.js.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [dist] = process.argv.slice(2);
const index = join(dist, "index.html");
let html = readFileSync(index, "utf8");
for (const [id, attribute] of [["boot-module", "integrity"], ["boot-wasm", "data-integrity"]]) {
  const link = new RegExp(`(<link id="${id}"[^>]* href="\\./([^"?]+)[^"]*")[^>]*>`);
  const found = link.exec(html);
  if (!found) throw new Error(`index.html has no link ${id}`);
  const hash = createHash("sha256").update(readFileSync(join(dist, found[2]))).digest("base64");
  html = html.replace(link, (_, start) => `${start} ${attribute}="sha256-${hash}">`);
}
writeFileSync(index, html);
