import { start, SIZES, visible, hook, assertAccessible, scenarioRoutes } from "./harness.mjs";
const dist = process.argv[2];
const site = await start({ dist });
const out = [];
const say = (...a) => console.log(...a);
let page = await site.open("#/s/raft-election");
const fl = (code) => page.evaluate(code);
try {
  try { await assertAccessible(page); say("axe main ok"); } catch (e) { say("AXE main", e.message.slice(0, 900)); }
  await hook(page, "play").click(); await page.waitForTimeout(1200);
  await hook(page, "pause").click();
  await page.locator("#tab-Link").click(); let st = await fl("faultline.state()"); say("played to", st.time_us, st.events, st.playing, JSON.stringify(st.nodes[0]).slice(0, 300));
  await fl("faultline.seek(1000000)");
  st = await fl("faultline.state()"); const leader = st.nodes.find((n) => n.role === "leader");
  say("leader", leader?.name, await fl("faultline.hash()"));
  for (const tab of ["Link", "Node", "Timing", "Checks", "Log", "Text"]) {
    await page.locator(`#tab-${tab}`).click(); await page.waitForTimeout(80);
    try { await assertAccessible(page); say("axe", tab, "ok"); } catch (e) { say("AXE", tab, e.message.slice(0, 600)); }
  }
  await page.locator("#tab-Link").click(); await hook(page, `node-${leader.id}`).first().click(); await page.waitForTimeout(200);
  await page.screenshot({ path: "/tmp/shot/node.png" });
  await page.locator('[data-testid=panel-node] >> text=Crash').first().click();
  await fl("faultline.seek(2500000)");
  st = await fl("faultline.state()"); say("after crash", st.nodes.map((n) => n.name + ":" + n.role + ":" + n.status).join(" "), "edits", st.edits.length);
  await fl("faultline.back(1)"); await fl("faultline.fork()");
  say("link", await fl("faultline.link()"), page.url());
  say("bad load", JSON.stringify(await fl("faultline.load({scenario:'nope'})")), "bad edit", JSON.stringify(await fl("faultline.edit({do:'crash',node:99})")), "worse", JSON.stringify(await fl("faultline.edit({do:'explode'})")));
  say("error:", await hook(page, "error").first().textContent());
  await page.screenshot({ path: "/tmp/shot/error.png" });
  for (const [d, sel] of [["help", "help"], ["share", "share"], ["embed", "embed"]]) {
    await hook(page, sel).click(); await page.waitForTimeout(150);
    try { await assertAccessible(page); say("axe dialog", d, "ok"); } catch (e) { say("AXE", d, e.message.slice(0, 500)); }
    await page.screenshot({ path: `/tmp/shot/dialog-${d}.png` });
    await page.keyboard.press("Escape"); await page.waitForTimeout(100);
  }
  await page.keyboard.press("p"); await page.waitForTimeout(150);
  await page.screenshot({ path: "/tmp/shot/dialog-separate.png" });
  await page.locator("dialog button:has-text('S1')").click(); await hook(page, "separate").click(); await page.waitForTimeout(150);
  st = await fl("faultline.state()"); say("edits", JSON.stringify(st.edits));
  await page.locator("#tab-Checks").click(); await page.screenshot({ path: "/tmp/shot/checks.png" });
  await page.locator("#tab-Log").click(); await page.waitForTimeout(100); await page.screenshot({ path: "/tmp/shot/log.png" });
  await page.locator("#tab-Text").click(); await page.waitForTimeout(100); await page.screenshot({ path: "/tmp/shot/text.png" });
  const url = page.url(); const h = await fl("faultline.hash()");
  await page.reload(); await page.waitForTimeout(600); say("reload same", h === (await fl("faultline.hash()")), url.length);
  say("complaints", page.complaints.join(" | ")); page.complaints = [];
  for (const r of await scenarioRoutes(await site.open("#/"))) {
    page = await site.open(r); await fl("faultline.step(80)"); await page.waitForTimeout(150);
    let bad = ""; try { await assertAccessible(page); } catch (e) { bad = e.message.slice(0, 300); }
    const staged = await page.locator("[data-testid^=stage-]").count();
    say(r, page.complaints.join("|"), bad, "staged", staged, (await hook(page, "error").count()) ? await hook(page, "error").first().textContent() : ""); page.complaints = [];
    await page.screenshot({ path: `/tmp/shot/sc-${r.replace(/\W+/g, "_")}.png` });
    await page.context().close();
  }
} catch (e) { say("FAILED", e.message.slice(0, 800)); await page.screenshot({ path: "/tmp/shot/fail.png" }); page.complaints = []; }
await site.close().catch((e) => say(String(e).slice(0, 300)));
