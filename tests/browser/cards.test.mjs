// The card of every scenario, played from the guess to the next scenario: once by keyboard alone, once by touch alone on a phone.
// Before the guess nothing tells the answer. Every step of "Now try" is done by the page's own controls, in the way that its `how` says.
//
// The rule that is easy to break: a script only looks and waits here. What changes the run is a key or a finger. A scenario that
// PLAYS does not name is played to its answer, and its steps by runs alone.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, PATIENCE, scenarioRoutes, SIZES, start, visible } from "./harness.mjs";
import { ask, eventually, frames, hasten, isUnder, openScenario, servers, settled, until } from "./hands.mjs";
import { lessons } from "./lessons.mjs";
import { PLAYS } from "./plays.mjs";

let site;
// The addresses of all scenarios, in the order of the course.
let course;
before(async () => {
  site = await start();
  const page = await site.open("#/");
  course = await scenarioRoutes(page);
  await page.context().close();
});
after(() => site?.close());

const task = (page, name) => page.locator(`[data-testid=task][data-task=${name}]`).waitFor({ timeout: PATIENCE });

// What a learner does, put together of what a key or a finger can do. Who is meant is a name, or is found in the state.
class Hand {
  constructor(page) {
    this.page = page;
  }

  look() {
    return ask(this.page, "state");
  }

  async who(one) {
    const state = await this.look();
    const node = typeof one === "function" ? one(state) : state.nodes.find((n) => n.name === one);
    assert.ok(node, `nobody is ${one}`);
    return node;
  }

  async way(from, to) {
    return hook(this.page, `link-${(await this.who(from)).id}-${(await this.who(to)).id}`);
  }

  async do(play) {
    for (const act of play) await act(this);
  }

  async unless(found, play) {
    if (!found(await this.look())) await this.do(play);
  }

  async isTicked() {
    return /\bticked\b/.test(await this.page.locator(".todos li").nth(this.step).getAttribute("class"));
  }

  // Does `go` again and again until `come(state)`, or if nothing is said until the step is ticked.
  async repeat(go, what = `ticked: ${this.text}`, come = () => this.isTicked()) {
    const end = performance.now() + PATIENCE;
    for (;;) {
      const state = await this.look();
      if (await come(state)) return state;
      assert.ok(performance.now() < end, `${what}: not within ${PATIENCE} ms, at ${state.time_us} us of the run`);
      await go(state);
    }
  }

  // Lets time run, and run on wherever the story stops.
  async play(what, come) {
    const look = come === undefined ? () => this.watch() : () => frames(this.page);
    await this.repeat(({ playing }) => (playing ? look() : this.press(hook(this.page, "play"))), what, come);
    await this.pause();
  }

  // Looks in each frame until the step is ticked or time stands, and for a second at most. In the page: to ask it from here,
  // frame after frame, would take more time than the page itself does.
  watch() {
    return this.page.evaluate(async (step) => {
      const end = performance.now() + 1_000;
      const ticked = () => document.querySelectorAll(".todos li")[step].classList.contains("ticked");
      const stands = () => document.getElementById("play").dataset.testid === "play";
      while (performance.now() < end && !ticked() && !stands()) await new Promise(requestAnimationFrame);
    }, this.step);
  }

  // Time may stop by itself before the press: that lets it run, and the next one stops it.
  async pause() {
    await this.repeat(() => this.press(this.page.locator("#play")), "time stands", (s) => !s.playing);
  }

  // Goes on event by event.
  async stepOn(what, come) {
    await this.pause();
    return this.repeat(() => this.next(), what, come);
  }

  async toStart() {
    await this.pause();
    await this.press(this.page.getByRole("button", { name: "To the start", exact: true }));
    await settled(this.page);
  }

  // Lets time run faster than the story does, where little that is new happens for long.
  async hurry() {
    await this.repeat(() => this.faster(), "half a second a second", (s) => s.speed >= 0.5);
  }

  async begin(situation) {
    await this.press(hook(this.page, `stage-${situation}`));
    await this.page.locator(`[data-testid=stage-${situation}][aria-pressed=true]`).waitFor({ timeout: PATIENCE });
  }

  // Picks a node, and takes what its menu offers.
  async choose(one, action) {
    await this.pick(one);
    await this.press(await visible(this.page, `act-${action}`));
    await settled(this.page);
  }

  // Steps until a message is on its way (and `also`), and picks it.
  async pickMessage(also = () => true) {
    const { in_flight } = await this.stepOn("a message on its way", (s) => s.in_flight.some(also));
    const place = in_flight.findIndex(also);
    await this.pickFlight(in_flight[place], place);
  }

  // The same, and does this to it.
  async strike(action, also) {
    await this.pickMessage(also);
    await this.onMessage(action);
    await settled(this.page);
  }

  // Finds a message in the list of the Text tab, and does this to it there.
  async strikeInText(action, also) {
    const place = (await this.look()).in_flight.findIndex(also);
    await this.tab("Text");
    const list = hook(this.page, "twin").locator(".log");
    await this.press(list.locator(".line").nth(place));
    await this.press(list.getByRole("button", { name: action, exact: true }));
    await settled(this.page);
  }

  // Builds a wall between these sides and the rest.
  async separate(...sides) {
    await this.askToSeparate();
    const dialog = await visible(this.page, "dialog");
    for (const [i, side] of sides.entries()) {
      for (const one of side) {
        const { name } = await this.who(one);
        const there = dialog.getByRole("button", { name: `${name}, side ${i + 1}`, exact: true });
        for (let press = 0; press < 10 && (await there.count()) === 0; press += 1) {
          await this.press(dialog.getByRole("button", { name: new RegExp(`^${name}(,|$)`) }));
          await settled(this.page);
        }
      }
    }
    await this.press(hook(this.page, "separate"));
    await hook(this.page, "dialog").waitFor({ state: "detached" });
  }

  // Presses the button of this name in a page of the inspector.
  async pressIn(tab, name) {
    await this.tab(tab);
    await this.press(this.page.locator("#panel").getByRole("button", { name, exact: true }));
    await settled(this.page);
  }

  // Throws the switch of this name in the Link tab.
  async turn(name) {
    await this.tab("Link");
    await this.press(this.page.locator("#panel label.switch", { hasText: name }));
    await settled(this.page);
  }

  // Sets a number in a page of the inspector.
  async setIn(tab, name, value) {
    await this.tab(tab);
    await this.write(this.page.getByRole("spinbutton", { name: `${name}, number`, exact: true }), value);
  }

  // The same in the Link tab.
  set = (name, value) => this.setIn("Link", name, value);

  // Fills a form in the Node tab, and sends it.
  async request(one, form, ...values) {
    await this.pick(one);
    await this.tab("Node");
    const request = hook(this.page, `ask-${form}`);
    const fields = request.locator("input, select");
    for (const [i, value] of values.entries()) {
      const isChoice = await fields.nth(i).evaluate((e) => e.tagName === "SELECT");
      await (isChoice ? this.select(fields.nth(i), value) : this.write(fields.nth(i), value));
    }
    await this.press(request.getByRole("button"));
    await settled(this.page);
  }

  // Has a node do what one of its buttons says.
  async act(one, name) {
    await this.pick(one);
    await this.pressIn("Node", name);
  }

  // Changes a setting of the protocol: a switch is thrown, a number written, of a choice the option with this text is taken.
  async tune(id, value) {
    await this.unpick();
    await this.tab("Link");
    const settings = hook(this.page, "settings");
    if ((await settings.getAttribute("open")) === null) await this.press(settings.locator("summary").first());
    const setting = hook(this.page, `set-${id}`);
    if (typeof value === "string") await this.select(setting.locator("select"), value);
    else if (typeof value === "number") await this.write(setting.locator("input"), String(value));
    else if ((await setting.locator("input").isChecked()) !== value) await this.press(setting.locator("label.switch"));
    await settled(this.page);
  }

  // Types another seed.
  async sow(seed) {
    await this.write(hook(this.page, "seed"), seed);
    await settled(this.page);
  }

  // Lets so many simulated milliseconds go by.
  async wait(ms) {
    const { time_us } = await this.look();
    await this.play(`${ms} ms later`, (s) => s.time_us >= time_us + ms * 1_000);
  }
}

// A keyboard alone. What it presses is among what the Tab key comes to.
class Keys extends Hand {
  static context = { viewport: SIZES.desktop };

  async focus(what, options) {
    await what.focus(options);
    const [has, stop] = await what.evaluate((e) => [e === document.activeElement, e.tabIndex >= 0], undefined, options);
    assert.ok(has && stop, `the Tab key does not come to ${what}`);
  }

  async press(what, options) {
    const input = what.locator("input");
    const ticks = (await input.count()) > 0;
    await this.focus(ticks ? input : what, options);
    await this.page.keyboard.press(ticks ? "Space" : "Enter");
  }

  // Fields and tabs have a use of their own for keys; play has none for these.
  async key(name) {
    await this.focus(this.page.locator("#play"));
    await this.page.keyboard.press(name);
  }

  next = () => this.key("ArrowRight");
  reset = () => this.key("r");
  faster = () => this.key("]");
  askToSeparate = () => this.key("p");

  async heal() {
    await this.askToSeparate();
    await this.press((await visible(this.page, "dialog")).getByRole("button", { name: "Heal the network" }));
  }

  async pick(one) {
    await this.press(hook(this.page, `node-${(await this.who(one)).id}`));
    await visible(this.page, "stage-menu");
  }

  // The Tab key comes to the links of a node once it is picked.
  async pickLink(from, to) {
    await this.pick(from);
    await this.press(await this.way(from, to));
    await settled(this.page);
  }

  async pickFlight(_, place) {
    await this.tab("Text");
    await this.press(hook(this.page, "twin").locator(".log .line").nth(place));
  }

  async onMessage(action) {
    await this.press(hook(this.page, "twin").locator(".log").getByRole("button", { name: action, exact: true }));
  }

  async tab(name) {
    const now = this.page.getByRole("tab", { selected: true });
    await this.focus(now);
    const all = await this.page.getByRole("tab").count();
    for (let i = 0; i < all && !(await now.innerText()).startsWith(name); i += 1) {
      await this.page.keyboard.press("ArrowRight");
      await settled(this.page);
    }
    assert.ok((await now.innerText()).startsWith(name), `no tab ${name}`);
  }

  // Whoever has nothing picked sees what can be done here.
  async unpick() {
    await this.focus(hook(this.page, "node-0"));
    await this.page.keyboard.press("Escape");
    await settled(this.page);
  }

  async select(choice, text) {
    await this.focus(choice);
    const taken = () => choice.evaluate((e) => e.selectedOptions[0].textContent.trim());
    const options = await choice.locator("option").allTextContents();
    const place = (what) => options.findIndex((option) => option.trim() === what);
    // Each press may begin the run anew.
    for (let i = 0; i < options.length && (await taken()) !== text; i += 1) {
      await this.focus(choice);
      await this.page.keyboard.press(place(await taken()) < place(text) ? "ArrowDown" : "ArrowUp");
      await settled(this.page);
    }
    assert.equal(await taken(), text);
  }

  async write(field, value) {
    await this.focus(field);
    await this.page.keyboard.press("ControlOrMeta+a");
    await this.page.keyboard.type(value);
    await this.page.keyboard.press("Tab");
    await settled(this.page);
  }
}

// Fingers alone, on a phone.
class Fingers extends Hand {
  static context = { viewport: SIZES.phone, hasTouch: true };

  press = (what, options) => what.tap(options);
  next = () => this.press(hook(this.page, "step"));
  reset = () => this.press(hook(this.page, "reset"));
  askToSeparate = () => this.pressIn("Text", "Separate nodes…");
  heal = () => this.choose((s) => servers(s)[0], "heal");
  onMessage = (action) => this.press(hook(this.page, `act-${action.toLowerCase()}`));
  tab = (name) => this.press(this.page.getByRole("tab", { name: new RegExp(`^${name}`) }));

  async faster() {
    const { width, height } = await hook(this.page, "speed").boundingBox();
    await this.press(hook(this.page, "speed"), { position: { x: width * 0.4, y: height / 2 } });
  }

  async pick(one) {
    const disc = hook(this.page, `node-${(await this.who(one)).id}`).locator(".disc");
    await disc.scrollIntoViewIfNeeded();
    // The menu of what was picked before may lie over it: then a tap beside comes first.
    if (await isUnder(disc, "stage-menu")) await this.unpick();
    await this.press(disc);
    await visible(this.page, "stage-menu");
  }

  // Taps where messages of this link travel, a part of the way, and at least so many pixels off the nodes.
  async tapWay(way, part, off) {
    await way.scrollIntoViewIfNeeded();
    const at = await way.locator(".target").evaluate((path, [part, off]) => {
      const long = path.getTotalLength();
      const p = path.getPointAtLength(Math.min(Math.max(part * long, off), long - off));
      const { a, b, c, d, e, f } = path.getScreenCTM();
      return [a * p.x + c * p.y + e, b * p.x + d * p.y + f];
    }, [part, off]);
    await this.page.touchscreen.tap(...at);
    await settled(this.page);
  }

  // Taps between the rims of two nodes, a part of the way, and at least so many pixels off them.
  async tapBetween(from, to, part, off) {
    const discs = [from, to].map((id) => hook(this.page, `node-${id}`).locator(".disc"));
    await discs[0].scrollIntoViewIfNeeded();
    const [a, b] = await Promise.all(discs.map((disc) => disc.boundingBox()));
    const centre = (box) => [box.x + box.width / 2, box.y + box.height / 2];
    const [[ax, ay], [bx, by]] = [centre(a), centre(b)];
    const long = Math.hypot(bx - ax, by - ay);
    const gap = a.width / 2 + 3;
    const way = long - 2 * gap;
    const at = gap + Math.min(Math.max(part * way, off), way - off);
    await this.page.touchscreen.tap(ax + ((bx - ax) * at) / long, ay + ((by - ay) * at) / long);
    await settled(this.page);
  }

  // Where a message is over the line, the finger means that: then another part of the line is free, or will be soon.
  async pickLink(from, to) {
    const way = await this.way(from, to);
    const picked = async () => (await way.getAttribute("aria-pressed")) === "true";
    const tap = async () => {
      for (let part = 0.3; part < 0.8 && !(await picked()); part += 0.1) await this.tapWay(way, part, 0);
    };
    await tap();
    await this.repeat(() => this.next().then(tap), `a finger picks ${way}`, picked);
  }

  // What has just left lies at the rim of its node.
  async pickFlight({ from, to, sent_us, due_us }) {
    const { time_us } = await this.look();
    const [way, part] = [hook(this.page, `link-${from}-${to}`), (time_us - sent_us) / (due_us - sent_us)];
    // Between a client and a server there is a message, and no line.
    await ((await way.count()) > 0 ? this.tapWay(way, part, 8) : this.tapBetween(from, to, part, 8));
    await visible(this.page, "stage-menu");
  }

  async unpick() {
    await this.press(hook(this.page, "stage"), { position: { x: 4, y: 4 } });
    await settled(this.page);
  }

  // The list that opens is the phone's own.
  select = (choice, label) => choice.selectOption({ label });

  // The field takes what stands in it when the finger goes elsewhere.
  async write(field, value) {
    await this.press(field);
    await field.fill(value);
    await this.press(this.page.getByRole("tab", { selected: true }));
    await settled(this.page);
  }
}

// From the guess, before which nothing tells, to the end of what is asked about.
async function answer(hand, telling) {
  const { page } = hand;
  const reveal = hook(page, "reveal");
  await task(page, "guess");
  const before = await page.locator("html").innerText();
  for (const text of telling) assert.ok(!before.includes(text.slice(0, 40)), `told before the guess: ${text}`);
  // What is still coming may move the card away from under a finger: then it taps again.
  await eventually(async () => {
    await hand.press(page.locator("[data-testid=prediction] label").first(), { timeout: 5_000 });
    await page.locator("[data-testid=reveal]:not([disabled])").waitFor({ timeout: 2_000 });
  });
  await hand.press(reveal);
  const early = () => document.querySelector("[data-task=watch]") && document.querySelector("[data-testid=because]");
  assert.ok(!(await page.evaluate(early)), "told before it has happened");
  // The button is the same: pressed once more it goes to the end. A short run may have come there by itself.
  await eventually(async () => {
    if ((await reveal.count()) > 0) await hand.press(reveal, { timeout: 1_000 });
    await settled(page);
    assert.equal(await hook(page, "because").count(), 1, "no answer");
  });
  assert.equal(await page.locator("[data-testid=task] .right").count(), 1, "one option is right");
  assert.equal(await hook(page, "play").count(), 1, "play has stopped");
}

// Begins a run of one's own where the question had one, and does every step that is not ticked yet.
async function tryAll(hand, plays, steps) {
  const own = hook(hand.page, "own-run");
  if ((await own.count()) > 0) await hand.press(own);
  for (const [i, play] of plays.entries()) {
    Object.assign(hand, { step: i, text: steps[i] });
    if (await hand.isTicked()) continue;
    await hand.do(play);
    await hand.repeat(() => frames(hand.page));
  }
}

// On to the next scenario of the course; behind the last one is the gallery.
async function goOn(hand, id) {
  const { page } = hand;
  await task(page, "next");
  assert.ok(course.includes(`#/s/${id}`), `${id} is not in the gallery`);
  const next = course[course.indexOf(`#/s/${id}`) + 1];
  await hand.press(hook(page, "next"));
  if (next === undefined) return visible(page, "gallery");
  await until(page, `the page is at ${next}`, (s) => s && `#/s/${s.scenario}` === next);
  return task(page, "guess");
}

test("the table names scenarios that there are, and each scenario has an answer that could be told too early", () => {
  const known = lessons().map((l) => l.id);
  assert.deepEqual(Object.keys(PLAYS).filter((id) => !known.includes(id)), []);
  assert.deepEqual(lessons().filter(({ telling }) => telling.length < 2).map((l) => l.id), []);
});

for (const { id, steps, telling } of lessons()) {
  for (const [way, Kind] of [["keyboard", Keys], ["touch", Fingers]]) {
    test(`${id}: by ${way} alone the card leads from the guess, through all there is to try, to the next scenario`, async () => {
      const plays = PLAYS[id];
      const page = await openScenario(site, id, { ...Kind.context, prepare: hasten });
      // However it ends: a run that nobody looks at any more would go on, and take the others' time.
      try {
        const hand = new Kind(page);
        await answer(hand, telling);
        // Where the run has shown all there is to try, the way on is there at once.
        await page.locator(".todos li.now, [data-testid=next]").first().waitFor({ timeout: PATIENCE });
        if (plays) {
          assert.equal(plays.length, steps.length, `PLAYS is to say of each of the ${steps.length} steps of ${id} how it is done`);
          await tryAll(hand, plays, steps);
          await goOn(hand, id);
        }
        assertQuiet(page);
      } finally {
        await page.context().close();
      }
    });
  }
}
