/**
 * `operator fdr report` as it is shipped, over flights that the real recorder made, opened in a real
 * browser.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { run } from "../faults/programs.ts";
import { Browser, hasChromium } from "../support/chromium.ts";
import { footer, HEADER, type KnownRecord, mcapFile } from "../support/flight_record_fixture.ts";
import { HOSTILE_TEXT, recordLongFlight } from "../support/long_flight.ts";
import { fill, jpegOf, operate } from "./operator_cache_fixture.ts";
import { tileFromWgs } from "../../src/core/mod.ts";

/** The campaign flies a whole hour. */
const SECONDS = Number(Deno.env.get("GDN_REPORT_SECONDS") ?? 1200);
const BYTES_MAX = 3e6 + 5e6 * SECONDS / 3600;

async function report(folder: string, flight: string, ...args: string[]) {
  const out = `${folder}/report.html`;
  const outcome = await run("operator", ["fdr", "report", flight, "--out", out, ...args], {
    read: [folder],
    write: [folder],
  });
  const html = await Deno.readTextFile(out).catch(() => "");
  return { ...outcome, out, html, text: outcome.out + outcome.err };
}

/** As the report writes a moment: "37:48". */
function clockText(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** A page is too long to be printed. */
function has(html: string, words: RegExp): void {
  assert.ok(words.test(html), `the page lacks ${words}`);
}

/** Opens it and looks for faults; null where there is no browser. */
async function look<T>(path: string, body: (browser: Browser) => Promise<T>): Promise<T | null> {
  if (!await hasChromium()) {
    console.log("skipped in a browser: chromium is not installed");
    return null;
  }
  await using browser = await Browser.start();
  const opened = await browser.open(`file://${path}`);
  assert.deepEqual(opened.faults, []);
  for (const url of opened.requests) assert.match(url, /^(file:\/\/|data:)/);
  const { loadMs, firstPaintMs, drawnMs } = opened;
  const times = [loadMs, firstPaintMs, drawnMs].map((ms) => ms.toFixed(0)).join(" / ");
  console.log(`opened: load / first paint / all drawn ${times} ms`);
  return await body(browser);
}

Deno.test("a long flight is one small page that shows every important event, and opens quickly", () =>
  inScratch(async (folder) => {
    const flight = await recordLongFlight(`${folder}/flights`, { durationS: SECONDS });
    await Deno.writeTextFile(`${folder}/truth.csv`, flight.truthCsv);
    const startedMs = performance.now();
    const made = await report(folder, flight.folder, "--truth", `${folder}/truth.csv`);
    const seconds = ((performance.now() - startedMs) / 1e3).toFixed(1);
    assert.equal(made.code, 0, made.text);
    const { recordsWritten, recordsDroppedOverrun, bytesWritten } = flight.counters;
    console.log(
      `${recordsWritten} records, ${(bytesWritten / 1e6).toFixed(0)} MB: report of ` +
        `${(made.html.length / 1e6).toFixed(2)} MB in ${seconds} s`,
    );
    assert.ok(made.html.length < BYTES_MAX, `${made.html.length} bytes`);
    has(made.html, /The record is whole/);
    assert.ok(recordsDroppedOverrun > 0, "the burst overran its ring");
    assert.ok(made.html.includes(`${recordsDroppedOverrun} to full rings`));
    // The one wild estimate of 18,000 an hour.
    has(made.html, new RegExp(`highest: error 90\\d(\\.\\d)? m at ${clockText(flight.wildS)}`));
    has(made.html, /no usable estimate &#60; 1 %|no usable estimate < 1 %/);
    has(made.html, /silent for 4\.2 s/);
    has(made.html, /Innovations: odometry <small>1?\d,\d{3} judged, \d\d refused/);
    has(made.html, /forward: 95(\.\d)? % inside 2 sigma/);
    assert.ok(!made.html.includes(HOSTILE_TEXT));
    await look(made.out, async (browser) => {
      const seen = await browser.evaluate<Record<string, number | string | string[]>>(`({
        title: document.title,
        images: document.querySelectorAll("body img").length,
        charts: [...document.querySelectorAll("main > figure.chart")].map(({ id }) => id),
        innovations: document.querySelectorAll("details.group figure.chart .area").length,
        drawn: document.querySelectorAll(".line, .area, .dots, rect.label").length,
        rows: document.querySelectorAll("#event-rows tr").length,
      })`);
      const { title, charts, drawn, rows, images } = seen;
      assert.equal(title, "Flight report: long flight");
      assert.equal(images, 0);
      const ids = [
        "horizontal",
        "vertical",
        "height",
        "speed",
        "health",
        "fixes",
        "odometry",
        "test-ratios",
        "latency",
      ];
      assert.deepEqual(charts, ids);
      assert.equal(seen.innovations, 6, "a band for each component");
      assert.ok(Number(drawn) > 20);
      assert.equal(rows, 100);
      const found = await browser.evaluate<string[]>(`new Promise((done) => {
        const text = document.getElementById("event-text");
        text.value = "onerror matcher";
        text.dispatchEvent(new Event("input"));
        setTimeout(() => done([...document.querySelectorAll("#event-rows tr")].map((row) => row.textContent)), 300);
      })`);
      assert.equal(found.length, 1);
      assert.ok(found[0].includes(HOSTILE_TEXT), found[0]);
      const moment = await browser.evaluate<string>(`(() => {
        document.querySelector("#event-rows tr").click();
        return document.getElementById("readout").textContent;
      })()`);
      const at = `at ${clockText(SECONDS / 5)}.0 · 95 % radius`;
      assert.ok(moment.startsWith(at), moment);
      assert.match(moment, / · error .*Source label satellite anchored/);
    });
  }));

Deno.test("a flight that was cut says so first, and shows what is there", () =>
  inScratch(async (folder) => {
    const flight = await recordLongFlight(`${folder}/flights`, { durationS: 60 });
    const segment = `${flight.folder}/segment_0000.mcap`;
    const { size } = await Deno.stat(segment);
    await Deno.truncate(segment, Math.floor(size * 0.6));
    const { code, html, text } = await report(folder, flight.folder);
    assert.equal(code, 3, text);
    assert.match(text, /the record is damaged/);
    has(html, /<div class="banner bad"><p>The record is cut/);
    has(html, /segment_0000\.mcap/);
    assert.ok(!html.includes("The record is whole"));
    has(html, /<figure class="chart" id="horizontal">/);
  }));

async function known(folder: string, records: readonly KnownRecord[]): Promise<string> {
  const path = `${folder}/flight.mcap`;
  await Deno.writeFile(path, (await mcapFile({ records })).bytes);
  return path;
}

const state = (timeS: number, more: Readonly<Record<string, unknown>> = {}): KnownRecord => ({
  kind: "nav.state",
  timestampNs: Math.round(timeS * 1e9),
  payload: {
    validNs: Math.round(timeS * 1e9),
    latitudeDeg: 10,
    longitudeDeg: 20,
    heightM: 100,
    covarianceEnM2: [1, 0, 1],
    sigmaUpM: 1,
    horizontal95M: 2.4477,
    velocityEnuMps: [0, 0, 0],
    localFromBody: [1, 0, 0, 0],
    label: "satellite_anchored",
    anchorAgeS: 0,
    ...more,
  },
});

async function reportOn(
  folder: string,
  records: readonly KnownRecord[],
  ...args: string[]
): Promise<{ html: string; text: string; out: string }> {
  const made = await report(folder, await known(folder, records), ...args);
  assert.ok(made.code === 0 || made.code === 3, made.text);
  // "received undefined" is what the doctor says of a key that is absent.
  const body = made.html.slice(0, made.html.lastIndexOf("<script>"));
  const fault = /.{0,80}(NaN|(?<!received )undefined|Infinity).{0,80}/.exec(body)?.[0] ?? null;
  assert.equal(fault, null, "no number");
  return made;
}

Deno.test("flights without a position, of one record, of one moment, of wild covariance all make a page", async (t) => {
  const cases: Readonly<Record<string, readonly KnownRecord[]>> = {
    "only a header": [HEADER],
    "no position": [
      HEADER,
      { kind: "log", timestampNs: 2e9, payload: { level: "WARN", component: "x", message: "y" } },
      footer(3e9, 2),
    ],
    "one estimate": [state(4)],
    "wild covariance": [
      HEADER,
      ...Array.from(
        { length: 100 },
        (_, i) => state(i / 5, { covarianceEnM2: i === 50 ? [1e18, 0, 1e18] : [1, 0, 1] }),
      ),
      state(21, { covarianceEnM2: [null, 0, 1], latitudeDeg: null }),
      state(21.2, {
        covarianceEnM2: "x",
        sigmaUpM: {},
        label: 7,
        latencyMs: "slow",
        stageCpuMs: ["x"],
      }),
      footer(22e9, 103),
    ],
  };
  for (const [name, records] of Object.entries(cases)) {
    await t.step(name, () =>
      inScratch(async (folder) => {
        const { html } = await reportOn(folder, records);
        if (name === "wild covariance") {
          has(html, /highest: 95 % radius 2448000000 m at 0:10/);
          has(html, /2 of 102 estimates have no position or no covariance/);
        }
        if (name === "no position") has(html, /There is no map/);
      }));
  }
});

Deno.test("a flight over the antimeridian is one track over the tiles of the cache on both sides", () =>
  inScratch(async (folder) => {
    const at = (i: number) => {
      const eastDeg = 179.98 + 0.04 * i / 200;
      return {
        latitudeDeg: -17 + 0.002 * Math.sin(i / 20),
        longitudeDeg: eastDeg > 180 ? eastDeg - 360 : eastDeg,
      };
    };
    const places = Array.from({ length: 200 }, (_, i) => at(i));
    const tiles = new Map(
      places.map((place) => tileFromWgs(place, 15)).map((tile) => [`${tile.x}/${tile.y}`, tile]),
    );
    const jpeg = await jpegOf(200);
    const source = "survey";
    const dataFolder = `${folder}/data`;
    await fill(
      { dataFolder },
      [...tiles.values()].map((tile) => ({ tileId: { ...tile, source }, jpeg })),
    );
    const path = await known(folder, [
      HEADER,
      ...places.map((place, i) => state(i / 5, place)),
      footer(41e9, 201),
    ]);
    const made = await report(folder, path, "--data", dataFolder);
    assert.equal(made.code, 0, made.text);
    const { html, out } = made;
    has(html, /Track over the map tiles/);
    const lines = html.match(/<polyline class="estimate line" points="[^"]+"/g) ?? [];
    assert.equal(lines.length, 1);
    const xs = lines[0].match(/"([^"]+)"$/)![1].split(" ").map((pair) =>
      Number(pair.split(",")[0])
    );
    assert.deepEqual(xs, xs.toSorted((a, b) => a - b), "it flies east all the time");
    has(html, /<dd>4\.[23]\d km<\/dd>/);
    await look(out, async (browser) => {
      assert.equal(await browser.evaluate("document.querySelectorAll('#map image').length"), 1);
    });
  }));

Deno.test("hostile kinds, producers, names and texts are only shown as text", () =>
  inScratch(async (folder) => {
    const hostile = "</script></style></title><img src=x onerror=\"document.title='owned'\">'`${1}";
    const payload = {
      ...HEADER.payload,
      name: hostile,
      aircraft: hostile,
      strategies: { [hostile]: hostile },
    };
    const records: KnownRecord[] = [
      { ...HEADER, payload, producerId: hostile },
      { kind: hostile, timestampNs: 1e9, producerId: hostile, payload: { [hostile]: hostile } },
      { kind: "__proto__", timestampNs: 1e9, payload: { a: 1 } },
      { kind: "constructor", timestampNs: 1e9, payload: { a: 1 } },
      {
        kind: "log",
        timestampNs: 2e9,
        producerId: hostile,
        payload: { level: "ERROR", component: hostile, message: `${hostile}\u202egpj.exe\u2028` },
      },
      { kind: "vio.health", timestampNs: 2e9, payload: { state: hostile, strategy: hostile } },
      state(3, { label: hostile }),
      {
        kind: "nav.fix",
        timestampNs: 3e9,
        payload: { accepted: false, reason: hostile, sequence: 1 },
      },
      { kind: "c8.link", timestampNs: 3e9, payload: { state: hostile, adapter: hostile } },
      footer(4e9, 9, { producers: { [hostile]: { produced: hostile } } }),
    ];
    const { html, out } = await reportOn(folder, records, "--title", hostile);
    assert.equal(html.match(/<script/g)?.length, 2);
    assert.equal(html.match(/<\/script/g)?.length, 2);
    assert.ok(!html.includes("<img") && !html.includes("\u202e") && !html.includes("\u2028"));
    has(html, /script-src &#39;sha256-|script-src 'sha256-/);
    assert.ok(!/script-src[^;]*unsafe-inline/.test(html));
    await look(out, async (browser) => {
      assert.equal(await browser.evaluate("document.title"), hostile);
      assert.equal(await browser.evaluate("document.querySelectorAll('body img').length"), 0);
    });
  }));

Deno.test("endless names, thousands of kinds and a flood of long lines make no large page", () =>
  inScratch(async (folder) => {
    const long = "n".repeat(300_000);
    const records: KnownRecord[] = [
      { ...HEADER, payload: { ...HEADER.payload, name: long, aircraft: long, more: long } },
      state(0.5, { label: long }),
      ...Array.from({ length: 3000 }, (_, i) => ({
        kind: `kind.${i}`,
        producerId: `producer ${i} ${"p".repeat(200)}`,
        timestampNs: 1e9 + i,
        payload: { text: `${i} ${"é\u202e".repeat(500)}` },
      })),
      ...Array.from({ length: 20_000 }, (_, i) => ({
        kind: "log",
        timestampNs: 2e9 + i,
        payload: { level: "WARN", component: "noisy", message: `${i} ${"m".repeat(400)}` },
      })),
    ];
    const { html, text } = await reportOn(folder, records);
    assert.ok(html.length < BYTES_MAX, `${html.length} bytes`);
    assert.match(text, /23,002 records/);
    has(html, /Events <small>23,00\d\. [\d,]+ like their neighbours are put together/);
  }));

Deno.test("fdr report refuses what it cannot do by name, and leaves nothing behind", async (t) => {
  await inScratch(async (folder) => {
    const flight = await known(folder, [HEADER, state(1), footer(2e9, 2)]);
    const out = `${folder}/new.html`;
    await Deno.writeTextFile(`${folder}/taken.html`, "mine");
    await Deno.writeTextFile(`${folder}/bad.csv`, "not a truth\n");
    const empty = `${folder}/empty.mcap`;
    await Deno.writeFile(empty, new Uint8Array());
    const cases: readonly (readonly [string[], number, RegExp])[] = [
      [[flight], 64, /--out/],
      [[flight, "--out", out, "--package", "p", "--data", "d"], 64, /not both/],
      [[flight, "--out", out, "--dsn", "postgresql:///x"], 64, /--data/],
      [[`${folder}/absent`, "--out", out], 66, /no such flight/],
      [[empty, "--out", out], 1, /no record can be read/],
      [[flight, "--out", `${folder}/taken.html`], 73, /exists already/],
      [[flight, "--out", out, "--truth", `${folder}/absent.csv`], 66, /absent\.csv/],
      [[flight, "--out", out, "--truth", `${folder}/bad.csv`], 65, /line 1 must be/],
      [[flight, "--out", out, "--data", `${folder}/nowhere`], 66, /no tile cache/],
      [[flight, "--out", out, "--package", `${folder}/nowhere`], 66, /no such folder/],
    ];
    for (const [args, code, words] of cases) {
      await t.step(words.source, async () => {
        const outcome = await operate(["fdr", "report", ...args]);
        assert.equal(outcome.code, code, outcome.err);
        assert.match(outcome.err, words);
      });
    }
    assert.equal(await Deno.readTextFile(`${folder}/taken.html`), "mine");
    const left = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(left, ["bad.csv", "empty.mcap", "flight.mcap", "taken.html"]);
  });
});
