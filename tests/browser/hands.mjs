// What a person and a script do on a scenario's page, in the words of the tests.
//
// The rule that is easy to break: a hand acts where a person would, on what is seen: the pointer goes
// to the middle of a disc or a line on screen, and the press is a real one. `ask` is the other way in,
// window.faultline, and the tests use it to look and to travel, not to do what they claim a hand can.
//
// And nothing is left to luck: the page draws when it gets round to it, on a busy machine some time after the press.
// Who reads the page after a hand waits for what is to be there, or with `settled` for all that was done to be drawn.

import assert from "node:assert/strict";
import { hook, PATIENCE, visible } from "./harness.mjs";

let asked = 0;

// Asks a verb of window.faultline and waits for its answer, which comes when all that was done before is drawn.
//
// The browser holds what it awaits for us weakly, and on a busy machine its collector may take that away: so the page keeps
// the last answers, and if that has happened the same answer is waited for again. Nothing is asked twice.
export async function ask(page, verb, argument) {
  asked += 1;
  const question = [asked, verb, argument];
  try {
    return await page.evaluate(answer, question);
  } catch (complaint) {
    if (!/garbage collected/.test(complaint.message)) throw complaint;
    return page.evaluate(answer, question);
  }
}

// In the page: the answer to the question of this number, which is asked if it has not been.
function answer([number, verb, argument]) {
  const answers = (globalThis.answers ??= new Map());
  if (!answers.has(number)) answers.set(number, globalThis.faultline[verb](argument));
  answers.delete(number - 8);
  return answers.get(number);
}

// Waits until the page has done and drawn everything that hands have done so far.
export async function settled(page) {
  await ask(page, "state");
}

// Waits until so many frames have come: whatever was to happen in one has happened.
export function frames(page, count = 2) {
  return page.evaluate(async (count) => {
    for (let i = 0; i < count; i += 1) await new Promise(requestAnimationFrame);
  }, count);
}

// Waits until `look()` finds nothing wrong, and returns what it returns. For what comes by itself, after a frame or a
// file: in the end its own complaint says what did not come.
export async function eventually(look, timeout = PATIENCE) {
  const end = performance.now() + timeout;
  for (;;) {
    try {
      return await look();
    } catch (complaint) {
      if (performance.now() >= end) throw complaint;
    }
    await new Promise((done) => setTimeout(done, 30));
  }
}

// Waits until the page says yes to `asks`, which may take its time: `waitForFunction` takes a promise for a yes, and waits for
// nothing then.
export function holds(page, asks, arg) {
  return eventually(async () => assert.ok(await page.evaluate(asks, arg), `not so: ${asks}`));
}

// From the start the page's watch goes so many times as fast: what a reader sees in a second it shows in a part of one, in steps
// as long as those of a slow screen. For who wants to see where a run comes to, not how long it takes.
export function hasten(page, times = 5) {
  return page.addInitScript((times) => {
    const ask = globalThis.requestAnimationFrame.bind(globalThis);
    globalThis.requestAnimationFrame = (then) => ask((ms) => then(ms * times));
  }, times);
}

// Opens the scenario `id` and waits until its stage can be seen and used.
export async function openScenario(site, id, { search = "", options = "", ...context } = {}) {
  const page = await site.open(`${search}#/s/${id}${options}`, context);
  await drawn(page);
  return page;
}

// Waits until the stage has nodes: it is drawn once its size is known.
export async function drawn(page) {
  await visible(page, "stage");
  await visible(page, "node-0");
}

// Waits until `ready(state)`; says what it waited for if that does not come.
export async function until(page, what, ready, timeout = PATIENCE) {
  const end = performance.now() + timeout;
  for (;;) {
    const state = await ask(page, "state");
    if (ready(state)) return state;
    assert.ok(performance.now() < end, `${what}: not within ${timeout} ms at ${page.url()}`);
    await page.waitForTimeout(30);
  }
}

export const servers = (state) => state.nodes.filter((n) => !n.client);

// The leader of the highest term that runs, or undefined.
export function leaderOf(state) {
  const leaders = servers(state).filter((n) => n.role === "leader" && n.status === "up");
  return leaders.sort((a, b) => b.epoch - a.epoch)[0];
}

// Goes on in simulated time until there is a leader (and `also`), by half a second at a time.
export async function led(page, also = () => true) {
  for (let i = 0; i < 40; i += 1) {
    const { time_us } = await ask(page, "state");
    const state = await ask(page, "seek", time_us + 500_000);
    if (leaderOf(state) && also(state)) return state;
  }
  return assert.fail("no leader within twenty simulated seconds");
}

async function middle(locator) {
  const box = await locator.boundingBox();
  assert.ok(box, `${locator} is not on screen`);
  return [box.x + box.width / 2, box.y + box.height / 2];
}

// Whether the middle of `what` lies under the element with this hook.
export function isUnder(what, name) {
  return what.evaluate((element, name) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return Boolean(document.elementFromPoint(x + width / 2, y + height / 2)?.closest(`[data-testid=${name}]`));
  }, name);
}

// Presses the pointer in the middle of a node's disc.
export async function clickNode(page, id) {
  await page.mouse.click(...(await middle(hook(page, `node-${id}`).locator(".disc"))));
  await visible(page, "stage-menu");
}

// Presses the pointer on the side of the link on which messages from `a` to `b` travel, a third of the
// way: the middle of a link may be where another crosses.
export async function clickLink(page, a, b, part = 0.35) {
  const at = await hook(page, `link-${a}-${b}`)
    .locator(".target")
    .evaluate((path, part) => {
      const p = path.getPointAtLength(path.getTotalLength() * part);
      const { a, b, c, d, e, f } = path.getScreenCTM();
      return [a * p.x + c * p.y + e, b * p.x + d * p.y + f];
    }, part);
  await page.mouse.click(...at);
  await visible(page, "stage-menu");
}

// Turns the wheel, and waits until the page has heard it.
export async function wheel(page, dx, dy) {
  await page.evaluate(() => {
    globalThis.turned = false;
    addEventListener("wheel", () => (globalThis.turned = true), { once: true, capture: true, passive: true });
  });
  await page.mouse.wheel(dx, dy);
  await page.waitForFunction(() => globalThis.turned);
  await settled(page);
}

// Presses the pencil of a future, and waits until its name can be typed.
export async function beginName(page, future) {
  await hook(page, `rename-${future}`).click();
  await visible(page, "name");
  await settled(page);
}

// Brings a page of the inspector to the front by its tab.
export async function openTab(page, name) {
  await page.getByRole("tab", { name: new RegExp(`^${name}`) }).click();
}

// The sentence in the element `error`.
export async function errorOf(page) {
  return (await (await visible(page, "error")).innerText()).trim();
}

// From now on counts the frames that come (`globalThis.frames`) and the longest stretch without one
// (`globalThis.longest`, in milliseconds).
export function countFrames(page) {
  return page.evaluate(() => {
    Object.assign(globalThis, { frames: 0, longest: 0 });
    let last = performance.now();
    const look = () => {
      const now = performance.now();
      globalThis.frames += 1;
      globalThis.longest = Math.max(globalThis.longest, now - last);
      last = now;
      requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
}

// From now on looks at every drawing twice a frame, when the frame begins and before it is painted: `globalThis.squashed`
// lists what was shown in another size than it was drawn in, `globalThis.looked` counts the looks.
export function watchDrawings(page) {
  return page.evaluate(() => {
    Object.assign(globalThis, { squashed: [], looked: 0 });
    const differ = (what, a, b) => {
      if (Math.abs(a[0] - b[0]) >= 1 || Math.abs(a[1] - b[1]) >= 1) globalThis.squashed.push(`${what}: ${a} as ${b}`);
    };
    const shown = (e) => {
      const { width, height } = e.getBoundingClientRect();
      return [width, height];
    };
    const look = () => {
      globalThis.looked += 1;
      for (const canvas of document.querySelectorAll("[data-testid=stage] canvas, [data-testid=diagram] canvas")) {
        const ratio = Math.min(Math.max(devicePixelRatio, 1), 3);
        // Before its first drawing there is nothing to squash.
        if (!canvas.style.width) continue;
        differ("a canvas", [canvas.width / ratio, canvas.height / ratio], shown(canvas));
        const figure = canvas.parentElement.querySelector(":scope > svg");
        if (figure) differ("a canvas beside its figure", shown(canvas), shown(figure));
      }
    };
    // Told after the page's own observer, which is older, and before the frame is painted.
    const observer = new ResizeObserver(look);
    const next = () => {
      look();
      observer.disconnect();
      observer.observe(document.documentElement);
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
}
