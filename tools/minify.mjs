// Makes the page's scripts and styles smaller: node tools/minify.mjs DIST.
//
// The rule that is easy to break: boot.js must stay readable to old browsers, so its words are shortened and
// nothing is rewritten into newer ones.

import CleanCSS from "clean-css";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { minify } from "terser";

const dist = process.argv[2];
for (const file of readdirSync(dist)) {
  const path = join(dist, file);
  const text = () => readFileSync(path, "utf8");
  if (file.endsWith(".css")) {
    const { styles, errors, warnings } = new CleanCSS({ level: 1 }).minify(text());
    if (errors.length + warnings.length > 0) throw new Error(`${file}: ${[...errors, ...warnings].join("; ")}`);
    writeFileSync(path, styles);
  }
  if (file === "boot.js") writeFileSync(path, (await minify(text(), { ecma: 5, ie8: false })).code);
  if (file === "faultline.js" || file === "__wasm_split.js") writeFileSync(path, (await minify(text(), { ecma: 2020, module: true })).code);
}
