import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { filesBelow, launch, type Outcome, run } from "../faults/programs.ts";
import { PYTHON, python } from "../support/python.ts";
import { recordFlight } from "../support/recorded_flight.ts";

/** `operator fdr …` under its permission set, with the flight to read and the output to write. */
function fdr(args: readonly string[], scratch: string): Promise<Outcome> {
  return run("operator", ["fdr", ...args], { write: [scratch] });
}

Deno.test("operator fdr on a flight that rolled over its cap: all is reported, and no damage is found", async () => {
  await inScratch(async (scratch) => {
    const root = `${scratch}/flights`;
    const cap = { segmentSizeBytes: 128 * 1024, flightCapBytes: 1024 * 1024 };
    const flight = await recordFlight(root, { estimates: 2000, ...cap });
    const { recordsDroppedCap, recordsWritten } = flight.counters;
    assert.ok(recordsDroppedCap > 0);
    const doctor = await fdr(["doctor", flight.folder], scratch);
    assert.equal(doctor.code, 0, doctor.out + doctor.err);
    assert.match(doctor.out, /: complete$/m);

    const info = await fdr(["info", flight.folder, "--json"], scratch);
    assert.equal(info.code, 0);
    const found = JSON.parse(info.out);
    assert.equal(found.records, recordsWritten - recordsDroppedCap + 1);
    assert.equal(found.cleanShutdown, true);
    assert.ok(found.droppedSegments.length > 0);
    assert.equal(found.footer.recordsDroppedCap, recordsDroppedCap);
    const state = found.kinds.find(({ kind }: { kind: string }) => kind === "nav.state");
    assert.ok(Math.abs(state.medianNs - 1e8) < 1, `${state.medianNs}`);
    assert.match((await fdr(["info", flight.folder], scratch)).out, /to segments over the cap/);
  });
});

Deno.test("operator fdr info, cat, doctor and recover on a whole and on a cut flight", async () => {
  await inScratch(async (scratch) => {
    const flight = await recordFlight(`${scratch}/flights`, { estimates: 300 });
    const before = await filesBelow(flight.folder);
    const info = await fdr(["info", flight.folder], scratch);
    assert.equal(info.code, 0, info.err);
    assert.match(info.out, /^duration +36 s$/m);
    assert.match(info.out, /^shutdown +clean$/m);
    assert.match(info.out, /^nav\.state +301 +8\.3\d? +\S+ kB +0\.1 s +1$/m);
    assert.match(info.out, /nav\.state: 6\.1 s, 15\.1 s after the start/);

    const cat = await fdr(
      ["cat", flight.folder, "--kind", "nav.fix", "--from", "10", "--to", "2026-01-01T00:00:12Z"],
      scratch,
    );
    assert.equal(cat.code, 0, cat.err);
    const lines = cat.out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(lines.map(({ timestampNs }) => timestampNs / 1e9), [10.1, 11.1]);

    const last = before.findLast((name) => /segment/.test(name))?.split(" ")[0];
    await Deno.truncate(`${flight.folder}/${last}`, 5000);
    const cut = await filesBelow(flight.folder);
    const limited = await fdr(["cat", flight.folder, "--limit", "3"], scratch);
    assert.equal(limited.code, 0, "the cut lies behind what was asked for");
    assert.equal(limited.out.trimEnd().split("\n").length, 3);
    const doctor = await fdr(["doctor", flight.folder], scratch);
    assert.equal(doctor.code, 3);
    assert.match(doctor.out, new RegExp(`^${last} at byte \\d+ \\(chunk\\): the file ends`, "m"));
    assert.match(doctor.out, /it has no footer/);
    const recover = await fdr(["recover", flight.folder, "--out", `${scratch}/salvaged`], scratch);
    assert.equal(recover.code, 3, recover.err);
    assert.deepEqual(await filesBelow(flight.folder), cut, "the original is as it was");
    const again = await fdr(["recover", flight.folder, "--out", `${scratch}/salvaged`], scratch);
    assert.equal(again.code, 73);
    assert.match(again.err, /exists already/);
    assert.deepEqual((await filesBelow(scratch)).filter((name) => name.includes(".tmp")), []);
  });
});

Deno.test("operator fdr names what cannot be read, and leaves nothing behind", async () => {
  await inScratch(async (scratch) => {
    const zeros = `${scratch}/zeros.mcap`;
    await Deno.writeFile(zeros, new Uint8Array(1024 * 1024));
    await Deno.writeTextFile(`${scratch}/notes.mcap`, "not an MCAP file at all\n");
    await Deno.writeFile(`${scratch}/empty.mcap`, new Uint8Array(0));
    await Deno.mkdir(`${scratch}/folder`);
    const cases: [string[], number, RegExp][] = [
      [["doctor", zeros], 1, /\(\): only zeros|only zeros from here/],
      [["recover", zeros, "--out", `${scratch}/out`], 1, /no record can be read/],
      [["doctor", `${scratch}/notes.mcap`], 1, /not MCAP's magic/],
      [["doctor", `${scratch}/empty.mcap`], 1, /the file is empty/],
      [["info", `${scratch}/folder`], 1, /holds no segment_NNNN\.mcap/],
      [["cat", `${scratch}/absent`], 66, /no such flight/],
      [["cat", zeros, "--from", "yesterday"], 64, /--from must be seconds/],
      [
        ["export", zeros, "--format", "xml", "--out", `${scratch}/out`],
        64,
        /csv, geojson, gpx or flight/,
      ],
      [["export", zeros, "--format", "gpx", "--out", `${scratch}/out`], 1, /no record can be read/],
    ];
    const before = await filesBelow(scratch);
    for (const [args, code, text] of cases) {
      const outcome = await fdr(args, scratch);
      assert.equal(outcome.code, code, `${args.join(" ")}: ${outcome.out}${outcome.err}`);
      assert.match(outcome.out + outcome.err, text);
    }
    assert.deepEqual(await filesBelow(scratch), before);
  });
});

Deno.test("operator fdr cat ends quietly when its reader closes the pipe", async () => {
  await inScratch(async (scratch) => {
    const flight = await recordFlight(`${scratch}/flights`, { estimates: 1500 });
    const { command, args } = operatorCommand(["fdr", "cat", flight.folder], { write: [scratch] });
    const child = new Deno.Command(command, { args, stdout: "piped", stderr: "piped" }).spawn();
    const reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const error = await new Response(child.stderr).text();
    assert.equal((await child.status).code, 141);
    assert.equal(error, "");
  });
});

const READ_EXPORTS = `
import csv, json, sys, xml.etree.ElementTree as xml
folder, geojson, gpx = sys.argv[1:]
rows = list(csv.DictReader(open(folder + "/nav.state.csv", newline="")))
imu = list(csv.DictReader(open(folder + "/sensor.imu.csv", newline="")))
logs = list(csv.DictReader(open(folder + "/log.csv", newline="")))
points = [(p.attrib, [c.tag for c in p], p[-1].text) for p in xml.parse(gpx).getroot().iter("{http://www.topografix.com/GPX/1/1}trkpt")]
print(json.dumps({"rows": rows, "imu": len(imu), "log": logs[0], "points": points, "geo": json.load(open(geojson))}))
`;

Deno.test({
  name: "operator fdr export: Python's csv, json and XML readers find the flight",
  ignore: PYTHON === undefined,
  fn: () =>
    inScratch(async (scratch) => {
      const flight = await recordFlight(`${scratch}/flights`, { estimates: 300 });
      const [tables, geojson, gpx] = ["tables", "a.geojson", "a.gpx"].map((n) => `${scratch}/${n}`);
      for (const [format, out] of [["csv", tables], ["geojson", geojson], ["gpx", gpx]]) {
        const args = ["fdr", "export", flight.folder, "--format", format, "--out", out];
        const outcome = await launch("operator", [...args, "--quiet"], scratch);
        assert.equal(outcome.code, 0, outcome.err);
      }
      const read = JSON.parse(await python(["-c", READ_EXPORTS, tables, geojson, gpx]));
      assert.equal(read.rows.length, flight.enqueued.get("nav.state"));
      const [row] = read.rows.slice(-1);
      assert.equal(Number(row.latitudeDeg), 48 + 299e-5);
      assert.equal(Number(row["velocityEnuMps.north"]), -3.25);
      assert.equal(Number(row["covarianceEnM2.eastNorth"]), -0.5);
      assert.equal(row.producerId, "state_estimator");
      assert.equal(read.imu, 50, "a row for each sample");
      assert.equal(read.points.length, flight.enqueued.get("nav.state"));
      const [attributes, tags, time] = read.points.at(-1);
      assert.deepEqual(attributes, { lat: "48.00299", lon: "11.00598" });
      assert.deepEqual(tags.map((tag: string) => tag.replace(/.*}/, "")), ["ele", "time"]);
      assert.equal(time, "2026-01-01T00:00:36.000Z");
      assertGeoJson(read.geo, flight.enqueued);
    }),
});

interface Feature {
  readonly type: string;
  readonly geometry: { readonly type: string; readonly coordinates: number[][][] };
  readonly properties: Readonly<Record<string, unknown>>;
}

function assertGeoJson(
  geo: { readonly type: string; readonly features: readonly Feature[] },
  enqueued: ReadonlyMap<string, number>,
): void {
  assert.equal(geo.type, "FeatureCollection");
  const tracks = geo.features.filter(({ geometry }) => geometry.type === "MultiLineString");
  assert.deepEqual(tracks.map(({ properties }) => properties.kind), ["nav.state", "sensor.gps"]);
  assert.equal(tracks[0].geometry.coordinates.flat().length, enqueued.get("nav.state"));
  const fixes = geo.features.filter(({ properties }) => properties.kind === "nav.fix");
  assert.equal(fixes.length, enqueued.get("nav.fix"));
  assert.deepEqual((fixes[0].properties.positionCovarianceEnuM2 as number[]).length, 9);
  const states = geo.features.filter(({ properties, geometry }) =>
    properties.kind === "nav.state" && geometry.type === "Point"
  );
  assert.ok(states.length > 25 && states.length < 40);
  assert.deepEqual(states[0].properties.covarianceEnM2, [4.25, -0.5, 3.75]);
}
