/**
 * Takes photographs of a picture of the ground, as a survey of parallel strips, for measuring how long
 * `airborne replay` takes with photographs of full size over a large map.
 *
 *     deno run -A tests/bench/photographs_of_picture.ts PICTURE OUT --gsd 1 --centre 48.5,35.0 [--count 12]
 *       [--width 5472] [--height 3648] [--agl 130] [--yaw-error 3] [--height-error 0.02]
 *
 * The tags say the height and heading made wrong by so much (share of the height, degrees).
 *
 * @module
 */
import { parseArgs } from "node:util";
import sharp from "sharp";
import { LocalFrame, type Matrix3 } from "../../src/core/mod.ts";
import { localFromCamera } from "../../src/flight/photographs/mod.ts";
import { openVision, warpHomography } from "../../src/native/vision/mod.ts";
import { writeTagged } from "../support/tagged_photograph.ts";

const { values, positionals: [source, out] } = parseArgs({
  allowPositionals: true,
  options: {
    "gsd": { type: "string", default: "1" },
    "centre": { type: "string", default: "48.5,35.0" },
    "count": { type: "string", default: "12" },
    "width": { type: "string", default: "5472" },
    "height": { type: "string", default: "3648" },
    "agl": { type: "string", default: "130" },
    "yaw-error": { type: "string", default: "3" },
    "height-error": { type: "string", default: "0.02" },
  },
});
const gsdM = Number(values.gsd), heightM = Number(values.agl);
const widthPx = Number(values.width), heightPx = Number(values.height);
/** 84° across the diagonal, as of a one-inch sensor behind 8.8 mm. */
const focalPx = widthPx * 8.8 / 13.2;
const [latitudeDeg, longitudeDeg] = values.centre.split(",").map(Number);
const frame = new LocalFrame({ latitudeDeg, longitudeDeg, heightM: 0 });
const STRIP_M = 120, STEP_M = 50, STEP_S = 5, PER_STRIP = 6;

using vision = openVision();
await Deno.mkdir(out, { recursive: true });
const { data, info } = await sharp(source).removeAlpha().toColourspace("srgb").raw()
  .toBuffer({ resolveWithObject: true });
const pixels = new Uint8Array(data);
for (let i = 0; i < Number(values.count); i++) {
  const strip = Math.floor(i / PER_STRIP), along = (i % PER_STRIP - (PER_STRIP - 1) / 2) * STEP_M;
  const isBack = strip % 2 === 1;
  const eastM = (strip - 0.5) * STRIP_M, northM = isBack ? -along : along;
  const yawRad = isBack ? Math.PI : 0;
  const scale = heightM / focalPx / gsdM, c = Math.cos(yawRad), s = Math.sin(yawRad);
  const x0 = info.width / 2 + eastM / gsdM, y0 = info.height / 2 - northM / gsdM;
  const middleX = (widthPx - 1) / 2, middleY = (heightPx - 1) / 2;
  const sourceFromPicture: Matrix3 = [
    scale * c,
    -scale * s,
    x0 - scale * (c * middleX - s * middleY),
    scale * s,
    scale * c,
    y0 - scale * (s * middleX + c * middleY),
    0,
    0,
    1,
  ];
  const picture = await warpHomography(
    vision,
    { widthPx: info.width, heightPx: info.height, channels: 3, pixels },
    sourceFromPicture,
    { widthPx, heightPx },
  );
  const at = frame.wgsFromLocal([eastM, northM, 0]);
  const yawDeg = (isBack ? 180 : 0) + Number(values["yaw-error"]);
  await writeTagged({ ...picture, channels: 3 }, {
    localFromCamera: localFromCamera({ yawDeg, pitchDeg: -90, rollDeg: 0 }),
    heightM: heightM * (1 + Number(values["height-error"])),
    latitudeDeg: at.latitudeDeg,
    longitudeDeg: at.longitudeDeg,
    capturedAt: new Date(Date.UTC(2024, 4, 31, 10, 0, i * STEP_S)),
    focalPx,
  }, `${out}/P_${String(i).padStart(4, "0")}.JPG`);
}
