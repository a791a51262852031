import assert from "node:assert/strict";
import { reportPage } from "../../src/workstation/flight_report/mod.ts";
import { Browser, hasChromium } from "../support/chromium.ts";
import { fixtureReport } from "./report_fixture.ts";

Deno.test("reportPage() opens in a browser without a script error, and its charts hold points", async () => {
  if (!await hasChromium()) {
    console.log("skipped: chromium is not installed");
    return;
  }
  const folder = await Deno.makeTempDir({ prefix: "gdn-report-" });
  try {
    await Deno.writeTextFile(`${folder}/report.html`, reportPage(await fixtureReport(300)));
    await using browser = await Browser.start();
    const opened = await browser.open(`file://${folder}/report.html`);
    assert.deepEqual(opened.faults, []);
    const page = await browser.evaluate<string>("document.documentElement.outerHTML");
    // The script marks the page at its very end: values of error, radius,
    // latency, heights and speeds; the true speed needs half a second on both sides.
    assert.match(page, /<html lang="en" data-ready="2097">/);
    const errorLine = page.match(/<polyline class="line error" points="([^"]+)"/)?.[1] ?? "";
    assert.equal(errorLine.split(" ").length, 300);
    assert.ok(!page.includes("NaN") && !page.includes("undefined"));
    assert.match(page, /class="dots latency" data-points="300"/);
    const fixes = Number(page.match(/class="fix dots" data-points="(\d+)"/)?.[1]);
    assert.ok(fixes > 100, `${fixes} fixes`);
    assert.ok((page.match(/<rect class="label /g) ?? []).length >= 3);
    for (const id of ["height", "speed"]) assert.ok(page.includes(`id="${id}"`), id);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("reportPage() holds no address of another place, and escapes what it shows", async () => {
  const page = reportPage(await fixtureReport(30));
  assert.ok(!/https?:\/\//.test(page.replaceAll("http://www.w3.org/2000/svg", "")));
  assert.ok(!page.includes("Demo <flight>"));
  assert.match(page, /Demo &#60;flight&#62; &#38; friends/);
});
