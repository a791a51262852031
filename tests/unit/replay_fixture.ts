/** Writes small recorded flights, and breaks them on purpose. */
import { STREAM_COLUMNS, type StreamFile } from "../../src/flight/replay/mod.ts";

/** Only what a JPEG's size stands in: SOI, SOF0, EOI. */
export function jpegOfSize(widthPx: number, heightPx: number): Uint8Array<ArrayBuffer> {
  const high = (v: number) => v >> 8, low = (v: number) => v & 255;
  return new Uint8Array([
    ...[0xff, 0xd8, 0xff, 0xe0, 0, 4, 1, 2],
    ...[
      0xff,
      0xc0,
      0,
      11,
      8,
      high(heightPx),
      low(heightPx),
      high(widthPx),
      low(widthPx),
      1,
      1,
      17,
      0,
    ],
    ...[0xff, 0xd9],
  ]);
}

export const FIXTURE_DESCRIPTION = {
  format: "gdn-recorded-flight",
  formatVersion: 1,
  name: "fixture",
  aircraft: "multirotor",
  createdBy: "test",
  seed: 1,
  startUtc: "2026-01-01T00:00:00Z",
  camera: {
    id: "fixture-camera",
    widthPx: 64,
    heightPx: 48,
    fxPx: 60,
    fyPx: 60,
    cxPx: 31.5,
    cyPx: 23.5,
    distortion: [0, 0, 0, 0, 0],
    bodyFromCamera: [Math.SQRT1_2, 0, 0, Math.SQRT1_2],
    mountingSigmaDeg: 0.5,
  },
  frameRateHz: 2,
  imuRateHz: 100,
  groundHeightM: 100,
  takeoff: null,
  sigmas: { tiltDeg: 1, headingDeg: 3, baroM: 2 },
};

function csv(name: StreamFile, rows: readonly (readonly (string | number)[])[]): string {
  return [STREAM_COLUMNS[name], ...rows].map((row) => row.join(",")).join("\n") + "\n";
}

/** Two seconds of flight: the controller's clock is 5 s ahead, messages take 1–3 ms. */
export async function writeFlight(folder: string): Promise<void> {
  const ms = 1e6;
  const times = (i: number, periodMs: number) => [
    5e9 + i * periodMs * ms,
    i * periodMs * ms + (1 + (i % 3)) * ms,
  ];
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);
  await Deno.mkdir(`${folder}/frames`, { recursive: true });
  await Deno.writeTextFile(`${folder}/flight.json`, JSON.stringify(FIXTURE_DESCRIPTION));
  const files: Partial<Record<StreamFile, string>> = {
    "imu.csv": csv("imu.csv", range(200).map((i) => [...times(i, 10), 0, 0, -9.81, 0, 0, 1e-3])),
    "attitude.csv": csv("attitude.csv", range(40).map((i) => [...times(i, 50), 1, 0, 0, 0])),
    "baro.csv": csv("baro.csv", range(40).map((i) => [...times(i, 50), 230.5])),
    "gps.csv": csv("gps.csv", [[...times(0, 200), "3d", 30, -97, 230, 0, 1, 0, 2, 3, 12, "ok"]]),
    "frames.csv": csv(
      "frames.csv",
      range(4).map((i) => [i, i * 500 * ms + 7, i * 500 * ms + 30 * ms, `frames/${i}.jpg`]),
    ),
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  for (const i of range(4)) await Deno.writeFile(`${folder}/frames/${i}.jpg`, jpegOfSize(64, 48));
}

/** Gives a flight of {@link writeFlight} two seconds of a velocity that is measured ten times a second. */
export async function addVelocity(folder: string): Promise<void> {
  const rows = Array.from({ length: 20 }, (_, i) => [
    ...[5e9 + i * 100e6, i * 100e6 + 2e6, 16.5, -0.25, 0.125 + i / 100],
    ...[0.0625, 0.001, 0, 0.0625, 0, 0.09],
  ]);
  await Deno.writeTextFile(`${folder}/velocity.csv`, csv("velocity.csv", rows));
}

/** Replaces the lines of one file; line 1 is the header. */
export async function editLines(
  path: string,
  edit: (lines: string[]) => string[],
): Promise<void> {
  const lines = (await Deno.readTextFile(path)).split("\n");
  await Deno.writeTextFile(path, edit(lines).join("\n"));
}
