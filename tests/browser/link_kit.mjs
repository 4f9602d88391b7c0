// Payloads of links around any bytes, as `src/scenario/link.rs` makes them: for links that no page makes.
//
// The rule that is easy to break: the two bytes of check are right, so that what is refused is refused
// for what it says.

import { deflateRawSync } from "node:zlib";

const WORD = (1n << 64n) - 1n;
const K = 0x517cc1b727220a95n;

// `sim::hash::Fx` over bytes, and its finish.
function hash(bytes) {
  let h = 0n;
  for (let at = 0; at < bytes.length; at += 8) {
    const word = Buffer.alloc(8);
    bytes.copy(word, 0, at, Math.min(at + 8, bytes.length));
    h = ((((h << 5n) | (h >> 59n)) & WORD) ^ word.readBigUInt64LE()) & WORD;
    h = (h * K) & WORD;
  }
  return mix(h);
}

function mix(z) {
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & WORD;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & WORD;
  return z ^ (z >> 31n);
}

// A payload around a check, DEFLATE of `text`, and what follows it.
export function payload(text, { after = "", check } = {}) {
  const bytes = Buffer.from(text);
  const sum = check ?? Number(hash(bytes) & 0xffffn);
  const all = [Buffer.from([sum >> 8, sum & 255]), deflateRawSync(bytes, { level: 9 }), Buffer.from(after)];
  return `1${Buffer.concat(all).toString("base64url")}`;
}
