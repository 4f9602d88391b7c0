// A page that cannot start says why in words, and an embed with nothing but scripts allowed starts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertQuiet, PREFIX, start, visible } from "./harness.mjs";

const EMBED = `<!doctype html><title>a page that embeds</title><link rel="icon" href="data:,">
<iframe title="embed" sandbox="allow-scripts" width="900" height="600" src="${PREFIX}?embed=1#/s/raft-election"></iframe>`;

let site;
before(async () => {
  site = await start({ extra: { "/embedding": EMBED } });
});
after(() => site?.close());

// Opens the page after `prepare`, and returns what its error says. The complaints are the point here.
async function refusal(prepare, context = {}) {
  const page = await site.open("#/", { prepare, ...context });
  const text = await (await visible(page, "error")).innerText();
  await dismiss(page);
  return text;
}

// Ends a page whose complaints were provoked.
async function dismiss(page) {
  await page.context().close();
  page.complaints = [];
}

test("without WebAssembly the page says so", async () => {
  const text = await refusal((page) => page.addInitScript(() => delete globalThis.WebAssembly));
  assert.match(text, /no WebAssembly/);
});

test("where a policy blocks WebAssembly the page names the policy", async () => {
  const text = await refusal((page) =>
    page.route(/\/(\?.*)?$/, async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace("'wasm-unsafe-eval'", "");
      await route.fulfill({ response, body });
    }),
  );
  assert.match(text, /security policy/);
});

test("where a script is missing the page names it", async () => {
  const text = await refusal((page) => page.route(/faultline\.js/, (route) => route.fulfill({ status: 404 })));
  assert.match(text, /faultline\.js.* missing/);
});

test("where the program is missing the page names it", async () => {
  const text = await refusal((page) => page.route(/faultline_bg\.wasm/, (route) => route.fulfill({ status: 404 })));
  assert.match(text, /faultline_bg\.wasm.* missing/);
});

test("a program of another version is told from a missing one", async () => {
  const text = await refusal((page) =>
    page.route(/faultline_bg\.wasm/, (route) =>
      route.fulfill({ contentType: "application/wasm", body: Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]) }),
    ),
  );
  assert.match(text, /faultline_bg\.wasm.* is not the one of this page's own version/);
});

test("a script of another version is told, too", async () => {
  const text = await refusal((page) =>
    page.route(/faultline\.js/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${await response.text()}\n// changed` });
    }),
  );
  assert.match(text, /faultline\.js.* is not the one of this page's own version/);
});

test("no text becomes markup or code: the browser demands trusted types, and the page's own scripts alone are", async () => {
  const page = await site.open("#/s/raft-election");
  await visible(page, "node-0");
  const refused = await page.evaluate(() => {
    const home = document.getElementById("boot-module").href.replace(/faultline\.js.*/, "");
    const script = () => document.createElement("script");
    const tries = {
      markup: () => (document.createElement("p").innerHTML = "<b>x</b>"),
      beside: () => document.body.insertAdjacentHTML("beforeend", "<b>x</b>"),
      frame: () => (document.createElement("iframe").srcdoc = "<b>x</b>"),
      code: () => (script().textContent = "alert(1)"),
      stranger: () => (script().src = "https://example.org/worker.js"),
      elsewhere: () => (script().src = `${home}deeper/worker.js`),
      worker: () => new Worker("data:text/javascript,0"),
      policy: () => trustedTypes.createPolicy("mine", {}),
      again: () => trustedTypes.createPolicy("default", {}),
      own: () => (script().src = `${home}embedded.js`),
    };
    const fails = (act) => {
      try {
        act();
        return false;
      } catch (error) {
        return /TypeError|EvalError/.test(error.name);
      }
    };
    return Object.fromEntries(Object.entries(tries).map(([name, act]) => [name, fails(act)]));
  });
  const { own, ...others } = refused;
  assert.equal(own, false, "a script of the page's own");
  assert.deepEqual(Object.keys(others).filter((name) => !others[name]), [], "let through");
  await dismiss(page);
});

test("where even boot.js is missing the page says so after a while", async () => {
  const page = await site.open("#/", { prepare: (page) => page.route(/boot\.js/, (route) => route.fulfill({ status: 404 })) });
  await page.getByText(/could not be loaded/).waitFor({ state: "visible", timeout: 15_000 });
  await dismiss(page);
});

test("without JavaScript the page says what it needs", async () => {
  const page = await site.open("#/", { javaScriptEnabled: false });
  assert.match(await page.locator("noscript").innerText(), /needs JavaScript/);
  // The browser reports the script that it did not load as blocked.
  await dismiss(page);
});

test("an embed that may only run scripts starts, quietly", async () => {
  const page = await site.open("/embedding");
  const frame = page.frameLocator("iframe");
  await frame.getByTestId("stage").waitFor({ state: "visible", timeout: 15_000 });
  assertQuiet(page);
});
