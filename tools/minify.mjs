// Makes the page's scripts and styles smaller: node tools/minify.mjs DIST. All style sheets become one, style.css, in the
// order in which index.html names them, but the one for paper.
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
function smaller(text) {
  const { styles, errors, warnings } = new CleanCSS({ level: 1 }).minify(text);
  if (errors.length + warnings.length > 0) throw new Error([...errors, ...warnings].join("; "));
  return styles;
}
const all = smaller(sheets.map(read).join("\n"));
for (const file of sheets) rmSync(join(dist, file));
write("style.css", all);
// It comes later, by itself (src/ui/aside.rs).
write("print.css", smaller(read("print.css")));
let one = '    <link rel="stylesheet" href="./style.css">\n';
write("index.html", page.replace(SHEET, () => {
  const first = one;
  one = "";
  return first;
}));

const scripts = { "boot.js": { ecma: 5, ie8: false }, "translated.js": { ecma: 2020 }, "embedded.js": { ecma: 2020 }, "embed.js": { ecma: 2020 }, "install.js": { ecma: 2020 }, "offline.js": { ecma: 2020 }, "faultline.js": { ecma: 2020, module: true }, "__wasm_split.js": { ecma: 2020, module: true } };
for (const [file, options] of Object.entries(scripts)) {
  if (existsSync(join(dist, file))) write(file, (await minify(read(file), options)).code);
}
