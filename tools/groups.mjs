// Which of what several parts need goes into one file: grouped(chunks, most) of [{ name, users, size }].
//
// One file for all would bring every part what it never needs, a file for every combination dozens of requests. So what is needed by
// the same is put together, then again and again the two files whose union brings the fewest bytes to those who do not
// need them, until few are left.

export function grouped(chunks, most) {
  const names = [...new Set(chunks.flatMap(({ users }) => users))];
  const bits = (users) => users.reduce((mask, user) => mask | (1n << BigInt(names.indexOf(user))), 0n);
  const same = new Map();
  for (const { name, users, size } of chunks) {
    const mask = bits(users);
    const group = same.get(mask) ?? { mask, size: 0, chunks: [] };
    group.size += size;
    group.chunks.push(name);
    same.set(mask, group);
  }
  const groups = [...same.values()];
  const costs = groups.map((a) => groups.map((b) => cost(a, b)));
  const alive = new Set(groups.keys());
  while (alive.size > most) {
    const [into, gone] = cheapest(costs, [...alive]);
    const [a, b] = [groups[into], groups[gone]];
    groups[into] = { mask: a.mask | b.mask, size: a.size + b.size, chunks: [...a.chunks, ...b.chunks] };
    alive.delete(gone);
    for (const other of alive) costs[into][other] = costs[other][into] = cost(groups[into], groups[other]);
  }
  return [...alive].map((i) => groups[i].chunks);
}

// The bytes that it brings to who does not need them, if these two are one.
function cost(a, b) {
  return a.size * count(b.mask & ~a.mask) + b.size * count(a.mask & ~b.mask);
}

function count(mask) {
  let ones = 0;
  for (let rest = mask; rest; rest &= rest - 1n) ones += 1;
  return ones;
}

function cheapest(costs, alive) {
  let best = [Infinity, 0, 1];
  for (const [at, i] of alive.entries()) {
    const row = costs[i];
    for (let k = at + 1; k < alive.length; k += 1) if (row[alive[k]] < best[0]) best = [row[alive[k]], i, alive[k]];
  }
  return best.slice(1);
}
