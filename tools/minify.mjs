// Makes the page's scripts and styles smaller: node tools/minify.mjs DIST. All style sheets become one, style.css, in the
// order in which index.html names them.
//
// The rule that is easy to break: boot.js must stay readable to old browsers, so its words are shortened and
// nothing is rewritten into newer ones.

import CleanCSS from "clean-css";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { minify } from "terser";

const SHEET = /^ *<link rel="stylesheet" href="\.\/([\w.-]+)">\n/gm;
const dist = process.argv[2];
const read = (file) => readFileSync(join(dist, file), "utf8");
const write = (file, text) => writeFileSync(join(dist, file), text);

const page = read("index.html");
const sheets = [...page.matchAll(SHEET)].map(([, file]) => file);
const { styles, errors, warnings } = new CleanCSS({ level: 1 }).minify(sheets.map(read).join("\n"));
if (errors.length + warnings.length > 0) throw new Error([...errors, ...warnings].join("; "));
for (const file of sheets) rmSync(join(dist, file));
write("style.css", styles);
let one = '    <link rel="stylesheet" href="./style.css">\n';
write("index.html", page.replace(SHEET, () => {
  const first = one;
  one = "";
  return first;
}));

const scripts = { "boot.js": { ecma: 5, ie8: false }, "faultline.js": { ecma: 2020, module: true }, "__wasm_split.js": { ecma: 2020, module: true } };
for (const [file, options] of Object.entries(scripts)) {
  if (existsSync(join(dist, file))) write(file, (await minify(read(file), options)).code);
}
