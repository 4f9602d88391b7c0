// Writes into the page's text the list of all scenarios, and beside it a picture of each: node tools/start.mjs LINES.json DIST [NEEDS.json].
//
// It is what stands on screen before the program has come, and where it cannot run; and boot.js reads off it which
// part of the program an address needs.
//
// The rule that is easy to break: it has the markup of src/ui/gallery/, so that nothing moves when the program
// takes its place (start.test.mjs).

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const PLACE = "<!-- scenarios -->";
const [lines, dist, needsFile] = process.argv.slice(2);
const needs = needsFile ? JSON.parse(readFileSync(needsFile, "utf8")) : {};

const escaped = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

// ` data-part="./FILE ./FILE"`, where the program is in parts: the part, and what it shares with others.
function part(name) {
  if (!existsSync(join(dist, `split_${name}.wasm`))) return "";
  const files = [name, ...(needs[name] ?? [])].map((file) => `./split_${file}.wasm`);
  return ` data-part="${files.join(" ")}"`;
}

const picture = (id) => `cards/${id}.svg`;

// Whoever is here for the first time starts with the first. Who is on the way to a scenario loads no pictures: boot.js asks for
// them.
const card = ({ id, title, summary, part: file, start }) =>
  `<li><a class="card" href="#/s/${id}"${part(file)}><i class="pic"><img data-src="./${picture(id)}" alt="" width="220" height="120" loading="lazy">${start === 1 ? '<em class="flag">Start here</em>' : ""}</i>` +
  `<b>${escaped(title)}</b><span>${escaped(summary)}</span></a></li>`;

const chapters = new Map();
const all = JSON.parse(readFileSync(lines, "utf8"));
mkdirSync(join(dist, "cards"), { recursive: true });
for (const line of all) {
  writeFileSync(join(dist, picture(line.id)), line.picture);
  if (!chapters.has(line.chapter)) chapters.set(line.chapter, []);
  chapters.get(line.chapter).push(line);
}
const sections = [...chapters].map(([chapter, list]) => {
  const cards = list.map(card).join("");
  return `<section class="chapter"><h2>${escaped(chapter)}</h2><ul class="cards">${cards}</ul></section>`;
});

const begin = all.filter((line) => line.start).sort((a, b) => a.start - b.start);
const path =
  `<section class="path"><h2>Start here</h2><ol>` +
  begin.map(({ id, title }) => `<li><a href="#/s/${id}">${escaped(title)}</a></li>`).join("") +
  "</ol></section>";

// What the program's script asks for is asked for along with it.
const LOADER = "__wasm_split.js";
const preload = existsSync(join(dist, LOADER)) ? `\n    <link rel="modulepreload" href="./${LOADER}">` : "";

const page = join(dist, "index.html");
const html = readFileSync(page, "utf8");
if (!html.includes(PLACE)) throw new Error(`${page} has no ${PLACE}`);
const boot = /<link id="boot-module"[^>]*>/;
const live = all.find((line) => line.live);
const filled = html
  .replace(PLACE, [path, ...sections].join("\n"))
  .replace(boot, (link) => link + preload)
  .replace('<div class="hero">', `<div class="hero"${part("landing")}>`)
  .replace('class="on" href="#/"', `class="on" href="#/s/${live.id}"`);
writeFileSync(page, filled);
