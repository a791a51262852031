/**
 * `operator simulate camera` against a vehicle that tells its true state as ArduPilot's SITL does, and the
 * camera of `airborne fly` as its client: pictures show the ground under the vehicle.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Enu, grantsFor, LocalFrame, SystemClock } from "../../src/core/mod.ts";
import {
  CameraConfigSchema,
  openCamera,
  readCalibration,
} from "../../src/flight/camera_source/mod.ts";
import { decodeJpeg, openVision, type Picture } from "../../src/native/vision/mod.ts";
import { commands as operatorCommands } from "../../src/operator/compose.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { freePort } from "../support/line_peers.ts";
import { inScratch } from "../support/scratch.ts";
import { AT_REST, TrueVehicle } from "../support/true_vehicle.ts";

const CENTRE = { latitudeDeg: 48.5, longitudeDeg: 35, heightM: 0 };
const GROUND_ALTITUDE_M = 584, HEIGHT_M = 130;
/** Metres on the ground of one pixel: 60° over 1280 pixels, of which every fourth is compared. */
const GSD_M = 4 * 2 * HEIGHT_M * Math.tan(Math.PI / 6) / 1280;
const MOVE_M = 25;

const frame = new LocalFrame(CENTRE);

function at([east, north]: readonly [number, number], headingDeg: number) {
  const { latitudeDeg, longitudeDeg } = frame.wgsFromLocal([east, north, 0] as Enu);
  const half = headingDeg * Math.PI / 360;
  return {
    ...AT_REST,
    alt: GROUND_ALTITUDE_M + HEIGHT_M,
    latInt: Math.round(latitudeDeg * 1e7),
    lonInt: Math.round(longitudeDeg * 1e7),
    q1: Math.cos(half),
    q4: Math.sin(half),
  };
}

/** Correlation of the middles of two pictures, the second looked at (dx, dy) pixels further. */
function likeness(a: Picture, b: Picture, dx: number, dy: number): number {
  const { widthPx, heightPx } = a, margin = 90;
  let n = 0, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
  for (let y = margin; y < heightPx - margin; y++) {
    for (let x = margin; x < widthPx - margin; x++) {
      const p = a.pixels[y * widthPx + x], q = b.pixels[(y + dy) * widthPx + x + dx];
      n++, sa += p, sb += q, saa += p * p, sbb += q * q, sab += p * q;
    }
  }
  return (n * sab - sa * sb) / Math.sqrt((n * saa - sa * sa) * (n * sbb - sb * sb));
}

/** Where the second picture fits the first best, pixels. */
function shiftOf(a: Picture, b: Picture): { dx: number; dy: number; best: number } {
  let found = { dx: 0, dy: 0, best: -1 };
  const reach = 70;
  for (const step of [5, 1]) {
    const around = found;
    const span = step === 5 ? reach : 6;
    for (let dy = around.dy - span; dy <= around.dy + span; dy += step) {
      for (let dx = around.dx - span; dx <= around.dx + span; dx += step) {
        const best = likeness(a, b, dx, dy);
        if (best > found.best) found = { dx, dy, best };
      }
    }
  }
  return found;
}

async function calibrationWhenWritten(path: string) {
  for (let tries = 0;; tries++) {
    try {
      return await readCalibration(path);
    } catch (error) {
      if (tries > 600) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

Deno.test("the simulated camera shows the ground under the vehicle, whichever way it points", () =>
  inScratch(async (folder) => {
    await using vehicle = new TrueVehicle(at([0, 0], 0));
    const port = freePort(), calibrationPath = `${folder}/camera.json`;
    const args = [
      ...["simulate", "camera", "--json"],
      ...["--follow", `tcp:127.0.0.1:${vehicle.port}`, "--serve", `tcpin:127.0.0.1:${port}`],
      ...["--procedural", "7", "--centre", "48.5,35", "--frame-rate", "10"],
      ...["--ground-altitude", String(GROUND_ALTITUDE_M), "--calibration", calibrationPath],
    ];
    const { command, args: granted } = operatorCommand(args, grantsFor(operatorCommands(), args));
    const child = new Deno.Command(command, { args: granted, stdout: "piped", stderr: "null" })
      .spawn();
    const summary = new Response(child.stdout).text();
    try {
      const calibration = await calibrationWhenWritten(calibrationPath);
      const clock = new SystemClock();
      await using camera = openCamera({
        address: `frames:tcp:127.0.0.1:${port}`,
        calibration,
        config: CameraConfigSchema.parse({ lostAfterS: 60 }),
        clock,
      });
      using vision = openVision();
      const stop = new AbortController();
      const frames = camera.frames(stop.signal)[Symbol.asyncIterator]();
      /** A picture whose exposure was after the vehicle had moved there. */
      const pictureAt = async (place: readonly [number, number], headingDeg: number) => {
        vehicle.state = at(place, headingDeg);
        const movedNs = clock.now() + 0.2e9;
        for (;;) {
          const { done, value } = await frames.next();
          assert.ok(!done);
          if (value.unreadable !== undefined || value.frame.exposureMidNs < movedNs) continue;
          assert.ok(value.frame.exposureMidNs <= value.receivedNs);
          return await decodeJpeg(vision, value.frame.jpeg, { name: "picture", denominator: 4 });
        }
      };
      const north = await pictureAt([0, 0], 0), northMoved = await pictureAt([MOVE_M, 0], 0);
      const east = await pictureAt([0, 0], 90), eastMoved = await pictureAt([MOVE_M, 0], 90);
      stop.abort();
      const movedPx = MOVE_M / GSD_M;
      // Nose to the north, the vehicle goes right: what was seen lies further left.
      const right = shiftOf(north, northMoved);
      assert.ok(right.best > 0.8, JSON.stringify(right));
      assert.ok(Math.abs(right.dx + movedPx) < 2 && Math.abs(right.dy) < 2, JSON.stringify(right));
      // Nose to the east, it goes ahead: what was seen lies further down.
      const ahead = shiftOf(east, eastMoved);
      assert.ok(ahead.best > 0.8, JSON.stringify(ahead));
      assert.ok(Math.abs(ahead.dy - movedPx) < 2 && Math.abs(ahead.dx) < 2, JSON.stringify(ahead));
      assert.ok(vehicle.grantedHz >= 40, "four true states for each picture were asked for");
    } finally {
      child.kill("SIGINT");
      await child.status;
    }
    const { drawn, sent, truths, type } = JSON.parse(await summary);
    assert.equal((await child.status).code, 130, "ended by SIGINT");
    assert.equal(type, "summary");
    assert.ok(drawn >= 4 && sent >= 4 && truths >= drawn);
  }));
