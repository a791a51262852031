/**
 * Makes tilted photographs of nadir ones: each is turned about its own camera, as if the gimbal had looked
 * aside, and cut to what it still sees. Position and height stay as tagged.
 *
 *     deno run -A tests/bench/tilted_photographs.ts FOLDER OUT --tilt 15 [--tagged-tilt 15] [--turn 180]
 *
 * `--tagged-tilt`: what the tags say in place of the truth. `--turn`: by how much the heading tags of FOLDER are wrong
 * (DJI_0024 to DJI_0029 of brighton_beach: 180). Every second picture looks to the left, the others to the right.
 *
 * @module
 */
import { parseArgs } from "node:util";
import sharp from "sharp";
import {
  type Matrix3,
  matrixFromQuaternion,
  matrixMultiply,
  type Quaternion,
  quaternionMultiply,
  radiansFromDegrees,
} from "../../src/core/mod.ts";
import { localFromCamera, readPhotographFolder } from "../../src/flight/photographs/mod.ts";
import { openVision, warpHomography } from "../../src/native/vision/mod.ts";
import { writeTagged } from "../support/tagged_photograph.ts";

const { values, positionals: [folder, out] } = parseArgs({
  allowPositionals: true,
  options: {
    "tilt": { type: "string", default: "15" },
    "tagged-tilt": { type: "string" },
    "turn": { type: "string", default: "0" },
  },
});
const tiltDeg = Number(values.tilt), taggedTiltDeg = Number(values["tagged-tilt"] ?? tiltDeg);
/** Of the whole picture, from its middle to its sides; what a tilted one sees of it. */
const SIDE_MAX_DEG = 40, ALONG_MAX_DEG = 20;

using vision = openVision();
await Deno.mkdir(out, { recursive: true });
for (const [i, { photograph, readBytes }] of (await readPhotographFolder(folder)).entries()) {
  const { calibration: { fxPx, cxPx, cyPx }, gimbal, positionTag, name } = photograph;
  if (gimbal === null || positionTag === null) throw new Error(`${name}: no pose`);
  const side = i % 2 === 0 ? 1 : -1;
  const widthPx = 2 * Math.floor(fxPx * Math.tan(radiansFromDegrees(SIDE_MAX_DEG - tiltDeg)));
  const heightPx = 2 * Math.floor(fxPx * Math.tan(radiansFromDegrees(ALONG_MAX_DEG)));
  const { data, info } = await sharp(await readBytes()).raw().toBuffer({ resolveWithObject: true });
  const tilted = aboutY(side * tiltDeg);
  const fromRay = (f: number, x: number, y: number): Matrix3 => [f, 0, x, 0, f, y, 0, 0, 1];
  const toRay = (f: number, x: number, y: number): Matrix3 => [
    1 / f,
    0,
    -x / f,
    0,
    1 / f,
    -y / f,
    0,
    0,
    1,
  ];
  const picture = await warpHomography(
    vision,
    {
      widthPx: info.width,
      heightPx: info.height,
      channels: 3,
      pixels: new Uint8Array(data),
    },
    matrixMultiply(
      matrixMultiply(fromRay(fxPx, cxPx, cyPx), matrixFromQuaternion(tilted)),
      toRay(fxPx, (widthPx - 1) / 2, (heightPx - 1) / 2),
    ),
    { widthPx, heightPx },
  );
  const rotation = quaternionMultiply(
    localFromCamera(gimbal, Number(values.turn)),
    aboutY(side * taggedTiltDeg),
  );
  await writeTagged({ ...picture, channels: 3 }, {
    localFromCamera: rotation,
    heightM: photograph.heightAboveTakeoffM ?? 0,
    ...positionTag,
    capturedAt: photograph.capturedAt!,
    focalPx: fxPx,
  }, `${out}/${name.split("/").at(-1)}`);
}

/** Positive turns the optical axis to the picture's right. */
function aboutY(angleDeg: number): Quaternion {
  const half = radiansFromDegrees(angleDeg) / 2;
  return [Math.cos(half), 0, Math.sin(half), 0];
}
