// The page as one file that works without a server: node tools/single.mjs DIST OUT.
//
// The rule that is easy to break: it asks for nothing. Whatever the page names is inside, and its policy allows only that,
// each script and style by its hash.

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { whole } from "./whole.mjs";

const [dist, out] = process.argv.slice(2);
const read = (file) => readFileSync(join(dist, file), "utf8");
const data = (type, file) => `data:${type};base64,${Buffer.from(read(file)).toString("base64")}`;
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

let html = read("index.html");
// Replaces what must be there.
function turn(pattern, by, what) {
  if (html.search(pattern) < 0) throw new Error(`${out}: index.html has no ${what}`);
  html = html.replace(pattern, by);
}

const style = read("style.css");
const scripts = [whole(dist), read("boot.js"), read("translated.js")].map((text) => {
  if (/<\/script|<!--/i.test(text)) throw new Error(`${out}: a script would end too early`);
  return text;
});
const policy =
  `default-src 'none'; script-src ${scripts.map(hash).join(" ")} 'wasm-unsafe-eval'; style-src ${hash(style)} data:; ` +
  "img-src data:; connect-src 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types default";
turn(/(http-equiv="Content-Security-Policy" content=")[^"]*/, (_, start) => start + policy, "policy");
turn(/<link rel="icon"[^>]*>/, () => `<link rel="icon" type="image/svg+xml" href="${data("image/svg+xml", "icon.svg")}">`, "icon");
turn(/<link rel="stylesheet"[^>]*>/, () => `<style>${style}</style>`, "style");
// Without `rel` nobody fetches it; src/ui/aside.rs takes the sheet for paper from there.
turn(/<link id="boot-module"[^>]*>/, () => `<link id="boot-module" href="${data("text/css", "print.css")}">`, "module");
turn(/ *<link rel="modulepreload"[^>]*>\n/g, "", "loader");
turn(/ *<link id="boot-wasm"[^>]*>\n/, "", "program");
turn(/ *<script src="[^>]*><\/script>\n/g, "", "script");
turn(/ data-part="[^"]*"/g, "", "part");
turn(/data-src="\.\/([^"?]*)[^"]*"/g, (_, file) => `data-src="${data("image/svg+xml", file)}"`, "picture");
turn(/<\/body>/, () => scripts.map((text) => `<script>${text}</script>\n`).join("") + "</body>", "body");
writeFileSync(out, html);
