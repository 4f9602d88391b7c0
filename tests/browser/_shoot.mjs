import { start, SIZES, visible } from "./harness.mjs";
const [dist, out, ...routes] = process.argv.slice(2);
const site = await start({ dist });
for (const r of routes) for (const spec of (process.env.SIZES||"desktop:light").split(",")) {
  const [size, scheme] = spec.split(":");
  const page = await site.open(r, { viewport: SIZES[size], colorScheme: scheme });
  await page.waitForTimeout(300);
  if (process.env.EVAL) await page.evaluate(process.env.EVAL);
  if (process.env.CLICK) for (const c of process.env.CLICK.split(";")) { await page.locator(c).first().click(); await page.waitForTimeout(150); }
  await page.waitForTimeout(300);
  const name = `${out}/${r.replace(/[^a-z0-9]+/gi,"_")}${process.env.TAG||""}-${size}-${scheme}.png`;
  await page.screenshot({ path: name, fullPage: size==="phone"||size==="narrow" });
  console.log(name, page.complaints.join(" | "), await page.evaluate(()=>document.documentElement.scrollWidth));
  page.complaints = [];
}
await site.close();
