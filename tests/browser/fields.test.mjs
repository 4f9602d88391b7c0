// Fields in which something is typed: what a hand types stays until it is taken or let go of, whatever the
// page draws meanwhile, and taking it does nothing else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, hook, start, visible } from "./harness.mjs";
import { ask, openScenario } from "./hands.mjs";

let site;
before(async () => {
  site = await start();
});
after(() => site?.close());

test("Enter in the name of a future takes the name, and shows no other future", async () => {
  const page = await openScenario(site, "raft-election");
  await ask(page, "seek", 500_000);
  await hook(page, "fork").click();
  await visible(page, "futures");
  assert.equal((await ask(page, "state")).future, 1);
  await hook(page, "rename-0").click();
  await page.keyboard.type("as it was");
  await page.keyboard.press("Enter");
  await page.getByTestId("future-0").getByText("as it was").waitFor();
  assert.equal((await ask(page, "state")).future, 1, "Enter has pressed the future's button, too");
  assertQuiet(page);
  await page.context().close();
});
