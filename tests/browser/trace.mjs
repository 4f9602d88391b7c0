// What the main thread of a page does in a frame, measured by the browser itself.
//
// The rule that is easy to break: a frame's work is every task of the main thread, not the callback of
// requestAnimationFrame alone: Yew renders in a microtask, and style, layout and paint come after. The
// figures are the thread's own processor time, which a busy machine does not disturb.

const CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"];

// The work of every frame during `ms` milliseconds, in milliseconds of processor time, sorted; and the
// names of what took it, by total.
export async function frames(site, page, ms) {
  await site.browser.startTracing(page, { categories: CATEGORIES });
  await page.waitForTimeout(ms);
  const trace = JSON.parse((await site.browser.stopTracing()).toString());
  return framesOf(trace.traceEvents ?? trace);
}

function framesOf(events) {
  const key = (e) => `${e.pid}:${e.tid}`;
  const main = busiest(events.filter((e) => e.name === "FireAnimationFrame").map(key));
  const own = events.filter((e) => key(e) === main && e.ph === "X").sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  const marks = own.filter((e) => e.name === "FireAnimationFrame").map((e) => e.ts);
  const work = [];
  const parts = new Map();
  let [frame, end] = [0, 0];
  for (const e of own) {
    if (e.name !== "RunTask") {
      if (work.length > 0) parts.set(e.name, (parts.get(e.name) ?? 0) + (e.tdur ?? e.dur) / 1e3);
      continue;
    }
    // Tasks within tasks are counted by the outer one.
    if (e.ts < end) continue;
    end = e.ts + e.dur;
    while (frame < marks.length && marks[frame] < end) {
      work.push(0);
      frame += 1;
    }
    if (work.length > 0) work[work.length - 1] += (e.tdur ?? e.dur) / 1e3;
  }
  // The first frame began before the trace, and the last ends after it.
  const whole = work.slice(1, -1).sort((a, b) => a - b);
  return { work: whole, parts: [...parts].sort((a, b) => b[1] - a[1]).map(([name, t]) => [name, t / work.length]) };
}

function busiest(keys) {
  const counts = new Map();
  for (const k of keys) counts.set(k, (counts.get(k) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

// The value below which `percent` of a sorted sample lie.
export function percentile(sorted, percent) {
  return sorted[Math.min(sorted.length - 1, Math.ceil((sorted.length * percent) / 100) - 1)];
}
