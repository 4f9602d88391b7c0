// Which constants of a linked program each of its functions uses, exactly, from the linker's own notes
// (wasm-ld --emit-relocs; the format is "linking" in the WebAssembly tool conventions).
//
// The rule that is easy to break: this reads the program as the linker wrote it. Later tools move
// functions and forget to move the notes.

const MEMORY_ADDRESSES = new Set([3, 4, 5]); // R_WASM_MEMORY_ADDR_LEB, _SLEB, _I32
const WITH_ADDEND = new Set([3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 19, 21, 22, 23, 25]);
const SYMBOL = { FUNCTION: 0, DATA: 1, GLOBAL: 2, SECTION: 3, EVENT: 4, TABLE: 5 };
const UNDEFINED = 0x10;
const EXPLICIT_NAME = 0x40;

class Reader {
  constructor(bytes, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  byte() {
    return this.bytes[this.at++];
  }
  number() {
    let result = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      result += (byte & 127) * scale;
      if (byte < 128) return result;
    }
  }
  text() {
    const length = this.number();
    this.at += length;
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + this.at - length, length).toString();
  }
}

// Sections by name ("code", "data", or a custom section's own), each with where its contents start.
function sections(bytes) {
  const found = new Map();
  const reader = new Reader(bytes, 8);
  const known = { 2: "import", 10: "code", 11: "data" };
  for (let index = 0; reader.at < bytes.length; index++) {
    const id = reader.byte();
    const size = reader.number();
    const start = reader.at;
    const name = id === 0 ? reader.text() : known[id];
    if (name) found.set(name, { start, body: reader.at, end: start + size });
    reader.at = start + size;
  }
  return found;
}

// Where in `section` each entry lies: [{ start, end }], counted from the section's start.
function entries(bytes, { start }, skip) {
  const reader = new Reader(bytes, start);
  const found = [];
  for (let count = reader.number(); count > 0; count--) {
    const head = skip(reader);
    const size = reader.number();
    found.push({ ...head, start: reader.at - start, end: reader.at - start + size });
    reader.at += size;
  }
  return found;
}

function imported(bytes, section) {
  const reader = new Reader(bytes, section.start);
  let functions = 0;
  for (let count = reader.number(); count > 0; count--) {
    reader.text();
    reader.text();
    const kind = reader.byte();
    if (kind !== 0) throw new Error("the linked program imports more than functions");
    reader.number();
    functions++;
  }
  return functions;
}

// The linking section's symbol table, in order; data symbols with segment, offset and size.
function symbols(bytes, { body, end }) {
  const reader = new Reader(bytes, body);
  reader.number();
  const found = [];
  while (reader.at < end) {
    const type = reader.byte();
    const next = reader.number() + reader.at;
    if (type === 8) for (let count = reader.number(); count > 0; count--) found.push(symbol(reader));
    reader.at = next;
  }
  return found;
}

function symbol(reader) {
  const kind = reader.byte();
  const flags = reader.number();
  if (kind === SYMBOL.SECTION) return { kind, index: reader.number() };
  if (kind !== SYMBOL.DATA) {
    const index = reader.number();
    const named = !(flags & UNDEFINED) || flags & EXPLICIT_NAME;
    return { kind, index, name: named ? reader.text() : "" };
  }
  const name = reader.text();
  if (flags & UNDEFINED) return { kind, name };
  return { kind, name, segment: reader.number(), offset: reader.number(), size: reader.number() };
}

// [{ at, symbol }] for every memory address that the section names.
function addresses(bytes, { body }) {
  const reader = new Reader(bytes, body);
  reader.number();
  const found = [];
  for (let count = reader.number(); count > 0; count--) {
    const type = reader.byte();
    const at = reader.number();
    const symbol = reader.number();
    if (WITH_ADDEND.has(type)) reader.number();
    if (MEMORY_ADDRESSES.has(type)) found.push({ at, symbol });
  }
  return found;
}

function functionNames(bytes, { body, end }) {
  const reader = new Reader(bytes, body);
  const names = new Map();
  while (reader.at < end) {
    const id = reader.byte();
    const next = reader.number() + reader.at;
    if (id === 1) for (let count = reader.number(); count > 0; count--) names.set(reader.number(), reader.text());
    reader.at = next;
  }
  return names;
}

// A pass over sorted entries: the one that holds `at`.
function holder(all) {
  return (at) => {
    let low = 0;
    let high = all.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (all[middle].start <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  };
}

// { constants: [{ address, size, uses: [constant] }], of(name) -> [constant] }: constants as indices, read-only ones alone.
export function constants(bytes) {
  const at = sections(bytes);
  for (const name of ["linking", "reloc.CODE", "reloc.DATA", "name"]) {
    if (!at.has(name)) throw new Error(`the linked program has no section ${name}: was it linked with --emit-relocs?`);
  }
  const all = symbols(bytes, at.get("linking"));
  const code = entries(bytes, at.get("code"), () => ({}));
  const data = entries(bytes, at.get("data"), (reader) => {
    if (reader.number() !== 0) throw new Error("a data segment is not at a fixed address");
    if (reader.byte() !== 0x41) throw new Error("a data segment's address is not a constant");
    const address = reader.number();
    reader.byte();
    return { address };
  });
  const shift = imported(bytes, at.get("import"));
  const names = functionNames(bytes, at.get("name"));
  const found = all.map((s) => s.kind === SYMBOL.DATA && s.segment !== undefined
    ? { name: s.name, address: data[s.segment].address + s.offset, size: s.size, segment: s.segment, uses: [] } : null);
  const byFunction = new Map();
  const functionAt = holder(code);
  for (const { at: place, symbol } of addresses(bytes, at.get("reloc.CODE"))) {
    const name = names.get(functionAt(place) + shift);
    if (!byFunction.has(name)) byFunction.set(name, new Set());
    byFunction.get(name).add(symbol);
  }
  const ranges = found.map((s, index) => s && { index, start: data[s.segment].start + s.address - data[s.segment].address, size: s.size })
    .filter((s) => s && s.size > 0);
  for (const { at: place, symbol } of addresses(bytes, at.get("reloc.DATA"))) {
    for (const { index, start, size } of ranges.filter((s) => s.start <= place && place < s.start + s.size)) found[index].uses.push(symbol);
  }
  return { constants: found, of: (name) => byFunction.get(name) ?? new Set(), known: (name) => byFunction.has(name), data };
}
