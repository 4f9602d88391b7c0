// A teacher writes a lesson in the page, checks it, opens it, and hands on its link; a student opens that, where nobody has the file.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertAccessible, assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, drawn, errorOf, leaderOf, openScenario, settled, until } from "./hands.mjs";
import { hashOfLink } from "./tool.mjs";

const LESSON = `+++
id = "beside-the-page"
title = "A lesson beside the page"
summary = "It lies on the host."
protocol = "raft"
seed = 11
+++

It lies on *the host*.
`;

let site;
before(async () => {
  const notes = { "/some/path/notes/one.md": LESSON, "/some/path/notes/html.md": LESSON.replace("It lies on *", "<script>alert(1)</script> It lies on *") };
  site = await start({ extra: notes });
});
after(() => site?.close());

const text = (page) => hook(page, "lesson-text");

async function openEditor(page) {
  await hook(page, "files").first().click();
  await page.getByRole("button", { name: "Write a lesson" }).click();
  await visible(page, "lesson-text");
}

async function flaws(page) {
  await page.getByRole("button", { name: "Check it" }).click();
  const told = hook(page, "lesson-flaws");
  await told.filter({ hasText: /It keeps its word|line \d+/ }).waitFor();
  return told.innerText();
}

// A run whose leader was crashed, and that has another one since.
async function crashed(page) {
  let state = await ask(page, "seek", 1_000_000);
  await ask(page, "edit", { do: "crash", node: state.nodes.indexOf(leaderOf(state)) });
  state = await ask(page, "seek", 3_000_000);
  assert.ok(leaderOf(state), "there is a leader again");
}

test("what was done by hand becomes a lesson, which is checked, opened and handed on by a link", async () => {
  const page = await openScenario(site, "raft-election", { options: "?seed=7" });
  await crashed(page);
  await openEditor(page);
  await assertAccessible(page, "the editor");
  const picks = hook(page, "lesson-picks");
  await picks.getByLabel(/^done: crash/).check();
  await page.getByRole("button", { name: "Add what I did" }).click();
  await page.getByRole("button", { name: "Add a step" }).click();
  await picks.getByLabel("somebody is: leader").check();
  await page.getByRole("button", { name: "Add a question" }).click();
  assert.match(await flaws(page), /It keeps its word/);
  const written = await text(page).inputValue();
  await text(page).fill(written.replace("A lesson of my own", "Whom do they follow?"));
  await page.getByRole("button", { name: "Open it" }).click();
  await until(page, "the lesson is on screen", (s) => s.scenario === "my-raft-election");
  assert.equal(await hook(page, "dialog").count(), 0);
  await page.getByRole("heading", { name: "Whom do they follow?" }).first().waitFor();
  await ask(page, "seek", 500_000);
  const link = await ask(page, "link");
  const mine = { hash: await ask(page, "hash"), ...(({ scenario, seed, time_us }) => ({ scenario, seed, time_us }))(await ask(page, "state")) };
  const other = await site.open(link.slice(site.base.length));
  await drawn(other);
  const theirs = await until(other, "the moment of the link", (s) => s.time_us >= mine.time_us);
  assert.deepEqual({ hash: await ask(other, "hash"), scenario: theirs.scenario, seed: theirs.seed, time_us: theirs.time_us }, mine);
  await other.getByRole("heading", { name: "Whom do they follow?" }).first().waitFor();
  assert.equal(hashOfLink(link), mine.hash, "the tool opens it, too");
  await other.reload();
  await drawn(other);
  assert.equal(await ask(other, "hash"), mine.hash, "a reload keeps the lesson");
  for (const p of [page, other]) {
    assertQuiet(p);
    await p.context().close();
  }
});

test("a flaw is told by its line, a mistake by what would be accepted, and neither takes the run or the text away", async () => {
  const page = await openScenario(site, "two-generals");
  const hash = await ask(page, "hash");
  await openEditor(page);
  const begun = await text(page).inputValue();
  const never = `[[step]]\ntext = "Wait."\nhow = "For ever."\ndone = { time_ms = 9000000 }\nshown_by = {}\nnot_by = [{ why = "nothing" }]\n`;
  await text(page).fill(begun.replace(/\n\+\+\+\n/, `\n${never}+++\n`));
  assert.match(await flaws(page), /line \d+, step\[0\]/);
  await text(page).fill(begun.replace('protocol = "two-generals"', 'protocol = "two-colonels"'));
  assert.match(await flaws(page), /line \d+.*two-colonels/s);
  await page.getByRole("button", { name: "Open it" }).click();
  assert.match(await (await visible(page, "lesson-error")).innerText(), /two-colonels/);
  const kept = await text(page).inputValue();
  await page.keyboard.press("Escape");
  assert.equal(await ask(page, "hash"), hash);
  await page.reload();
  await drawn(page);
  await openEditor(page);
  assert.equal(await text(page).inputValue(), kept, "the text outlives the page");
  await page.getByRole("button", { name: "Begin anew from this run" }).click();
  await settled(page);
  assert.equal(await text(page).inputValue(), begun);
  await page.getByRole("button", { name: "Take that back" }).click();
  await settled(page);
  assert.equal(await text(page).inputValue(), kept, "a slip costs no text");
  assertQuiet(page);
  await page.context().close();
});

test("a lesson that lies beside the page opens by its address, and what is not there is said", async () => {
  const page = await site.open("?lesson=notes/one.md#/");
  await drawn(page);
  const state = await until(page, "the lesson", (s) => s.scenario === "beside-the-page");
  assert.equal(state.seed, 11);
  await page.getByText("It lies on the host.").locator("visible=true").first().waitFor();
  assertQuiet(page);
  await page.context().close();
  const none = await site.open("?lesson=notes/none.md#/s/raft-election");
  await drawn(none);
  await until(none, "it is said", (s) => s.error !== null);
  assert.match(await errorOf(none), /notes\/none\.md could not be had: the host answers 404/);
  none.complaints.length = 0;
  const html = await site.open("?lesson=notes/html.md#/s/raft-election");
  await drawn(html);
  await until(html, "it is said", (s) => s.error !== null);
  assert.match(await errorOf(html), /line 9: HTML is not taken/);
  assert.equal((await ask(html, "state")).scenario, "raft-election", "the run stays");
  assertQuiet(html);
  await html.context().close();
  await none.context().close();
});
