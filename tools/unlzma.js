// Unpacks one LZMA stream (the .lzma format: properties, dictionary size, length, then the range coder's bytes;
// LZMA SDK, "lzma-specification.txt"). The page's program comes so: a fifth smaller than gzip makes it, on
// every host, for some hundredths of a second of unpacking.
//
// The rule that is easy to break: this is read before anything else runs, so it is short and knows no options.
// Broken bytes give a wrong program, never an endless loop: the length is known and every step writes or ends.
export function unlzma(input) {
  const props = input[0];
  const lc = props % 9;
  const lp = ((props / 9) | 0) % 5;
  const pb = (props / 45) | 0;
  const size = input[5] | (input[6] << 8) | (input[7] << 16) | (input[8] << 24);
  const out = new Uint8Array(size);
  let at = 18;
  let range = -1 >>> 0;
  let code = ((input[14] << 24) | (input[15] << 16) | (input[16] << 8) | input[17]) >>> 0;

  const odds = (count) => new Uint16Array(count).fill(1024);
  const bit = (table, i) => {
    const odd = table[i];
    const bound = (range >>> 11) * odd;
    let found = 0;
    if (code < bound) {
      range = bound;
      table[i] = odd + ((2048 - odd) >> 5);
    } else {
      range = (range - bound) >>> 0;
      code = (code - bound) >>> 0;
      table[i] = odd - (odd >> 5);
      found = 1;
    }
    if (range < 0x1000000) {
      range = (range << 8) >>> 0;
      code = ((code << 8) | input[at++]) >>> 0;
    }
    return found;
  };
  const tree = (table, from, bits) => {
    let m = 1;
    for (let i = 0; i < bits; i++) m = (m << 1) | bit(table, from + m);
    return m - (1 << bits);
  };
  const backwards = (table, from, bits) => {
    let m = 1;
    let value = 0;
    for (let i = 0; i < bits; i++) {
      const b = bit(table, from + m);
      m = (m << 1) | b;
      value |= b << i;
    }
    return value;
  };
  const direct = (bits) => {
    let value = 0;
    for (; bits > 0; bits--) {
      range >>>= 1;
      const b = code >= range ? 1 : 0;
      if (b) code = (code - range) >>> 0;
      value = (value << 1) | b;
      if (range < 0x1000000) {
        range = (range << 8) >>> 0;
        code = ((code << 8) | input[at++]) >>> 0;
      }
    }
    return value;
  };
  const lengths = () => ({ choice: odds(2), low: odds(128), mid: odds(128), high: odds(256) });
  const length = (coder, place) => {
    if (!bit(coder.choice, 0)) return 2 + tree(coder.low, place << 3, 3);
    if (!bit(coder.choice, 1)) return 10 + tree(coder.mid, place << 3, 3);
    return 18 + tree(coder.high, 0, 8);
  };

  const literals = odds(0x300 << (lc + lp));
  const isMatch = odds(192);
  const isRep = odds(12);
  const isRep0 = odds(12);
  const isRep1 = odds(12);
  const isRep2 = odds(12);
  const isRep0Long = odds(192);
  const slots = odds(256);
  const special = odds(128);
  const align = odds(16);
  const matchLength = lengths();
  const repLength = lengths();
  const reps = [0, 0, 0, 0];
  let state = 0;

  const literal = (pos) => {
    const before = pos > 0 ? out[pos - 1] : 0;
    const from = 0x300 * (((pos & ((1 << lp) - 1)) << lc) + (before >> (8 - lc)));
    let symbol = 1;
    if (state >= 7) {
      let match = out[pos - reps[0] - 1];
      while (symbol < 256) {
        const matchBit = (match >> 7) & 1;
        match <<= 1;
        const b = bit(literals, from + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | b;
        if (matchBit !== b) break;
      }
    }
    while (symbol < 256) symbol = (symbol << 1) | bit(literals, from + symbol);
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    return symbol;
  };
  const distance = (len) => {
    const slot = tree(slots, Math.min(len - 2, 3) << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) << bits;
    if (slot < 14) return base + backwards(special, base - slot, bits);
    return base + (direct(bits - 4) << 4) + backwards(align, 0, 4);
  };
  // The length of what is repeated; 1 is the single byte of a short repetition.
  const repeat = (place) => {
    if (!bit(isRep0, state)) {
      if (!bit(isRep0Long, (state << 4) + place)) {
        state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      const which = !bit(isRep1, state) ? 1 : !bit(isRep2, state) ? 2 : 3;
      reps.unshift(reps.splice(which, 1)[0]);
    }
    state = state < 7 ? 8 : 11;
    return length(repLength, place);
  };

  for (let pos = 0; pos < size; ) {
    const place = pos & ((1 << pb) - 1);
    if (!bit(isMatch, (state << 4) + place)) {
      out[pos] = literal(pos);
      pos++;
      continue;
    }
    let len;
    if (bit(isRep, state)) {
      len = repeat(place);
    } else {
      len = length(matchLength, place);
      state = state < 7 ? 7 : 10;
      reps.pop();
      reps.unshift(distance(len));
    }
    for (; len > 0 && pos < size; len--, pos++) out[pos] = out[pos - reps[0] - 1];
  }
  return out;
}
