// The page as one file, and as one classic script in a frame that may load no module.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";
import { assertAccessible, start, visible } from "./harness.mjs";
import { ask, openTab } from "./hands.mjs";
import { serve } from "./serve.mjs";
import { hashes } from "./tool.mjs";

const ROOT = new URL("../../", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "faultline-"));
const file = join(folder, "faultline.html");
let site;
before(async () => {
  execFileSync("node", ["tools/single.mjs", "dist", file], { cwd: ROOT });
  site = await start();
});
after(async () => {
  await site?.close();
  rmSync(folder, { recursive: true });
});

for (const scenario of ["raft-election", "two-generals"]) {
  test(`one file asks for nothing, and runs ${scenario} as the tool does`, async () => {
    const page = await site.browser.newPage();
    const asked = [];
    const thrown = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("pageerror", (error) => thrown.push(error.message));
    page.on("console", (message) => message.type() === "error" && thrown.push(message.text()));
    await page.goto(`${pathToFileURL(file)}#/s/${scenario}`);
    await visible(page, "node-0");
    await ask(page, "load", { scenario, seed: 3 });
    await ask(page, "seek", 900_000);
    const [want] = hashes([{ scenario, seed: 3 }], 900);
    assert.equal(await ask(page, "hash"), want);
    await assertAccessible(page, "the single file");
    // Edited, wound back and forward again, it is the tool's run of these edits.
    const { edits } = await ask(page, "edit", { do: "crash", node: 0 });
    assert.equal(edits.length, 1);
    await ask(page, "seek", 400_000);
    await ask(page, "seek", 1_500_000);
    const [edited, plain] = hashes([{ scenario, seed: 3, edits }, { scenario, seed: 3 }], 1_500);
    assert.notEqual(edited, plain);
    assert.equal(await ask(page, "hash"), edited);
    const beyond = asked.filter((url) => !url.startsWith(`${pathToFileURL(file)}`) && !/^(data|blob):/.test(url));
    assert.deepEqual(beyond, []);
    assert.deepEqual(thrown, []);
    await page.close();
  });
}

test("in the file a measure runs, without a worker", async () => {
  const page = await site.browser.newPage();
  await page.goto(`${pathToFileURL(file)}#/s/two-generals`);
  await visible(page, "node-0");
  await openTab(page, "Measures");
  await visible(page, "measures");
  await page.getByTestId("measure").click();
  await page.getByText("The command-line tool prints the same:").waitFor();
  await page.close();
});

test("a sandboxed frame of a host without CORS runs", async () => {
  const host = await serve(join(ROOT, "dist"), {
    cors: false,
    extra: { "/host": '<iframe sandbox="allow-scripts" width="800" height="600" src="./?embed=1#/s/raft-election"></iframe>' },
  });
  const page = await site.browser.newPage();
  await page.goto(`${host.base}host`);
  const frame = page.frames()[1];
  await frame.getByTestId("node-0").waitFor();
  await ask(frame, "load", { scenario: "raft-election", seed: 3 });
  await ask(frame, "seek", 900_000);
  assert.equal(await ask(frame, "hash"), hashes([{ scenario: "raft-election", seed: 3 }], 900)[0]);
  await page.close();
  await host.close();
});
