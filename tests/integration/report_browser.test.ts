import assert from "node:assert/strict";
import { reportPage } from "../../src/flight_report/mod.ts";
import { fixtureReport } from "./report_fixture.ts";

const CHROMIUM = "chromium";
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  "--enable-logging=stderr",
];

async function hasChromium(): Promise<boolean> {
  try {
    return (await new Deno.Command(CHROMIUM, { args: ["--version"], stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

Deno.test("reportPage() opens in a browser without a script error, and its charts hold points", async () => {
  if (!await hasChromium()) {
    console.log("skipped: chromium is not installed");
    return;
  }
  const folder = await Deno.makeTempDir({ prefix: "gdn-report-" });
  try {
    const report = await fixtureReport(300);
    await Deno.writeTextFile(`${folder}/report.html`, reportPage(report));
    const { stdout, stderr } = await new Deno.Command(CHROMIUM, {
      args: [
        ...FLAGS,
        `--user-data-dir=${folder}/profile`,
        "--dump-dom",
        `file://${folder}/report.html`,
      ],
    }).output();
    const page = new TextDecoder().decode(stdout);
    const log = new TextDecoder().decode(stderr);
    // The script marks the page at its very end.
    assert.match(page, /<html lang="en" data-ready="300">/);
    assert.ok(!/Uncaught|CONSOLE.*[Ee]rror|Refused to/.test(log), log);
    const errorLine = page.match(/<polyline class="line error" points="([^"]+)"/)?.[1] ?? "";
    assert.equal(errorLine.split(" ").length, 300);
    assert.ok(!page.includes("NaN") && !page.includes("undefined"));
    assert.match(page, /class="dots latency" data-points="300"/);
    const fixes = Number(page.match(/class="fix dots" data-points="(\d+)"/)?.[1]);
    assert.ok(fixes > 100, `${fixes} fixes`);
    assert.ok((page.match(/<rect class="label /g) ?? []).length >= 3);
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
