// The script between the page and its program: wasm-bindgen's, taught to fetch the rest, and made small.

import { readFileSync } from "node:fs";
import { minify } from "terser";

const UNPACK = readFileSync(new URL("./unlzma.js", import.meta.url), "utf8");

// wasm-bindgen's script with two parts: `rest()` fetches the second and puts it in place.
//
// The rule that is easy to break: a stand-in may call `load` at any moment, in the middle of anything. So
// `load` is synchronous, and fetches synchronously where `rest()` has not been called in time. It says so
// first, so that what comes with the rest (its styles) is on its way too.
const LOADER = `
let splitImports, splitModule;
function splitAddress() {
  const address = new URL("./faultline_rest.wasm", import.meta.url);
  address.search = new URL(import.meta.url).search;
  return address;
}
function splitPut() {
  if (wasm.split_ready.value) return;
  new WebAssembly.Instance(splitModule, { ...splitImports, first: wasm });
  wasm.split_ready.value = 1;
}
function splitLoad() {
  if (!splitModule) {
    dispatchEvent(new Event("faultline-needed"));
    const request = new XMLHttpRequest();
    request.open("GET", splitAddress(), false);
    request.overrideMimeType("text/plain; charset=x-user-defined");
    request.send();
    if (request.status >= 300) throw new Error("faultline_rest.wasm: " + request.status);
    splitModule = new WebAssembly.Module(Uint8Array.from(request.responseText, (c) => c.charCodeAt(0)));
  }
  splitPut();
}
let splitComing;
export function rest() {
  if (splitModule) return Promise.resolve();
  return splitComing ??= fetch(splitAddress())
    .then((answer) => { if (!answer.ok) throw new Error("faultline_rest.wasm: " + answer.status); return answer.arrayBuffer(); })
    .then((bytes) => splitModule ?? WebAssembly.compile(bytes))
    .then((module) => { splitModule = module; if (wasm) splitPut(); })
    .catch((error) => { splitComing = undefined; throw error; });
}
`;

// Replaces what must be there exactly once.
function once(text, from, to) {
  const parts = text.split(from);
  if (parts.length !== 2) throw new Error(`wasm-bindgen's script has ${parts.length - 1} times "${from}": has it changed?`);
  return parts.join(to);
}

// Short names instead of wasm-bindgen's long ones, which carry a hash each: for its imports and exports.
function shortNames({ first, rest }) {
  const names = new Map();
  const name = (long, prefix) => {
    if (!names.has(long)) names.set(long, `${prefix}${names.size.toString(36)}`);
    return names.get(long);
  };
  const imports = (text) => text.replace(/\(import "(\.\/faultline_bg\.js)" "([^"]+)"/g, (_, module, long) => `(import "b" "${name(long, "$i")}"`);
  const exports = (text) => text.replace(/\(export "(?!split_ready")([A-Za-z_]\w{7,})"/g, (_, long) => `(export "${name(long, "$e")}"`);
  return { first: exports(imports(first)), rest: imports(rest), names };
}

// `{ script, first, rest }`: the script for both parts, and their texts with the names that it uses.
export async function rewrite(script, parts) {
  const { first, rest, names } = shortNames(parts);
  let text = script.replace(/[A-Za-z_$][\w$]*/g, (word) => names.get(word) ?? word);
  text = once(text, '"./faultline_bg.js": import0,', '"b": import0, "split": { load: splitLoad },');
  text = once(text, "return {\n        __proto__: null,\n        \"b\"", "return splitImports = {\n        __proto__: null,\n        \"b\"");
  const begin = `wasm.${names.get("__wbindgen_start")}();`;
  text = once(text, begin, `if (splitModule) splitPut(); ${begin}`);
  const { code } = await minify(text + LOADER + UNPACK, { module: true, compress: { passes: 2 }, mangle: true });
  return { script: code, first, rest };
}
