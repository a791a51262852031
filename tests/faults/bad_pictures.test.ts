/**
 * A picture of a recorded flight is damaged: the shipped `airborne replay` leaves that frame out, says
 * so in every place, and the rest of the flight is as good as before.
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import sharp from "sharp";
import type { FaultLine, FrameLine, SummaryLine } from "../../src/airborne/json_lines.ts";
import { LocalFrame } from "../../src/core/mod.ts";
import { worldForFile } from "./fixture.ts";
import { copyFolder, type FaultCase, forEachCase, type Outcome, run } from "./programs.ts";

const world = worldForFile();

const SEQUENCE = 5;
const PICTURE = "frames/000005.jpg";
/** A frame without the one before it may come out otherwise, but not worse than this. */
const DIFFERENCE_MAX_M = 1;

interface PictureCase extends FaultCase {
  readonly damage: (path: string) => Promise<void>;
  readonly says: RegExp;
}

const CASES: readonly PictureCase[] = [
  {
    name: "cut",
    damage: async (path) => await Deno.truncate(path, 20_000),
    says: /the JPEG is damaged/,
  },
  {
    name: "of zero bytes",
    damage: async (path) => await Deno.truncate(path, 0),
    says: /JPEG/,
  },
  {
    name: "text",
    damage: (path) => Deno.writeTextFile(path, "no picture"),
    says: /JPEG/,
  },
  {
    name: "damaged inside",
    damage: async (path) => {
      const bytes = await Deno.readFile(path);
      for (let i = 20_000; i < 40_000; i += 2) bytes.set([0xff, 0xd8], i);
      await Deno.writeFile(path, bytes);
    },
    says: /the JPEG is damaged/,
  },
  {
    name: "of another size",
    damage: async (path) => {
      const small = await sharp(path).resize(640, 480).jpeg().toBuffer();
      await Deno.writeFile(path, small);
    },
    says: /640 ?(x|×) ?480/,
  },
  {
    name: "missing",
    damage: (path) => Deno.remove(path),
    says: /cannot be read/,
  },
];

interface Flown extends Outcome {
  readonly frames: readonly FrameLine[];
  readonly faults: readonly FaultLine[];
  readonly summary: SummaryLine;
}

async function fly(flight: string, recorder: string): Promise<Flown> {
  const args = ["replay", flight, "--package", world().package, "--recorder", recorder, "--json"];
  const outcome = await run("airborne", args, {
    read: [flight, world().package],
    write: [recorder],
  });
  const lines = outcome.out.trim().split("\n").map((line) => JSON.parse(line));
  return {
    ...outcome,
    frames: lines.filter(({ type }) => type === "frame"),
    faults: lines.filter(({ type }) => type === "fault"),
    summary: lines.at(-1),
  };
}

function distanceM(a: FrameLine, b: FrameLine): number {
  const [eastM, northM, upM] = new LocalFrame(a).localFromWgs(b);
  return Math.hypot(eastM, northM, upM);
}

/** Log lines of the flight loop in the record. */
async function recordedFaults(folder: string): Promise<{ kind: string; message: string }[]> {
  const args = ["fdr", "cat", folder, "--kind", "log"];
  const { out } = await run("operator", args, { read: [folder] });
  const payloads = out.trim().split("\n").filter((line) => line !== "")
    .map((line) => JSON.parse(line).payload);
  return payloads.filter(({ component }) => component === "flight_loop");
}

Deno.test("airborne replay leaves a damaged picture out and flies on as well as before", async () => {
  const whole = await inScratchFly();
  assert.equal(whole.code, 0, whole.err);
  assert.deepEqual([whole.frames.length, whole.faults], [10, []]);
  await forEachCase(CASES, async ({ damage, says }, folder) => {
    const flight = `${folder}/flight`;
    await copyFolder(world().flight, flight);
    await damage(`${flight}/${PICTURE}`);
    const flown = await fly(flight, `${folder}/recorder`);
    assert.equal(flown.code, 3, flown.err);
    assert.match(flown.err, /frame 5 is left out: \S+\/frames\/000005\.jpg: /);
    assert.match(flown.err, says);
    assert.deepEqual(flown.faults.map(({ source, sequence }) => [source, sequence]), [
      ["frame", SEQUENCE],
    ]);
    const { framesFailed, frames, recorderFolder } = flown.summary;
    assert.deepEqual([frames, framesFailed], [9, 1]);
    for (const frame of flown.frames) {
      const before = whole.frames.find(({ sequence }) => sequence === frame.sequence)!;
      assert.ok(distanceM(frame, before) < DIFFERENCE_MAX_M, `frame ${frame.sequence}`);
      assert.equal(frame.label, before.label);
    }
    const recorded = await recordedFaults(recorderFolder!);
    assert.deepEqual(recorded.map(({ kind }) => kind), ["flight.frame_failed"]);
    assert.match(recorded[0].message, /^frame 5 is left out: 000005\.jpg: /);
  });
});

async function inScratchFly(): Promise<Flown> {
  let flown: Flown | undefined;
  await inScratch(async (folder) => {
    flown = await fly(world().flight, `${folder}/recorder`);
  });
  return flown!;
}

Deno.test("airborne replay ends with 65 when no picture can be used", () =>
  inScratch(async (folder) => {
    const flight = `${folder}/flight`;
    await copyFolder(world().flight, flight);
    for await (const { name } of Deno.readDir(`${flight}/frames`)) {
      await Deno.truncate(`${flight}/frames/${name}`, 5000);
    }
    const { code, err, faults, summary } = await fly(flight, `${folder}/recorder`);
    assert.equal(code, 65, err);
    assert.deepEqual([summary.frames, summary.framesFailed, faults.length], [0, 10, 10]);
  }));
