/** `airborne replay` on flights that are damaged: each fault, from the shipped entry point. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import type { StreamFile } from "../../src/flight/replay/mod.ts";
import { type IReadable, McapIndexedReader } from "@mcap/core";
import { worldForFile } from "./fixture.ts";
import { copyFolder, type FaultCase, filesBelow, forEachCase, run } from "./programs.ts";

const world = worldForFile();

interface FlightCase extends FaultCase {
  /** Damages the copy of the flight in `flight`. */
  readonly damage: (flight: string) => Promise<void>;
  /** What stderr says: the file, and the remedy. */
  readonly says: RegExp;
  readonly code?: number;
  /** Without it the flight goes on: see bad_pictures.test.ts. */
  readonly strict?: boolean;
}

async function edit(path: string, change: (lines: string[]) => void): Promise<void> {
  const lines = (await Deno.readTextFile(path)).split("\n");
  change(lines);
  await Deno.writeTextFile(path, lines.join("\n"));
}

/** Sets one column of the row in the middle of a stream. */
function setField(stream: StreamFile, column: string, value: string) {
  return (flight: string) =>
    edit(`${flight}/${stream}`, (lines) => {
      const row = middle(lines), fields = lines[row].split(",");
      fields[lines[0].split(",").indexOf(column)] = value;
      lines[row] = fields.join(",");
    });
}

const middle = (lines: readonly string[]) => lines.length >> 1;

async function describe(
  flight: string,
  change: (description: Record<string, unknown>) => void,
): Promise<void> {
  const description = JSON.parse(await Deno.readTextFile(`${flight}/flight.json`));
  change(description);
  await Deno.writeTextFile(`${flight}/flight.json`, JSON.stringify(description));
}

const STREAMS = {
  "imu.csv": "gy_rps",
  "attitude.csv": "qy",
  "baro.csv": "height_m",
  "gps.csv": "latitude_deg",
  "frames.csv": "exposure_mid_ns",
} as const;
const streams = Object.entries(STREAMS) as [keyof typeof STREAMS, string][];

const notFinite: FlightCase[] = streams.flatMap(([stream, column]) =>
  ["NaN", "Infinity", "1e999", ""].map((value) => ({
    name: `${stream} with ${column} "${value}"`,
    damage: setField(stream, column, value),
    says: new RegExp(`${stream}: line \\d+: ${column} is .*(needed|must be|fill it)`),
  }))
);

const outOfOrder: FlightCase[] = streams.map(([stream]) => ({
  name: `${stream} with two rows exchanged`,
  damage: (flight) =>
    edit(`${flight}/${stream}`, (lines) => {
      const row = middle(lines);
      [lines[row], lines[row + 1]] = [lines[row + 1], lines[row]];
    }),
  says: new RegExp(`${stream}: line \\d+: .*(sort the rows|copy the flight again|put them back)`),
}));

/** GPS may fall silent; the others may not. */
const missingRow: FlightCase[] = streams.filter(([stream]) => stream !== "gps.csv").map((
  [stream],
) => ({
  name: `${stream} without one row`,
  damage: (flight) => edit(`${flight}/${stream}`, (lines) => lines.splice(middle(lines), 1)),
  says: new RegExp(`${stream}: line \\d+: .*rows are missing; (copy|put)`),
}));

const missingFile: FlightCase[] = streams.map(([stream]) => ({
  name: `no ${stream}`,
  damage: (flight) => Deno.remove(`${flight}/${stream}`),
  says: new RegExp(`${stream}: is missing; a recorded flight needs it`),
}));

const PICTURE = "frames/000005.jpg";

const pictures: FlightCase[] = [
  {
    name: "a picture that was cut",
    damage: async (flight) => await Deno.truncate(`${flight}/${PICTURE}`, 20_000),
    says: /frames\/000005\.jpg: was cut: .*copy the flight again/,
    strict: true,
  },
  {
    name: "a picture that is text",
    damage: (flight) => Deno.writeTextFile(`${flight}/${PICTURE}`, "no picture"),
    says: /frames\/000005\.jpg: is not a JPEG picture; copy the flight again/,
    strict: true,
  },
  {
    name: "a picture that is missing",
    damage: (flight) => Deno.remove(`${flight}/${PICTURE}`),
    says: /frames\.csv: line 7: .*frames\/000005\.jpg is missing; copy the flight again/,
    strict: true,
  },
  {
    name: "a picture behind a symbolic link",
    damage: async (flight) => {
      await Deno.rename(`${flight}/${PICTURE}`, `${flight}/other.jpg`);
      await Deno.symlink(`${flight}/other.jpg`, `${flight}/${PICTURE}`);
    },
    says: /frames\/000005\.jpg is a symbolic link; copy the file itself/,
  },
  {
    name: "a picture that claims 20000×20000 pixels",
    damage: (flight) => claimSize(`${flight}/${PICTURE}`, 20_000),
    says: /frames\/000005\.jpg: is 20000×20000 pixels, the calibration .* is for 1280×960; use/,
    strict: true,
  },
  {
    name: "a picture outside of the folder",
    damage: setField("frames.csv", "file", "../../etc/passwd"),
    says: /frames\.csv: line \d+: file is .*inside the flight folder is needed/,
  },
];

/** Writes another size into the start-of-frame segment. */
async function claimSize(path: string, sidePx: number): Promise<void> {
  const bytes = await Deno.readFile(path);
  const start = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
  new DataView(bytes.buffer).setUint16(start + 5, sidePx);
  new DataView(bytes.buffer).setUint16(start + 7, sidePx);
  await Deno.writeFile(path, bytes);
}

const descriptions: FlightCase[] = [
  {
    name: "the calibration of another camera",
    damage: (flight) =>
      describe(flight, (d) => Object.assign(d.camera as object, { widthPx: 640, heightPx: 480 })),
    says: /frames\/000000\.jpg: is 1280×960 pixels, the calibration .* is for 640×480; use the/,
    strict: true,
  },
  {
    name: "an unknown key",
    damage: (flight) => describe(flight, (d) => d.colour = "red"),
    says: /flight\.json: does not describe a flight: .*colour/,
  },
  {
    name: "a key that is missing",
    damage: (flight) => describe(flight, (d) => delete d.groundHeightM),
    says: /flight\.json: does not describe a flight: .*groundHeightM/,
  },
  {
    name: "a focal length of nothing",
    damage: (flight) => describe(flight, (d) => Object.assign(d.camera as object, { fxPx: 0 })),
    says: /flight\.json: does not describe a flight: .*camera\.fxPx/,
  },
  {
    name: "a focal length of almost nothing",
    damage: (flight) =>
      describe(flight, (d) => Object.assign(d.camera as object, { fxPx: 1e-300 })),
    says: /flight\.json: does not describe a flight: .*camera\.fxPx/,
  },
  {
    name: "ground in space",
    damage: (flight) => describe(flight, (d) => d.groundHeightM = 1e300),
    says: /flight\.json: does not describe a flight: .*groundHeightM/,
  },
  {
    name: "a take-off at the pole",
    damage: (flight) =>
      describe(flight, (d) => Object.assign(d.takeoff as object, { latitudeDeg: 90 })),
    says: /flight\.json: does not describe a flight: .*takeoff\.latitudeDeg/,
  },
  {
    name: "a take-off that is known to nothing",
    damage: (flight) =>
      describe(flight, (d) => Object.assign(d.takeoff as object, { sigmaHorizontalM: 1e300 })),
    says: /flight\.json: does not describe a flight: .*takeoff\.sigmaHorizontalM/,
  },
  {
    name: "a newer format",
    damage: (flight) => describe(flight, (d) => d.formatVersion = 2),
    says: /flight\.json: has format version 2, this program reads 1; update it/,
  },
  {
    name: "half of flight.json",
    damage: async (flight) => await Deno.truncate(`${flight}/flight.json`, 100),
    says: /flight\.json: .*copy the flight again/,
  },
  {
    name: "no flight.json",
    damage: (flight) => Deno.remove(`${flight}/flight.json`),
    says: /flight\.json: .*copy the flight again/,
  },
  {
    name: "no such flight",
    damage: (flight) => Deno.remove(flight, { recursive: true }),
    says: /Cannot open .*flight/,
    code: 66,
  },
  {
    name: "a folder with neither flight nor photographs",
    damage: async (flight) => {
      await Deno.remove(flight, { recursive: true });
      await Deno.mkdir(flight);
    },
    says: /flight: the folder holds no photographs/,
  },
];

async function refuses(one: FlightCase, folder: string): Promise<void> {
  const flight = `${folder}/flight`, recorder = `${folder}/recorder`;
  await copyFolder(world().flight, flight);
  await one.damage(flight);
  const args = ["replay", flight, "--package", world().package, "--recorder", recorder, "--json"];
  if (one.strict === true) args.push("--strict");
  const { code, out, err } = await run("airborne", args, {
    read: [flight, world().package],
    write: [recorder],
  });
  assert.match(err, one.says);
  assert.equal(code, one.code ?? 65, err);
  assert.equal(out, "", "no line of a flight that cannot be flown");
  assert.deepEqual(await filesBelow(recorder), [], "no record of it either");
}

const tables = { notFinite, outOfOrder, missingRow, missingFile, pictures, descriptions };
for (const [table, cases] of Object.entries(tables)) {
  Deno.test(`airborne replay refuses with 65 and a remedy: ${table}`, async () => {
    await forEachCase(cases, refuses);
  });
}

Deno.test("airborne replay --strict stops at the picture that is damaged inside, and closes its record", async () => {
  await inScratch(async (folder) => {
    const flight = `${folder}/flight`, recorder = `${folder}/recorder`;
    await copyFolder(world().flight, flight);
    const bytes = await Deno.readFile(`${flight}/${PICTURE}`);
    for (let i = 20_000; i < 40_000; i += 2) bytes.set([0xff, 0xd8], i);
    await Deno.writeFile(`${flight}/${PICTURE}`, bytes);
    const args = ["replay", flight, "--package", world().package, "--recorder", recorder, "--json"];
    args.push("--strict");
    const { code, out, err } = await run("airborne", args, {
      read: [flight, world().package],
      write: [recorder],
    });
    assert.equal(code, 65, err);
    assert.match(err, /frames\/000005\.jpg: the JPEG is damaged: .*; copy the file again/);
    const lines = out.trim().split("\n").map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map(({ type, sequence }) => `${type} ${sequence}`),
      ["frame 0", "frame 1", "frame 2", "frame 3", "frame 4", "fault 5"],
    );
    const footer = await footerBelow(recorder);
    assert.equal(footer.get("cleanShutdown"), "false");
  });
});

async function footerBelow(recorder: string): Promise<Map<string, string>> {
  const files = (await filesBelow(recorder)).filter((file) => file.includes(".mcap"));
  assert.equal(files.length, 1, files.join());
  const bytes = await Deno.readFile(`${recorder}/${files[0].split(" ")[0]}`);
  const readable: IReadable = {
    size: () => Promise.resolve(BigInt(bytes.length)),
    read: (at, size) => Promise.resolve(bytes.subarray(Number(at), Number(at + size))),
  };
  const reader = await McapIndexedReader.Initialize({ readable });
  for await (const metadata of reader.readMetadata({ name: "flight_footer" })) {
    return metadata.metadata;
  }
  throw new Error("the record has no footer");
}

Deno.test("airborne replay says that the package was made for another ground height", async () => {
  await inScratch(async (folder) => {
    const flight = `${folder}/flight`;
    await copyFolder(world().flight, flight);
    await describe(flight, (description) => description.groundHeightM = 100);
    const args = ["replay", flight, "--package", world().package];
    const { code, err } = await run("airborne", args, { read: [flight, world().package] });
    assert.equal(code, 0, err);
    assert.match(err, /lies 100 m over the ellipsoid .* 0 m: .*--ground-height 100/);
  });
});
