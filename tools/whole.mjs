// The whole program as one classic script: node tools/whole.mjs DIST writes DIST/whole.js, after everything else is finished there.
//
// A classic script needs no CORS, so it starts where modules may not be loaded: in a sandboxed frame of a host that
// sends no such header, and in a file.
//
// The rule that is easy to break: it is made of the very glue and loader that the page has, so each import and export must be
// found; what is left over stops the build.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";

// Nothing is ever asked of it: `load` answers by the file's name.
const NOWHERE = '"https://faultline.invalid/"';

// Replaces every `pattern` and fails where there is none.
function turned(text, pattern, by, what) {
  if (text.search(pattern) < 0) throw new Error(`whole.js: no ${what} was found`);
  return text.replace(pattern, by);
}

function plain(text, what) {
  const left = /\b(?:import\s*[*{"(.]|export\s*[{*]|export (?:const|default|function))/.exec(text);
  if (left) throw new Error(`whole.js: ${what} still has '${text.slice(left.index, left.index + 60)}'`);
  return text;
}

function glue(text) {
  let out = turned(text, /import\s*\*\s*as\s+(\w+)\s+from\s*"\.\/__wasm_split\.js[^"]*";?/g, "const $1=parts;", "import in faultline.js");
  out = turned(out, /export\s*\{\s*(\w+) as initSync,\s*(\w+) as default\s*\};?/, ";page.initSync=$1;page.default=$2;", "export in faultline.js");
  return plain(turned(out, /import\.meta\.url/g, NOWHERE, "address in faultline.js"), "faultline.js");
}

function loader(text) {
  let out = turned(text, /import\s*\{\s*initSync as (\w+)\s*\}\s*from\s*"[^"]*";?/, "const $1=page.initSync;", "import in __wasm_split.js");
  out = turned(out, /export const (\w+)=/g, "parts.$1=", "export in __wasm_split.js");
  return plain(turned(out, /import\.meta\.url/g, NOWHERE, "address in __wasm_split.js"), "__wasm_split.js");
}

// The script's text, of the files in `dist`.
export function whole(dist) {
  const read = (file) => readFileSync(join(dist, file), "utf8");
  const table = readdirSync(dist)
    .filter((file) => file.endsWith(".wasm"))
    .sort()
    .map((file) => `"${file}":"${gzipSync(readFileSync(join(dist, file)), { level: 9 }).toString("base64")}"`);
  return `(function(){"use strict";
const packed={${table.join(",\n")}};
const page={},parts={};
async function load(url){
const name=new URL(url,${NOWHERE}).pathname.slice(1);
if(!Object.hasOwn(packed,name))throw new Error(name+" is not in this script");
const bytes=Uint8Array.from(atob(packed[name]),(c)=>c.charCodeAt(0));
const stream=new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
return new Response(stream,{headers:{"content-type":"application/wasm"}});
}
(function(fetch){${glue(read("faultline.js"))}
})(load);
(function(fetch){${loader(read("__wasm_split.js"))}
})(load);
globalThis.faultlineWhole={start:()=>page.default({module_or_path:load("faultline_bg.wasm")})};
})();
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const dist = process.argv[2];
  writeFileSync(join(dist, "whole.js"), whole(dist));
}
