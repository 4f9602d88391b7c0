// The same picture by hand: what a page costs the browser if nothing is computed for it. The frames of a page are recorded, each stroke
// on its canvases and each change of an attribute or a text, and played again in a copy of its document that has no program.
//
// The rule that is easy to break: the copy does at most what the page did. Elements that come and go are left out, so the page is
// compared with less than its own picture, never with more.

import { frames } from "./trace.mjs";

// For `prepare`: from the start the page can be recorded.
export const recordable = (page) => page.addInitScript(install);

// Runs in the page before anything else: `globalThis.record(frames)` gives what was drawn and changed in each of so many frames.
function install() {
  let now = null;
  const pens = CanvasRenderingContext2D.prototype;
  const place = (pen) => [...document.querySelectorAll("canvas")].indexOf(pen.canvas);
  const note = (pen, name, words, set) => now?.strokes.push([place(pen), name, words, set]);
  for (const [name, what] of Object.entries(Object.getOwnPropertyDescriptors(pens))) {
    if (typeof what.value === "function" && name !== "constructor") {
      Object.defineProperty(pens, name, {
        value(...words) {
          note(this, name, words, false);
          return what.value.apply(this, words);
        },
      });
    } else if (what.set) {
      Object.defineProperty(pens, name, {
        get: what.get,
        set(value) {
          note(this, name, value, true);
          what.set.call(this, value);
        },
      });
    }
  }
  const path = (node) => {
    const steps = [];
    for (let n = node; n !== document.body; n = n.parentNode) {
      if (!n?.parentNode) return null;
      steps.unshift([...n.parentNode.childNodes].indexOf(n));
    }
    return steps;
  };
  globalThis.record = async (count) => {
    const all = [];
    const scrub = document.querySelector("[data-testid=scrub]");
    const html = document.documentElement.outerHTML;
    // Records are told soon after a change; these are kept until the frame ends.
    let changes = [];
    const keep = (records) => changes.push(...records);
    const observer = new MutationObserver(keep);
    observer.observe(document.body, { subtree: true, attributes: true, characterData: true });
    const end = () => {
      keep(observer.takeRecords());
      for (const { type, target, attributeName } of changes) {
        const steps = path(target);
        if (steps) now.changes.push([steps, attributeName, type === "attributes" ? target.getAttribute(attributeName) : target.data]);
      }
      changes = [];
      now.value = scrub?.value;
      all.push(now);
    };
    for (let i = 0; i <= count; i += 1) {
      await new Promise(requestAnimationFrame);
      if (now) end();
      now = { strokes: [], changes: [], value: null };
    }
    now = null;
    observer.disconnect();
    return { html, all };
  };
}

// Runs in the copy: plays the recorded frames, again and again.
function replay(all) {
  const pens = [...document.querySelectorAll("canvas")].map((c) => c.getContext("2d"));
  const scrub = document.querySelector("[data-testid=scrub]");
  const found = (steps) => steps.reduce((n, step) => n?.childNodes[step], document.body);
  // Who is meant is looked up before the time that is measured.
  const acts = all.map(({ strokes, changes, value }) => ({
    strokes: strokes.filter(([place]) => pens[place]),
    value,
    changes: changes.map(([steps, name, to]) => [found(steps), name, to]).filter(([n, name]) => n && (name ? n.setAttribute : n.nodeType === 3)),
  }));
  let i = 0;
  const next = () => {
    const { strokes, changes, value } = acts[i];
    i = (i + 1) % acts.length;
    if (i === 0) globalThis.played = true;
    for (const [node, name, to] of changes) {
      if (name === null) node.data = to;
      else if (to === null) node.removeAttribute(name);
      else node.setAttribute(name, to);
    }
    if (scrub && value !== null) scrub.value = value;
    for (const [place, name, words, set] of strokes) {
      if (set) pens[place][name] = words;
      else pens[place][name](...words);
    }
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
  const sum = (of) => acts.reduce((total, act) => total + act[of].length, 0) / acts.length;
  return { strokes: sum("strokes"), changes: sum("changes") };
}

// How many frames are recorded: a second of them.
const RECORDED = 60;

// The frames (trace.mjs) of the copy of a page that plays, in three stretches of `ms` milliseconds, and how many strokes and changes
// there are in one.
export async function byHand(site, page, ms) {
  const { html, all } = await page.evaluate((count) => globalThis.record(count), RECORDED);
  const copy = await page.context().newPage();
  await copy.goto(new URL("style.css", site.base).href);
  const plain = html.replace(/<script[^]*?<\/script>/g, "").replace(/<meta http-equiv[^>]*>/gi, "");
  await copy.setContent(`<!doctype html>${plain}`.replace("<head>", `<head><base href="${site.base}">`), { waitUntil: "load" });
  const counts = await copy.evaluate(replay, all);
  // Once through, and it is warm.
  await copy.waitForFunction(() => globalThis.played);
  const measured = [];
  for (let i = 0; i < 3; i += 1) measured.push(await frames(site, copy, ms));
  await copy.close();
  return { measured, counts };
}
