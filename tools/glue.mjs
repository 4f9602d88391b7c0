// The script between the page and its program: wasm-bindgen's, taught to fetch the rest, and made small.

import { readFileSync } from "node:fs";
import { minify } from "terser";

const UNPACK = readFileSync(new URL("./unlzma.js", import.meta.url), "utf8");

// wasm-bindgen's script with several parts: `parts(n)` fetches those up to number `n` and puts them in place.
//
// The rule that is easy to break: a stand-in may call `load` at any moment, in the middle of anything. So
// `load` is synchronous, and fetches synchronously where `parts` has not been called in time. It says so
// first, so that what comes with the rest (its styles) is on its way too.
const loader = (files) => `
const splitNames = ${JSON.stringify(Object.keys(files))}, splitFiles = ${JSON.stringify(Object.values(files))};
const splitModules = [], splitComing = [], splitPlaced = {};
let splitImports;
function splitAddress(part) {
  const address = new URL("./" + splitFiles[part], import.meta.url);
  address.search = new URL(import.meta.url).search;
  return address;
}
function splitPut() {
  let part;
  splitPlaced.first = wasm;
  while (splitModules[part = wasm.split_ready.value + 1]) {
    splitPlaced[splitNames[part]] = new WebAssembly.Instance(splitModules[part], { ...splitImports, ...splitPlaced }).exports;
    wasm.split_ready.value = part;
  }
}
function splitBytes(part, bytes) {
  return /lzma$/.test(splitFiles[part]) ? unlzma(bytes) : bytes;
}
function splitLoad(to) {
  dispatchEvent(new Event("faultline-needed"));
  for (let part = wasm.split_ready.value + 1; part <= to; part++) {
    if (splitModules[part]) continue;
    const request = new XMLHttpRequest();
    request.open("GET", splitAddress(part), false);
    request.overrideMimeType("text/plain; charset=x-user-defined");
    request.send();
    if (request.status >= 300) throw new Error(splitFiles[part] + ": " + request.status);
    splitModules[part] = new WebAssembly.Module(splitBytes(part, Uint8Array.from(request.responseText, (c) => c.charCodeAt(0))));
  }
  splitPut();
}
function splitFetch(part) {
  if (splitModules[part]) return Promise.resolve();
  return splitComing[part] ??= fetch(splitAddress(part))
    .then((answer) => { if (!answer.ok) throw new Error(splitFiles[part] + ": " + answer.status); return answer.arrayBuffer(); })
    .then((bytes) => splitModules[part] ?? WebAssembly.compile(splitBytes(part, new Uint8Array(bytes))))
    .then((module) => { splitModules[part] = module; })
    .catch((error) => { splitComing[part] = undefined; throw error; });
}
export function parts(to) {
  const all = [];
  for (let part = 1; part <= to; part++) all.push(splitFetch(part));
  return Promise.all(all).then(() => { if (wasm) splitPut(); });
}
`;

// Replaces what must be there exactly once.
function once(text, from, to) {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`wasm-bindgen's script has ${parts.length - 1} times "${from}": has it changed?`);
  return parts.join(to);
}

// Short names instead of wasm-bindgen's long ones, which carry a hash each: for its imports and exports.
function shortNames(texts) {
  const names = new Map();
  const name = (long, prefix) => {
    if (!names.has(long)) names.set(long, `${prefix}${names.size.toString(36)}`);
    return names.get(long);
  };
  const imports = (text) => text.replace(/\(import "(\.\/faultline_bg\.js)" "([^"]+)"/g, (_, module, long) => `(import "b" "${name(long, "$i")}"`);
  const exports = (text) => text.replace(/\(export "(?!split_ready")([A-Za-z_]\w{7,})"/g, (_, long) => `(export "${name(long, "$e")}"`);
  return { texts: texts.map((text, part) => (part === 0 ? exports(imports(text)) : imports(text))), names };
}

// `{ script, texts }`: the script for all parts, and their texts with the names that it uses. `files` says in
// which file each part comes.
export async function rewrite(script, parts, files) {
  const { texts, names } = shortNames(parts);
  let text = script.replace(/[A-Za-z_$][\w$]*/g, (word) => names.get(word) ?? word);
  text = once(text, '"./faultline_bg.js": import0,', '"b": import0, "split": { load: splitLoad },');
  text = once(text, "return {\n        __proto__: null,\n        \"b\"", "return splitImports = {\n        __proto__: null,\n        \"b\"");
  const begin = `wasm.${names.get("__wbindgen_start")}();`;
  text = once(text, begin, `splitPut(); ${begin}`);
  const { code } = await minify(text + loader(files) + UNPACK, { module: true, compress: { passes: 2 }, mangle: true });
  return { script: code, texts };
}
