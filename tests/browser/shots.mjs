// Screenshots of every screen for a person to look at: ./dev shots writes them to shots/.
//
// Arguments choose routes ("#/" "#/s/raft-election"); without any it takes the gallery and every
// scenario that the gallery links to. A scenario is shown after some steps, or it would be a still life.

import { mkdirSync } from "node:fs";
import { hook, scenarioRoutes, SIZES, start, visible } from "./harness.mjs";

const FOLDER = "shots";
const STEPS = 60;

function fileName(route, size, scheme) {
  const screen = route.replace(/^#\/(s\/)?/, "").replace(/[^A-Za-z0-9-]+/g, "_") || "gallery";
  return `${FOLDER}/${screen}-${size}-${scheme}.png`;
}

async function shoot(site, route, size, scheme) {
  const page = await site.open(route, { viewport: SIZES[size], colorScheme: scheme });
  await visible(page, route === "#/" ? "gallery" : "stage");
  if (route !== "#/") {
    await page.evaluate((n) => globalThis.faultline.step(n), STEPS);
    await hook(page, "stage").first().scrollIntoViewIfNeeded();
  }
  await page.waitForTimeout(400);
  const path = fileName(route, size, scheme);
  await page.screenshot({ path, fullPage: size === "phone" || size === "narrow" });
  const { width, height } = SIZES[size];
  console.log(`${path.padEnd(52)} ${width}x${height}${page.complaints.length ? `  ${page.complaints.join("; ")}` : ""}`);
  const quiet = page.complaints.length === 0;
  page.complaints = [];
  await page.context().close();
  return quiet;
}

const site = await start();
mkdirSync(FOLDER, { recursive: true });
let routes = process.argv.slice(2);
if (routes.length === 0) routes = ["#/", ...(await scenarioRoutes(await site.open("#/")))];
let quiet = true;
for (const [index, route] of routes.entries()) {
  for (const size of Object.keys(SIZES)) {
    // The narrowest is WCAG's reflow width; the gallery and one scenario stand for all.
    if (size === "narrow" && index > 1) continue;
    for (const scheme of ["light", "dark"]) quiet = (await shoot(site, route, size, scheme)) && quiet;
  }
}
await site.close();
if (!quiet) {
  console.error("a page complained while it was photographed: see the lines above");
  process.exitCode = 1;
}
