/**
 * What a raw picture costs as grey, and what it would cost as JPEG: processor time of a picture from the
 * camera's buffer to the frame that is worked on.
 *
 * usage: deno run -A tests/bench/camera_raw.ts [WIDTH HEIGHT]
 *
 * @module
 */
import process from "node:process";
import { BODY_FROM_NADIR_CAMERA, seededRandom } from "../../src/core/mod.ts";
import { encodeJpeg, openVision, VisionFrame } from "../../src/native/vision/mod.ts";
import { CameraCalibrationSchema } from "../../src/navigation/camera/mod.ts";

const ROUNDS = 100;
const [widthPx = 1280, heightPx = 960] = Deno.args.map(Number);
const camera = CameraCalibrationSchema.parse({
  id: "bench",
  widthPx,
  heightPx,
  fxPx: widthPx,
  fyPx: widthPx,
  cxPx: widthPx / 2,
  cyPx: heightPx / 2,
  distortion: [0, 0, 0, 0, 0],
  bodyFromCamera: BODY_FROM_NADIR_CAMERA,
});

/** Ground-like: large and small patches, and a sensor's noise. */
function paint(): Uint8Array<ArrayBuffer> {
  const random = seededRandom("camera raw");
  const side = 24, columns = Math.ceil(widthPx / side);
  const patches = Array.from(
    { length: columns * Math.ceil(heightPx / side) },
    () => 60 + random.integer(120),
  );
  return Uint8Array.from({ length: widthPx * heightPx }, (_, i) => {
    const x = i % widthPx, y = Math.floor(i / widthPx);
    const patch = patches[Math.floor(y / side) * columns + Math.floor(x / side)];
    return patch + 20 * Math.sin(x / 3) * Math.cos(y / 5) + random.integer(9);
  });
}

async function cost(name: string, body: () => Promise<VisionFrame>): Promise<void> {
  for (let warm = 0; warm < 5; warm += 1) await (await body()).close();
  const before = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round += 1) await (await body()).close();
  const after = process.cpuUsage();
  const usedMs = (after.user - before.user + after.system - before.system) / 1000;
  console.log(`${name}: ${(usedMs / ROUNDS).toFixed(2)} ms of processor time`);
}

using vision = openVision();
const pixels = paint();
const picture = { widthPx, heightPx, channels: 1, pixels } as const;
const jpeg = await encodeJpeg(vision, picture, 90);
console.log(`${widthPx}x${heightPx}, JPEG of quality 90: ${jpeg.length} bytes`);
await cost("grey", () => VisionFrame.fromGrey(vision, pixels, camera, "bench"));
await cost("JPEG, decoded", () => VisionFrame.decode(vision, jpeg, camera, "bench"));
await cost("JPEG, encoded and decoded", async () => {
  const encoded = await encodeJpeg(vision, picture, 90);
  return VisionFrame.decode(vision, encoded, camera, "bench");
});
