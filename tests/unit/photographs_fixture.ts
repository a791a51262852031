/** Synthetic nadir photographs with EXIF and XMP tags over a textured ground. */
import { withWrittenSize } from "../support/exif_bytes.ts";
import sharp from "sharp";
import { LocalFrame, type Matrix3, matrixMultiply, seededRandom } from "../../src/core/mod.ts";
import { type CameraView, groundHomography } from "../../src/tiles/orthorectification/mod.ts";
import { localFromCamera } from "../../src/flight/photographs/mod.ts";
import { type VisionLibrary, warpHomography } from "../../src/native/vision/mod.ts";

export const PHOTO_WIDTH = 640, PHOTO_HEIGHT = 480;
/** 28 mm on the diagonal of 36 mm × 24 mm. */
export const PHOTO_FOCAL_PX = Math.hypot(PHOTO_WIDTH, PHOTO_HEIGHT) * 28 / Math.hypot(36, 24);
export const ORIGIN = { latitudeDeg: 46.84, longitudeDeg: -91.99, heightM: 0 };

export interface PhotoPlan {
  readonly name: string;
  readonly eastM: number;
  readonly northM: number;
  readonly heightM: number;
  readonly yawDeg: number;
  /** What the tags say instead of the truth. */
  readonly taggedYawDeg?: number;
  readonly taggedEastM?: number;
  readonly taggedNorthM?: number;
  /** In their place, degrees. */
  readonly taggedPlaceDeg?: readonly [latitude: number, longitude: number];
  /** The hemispheres are left out. */
  readonly hasNoRefs?: boolean;
  /** What an RTK receiver says of its position. */
  readonly rtkSigmaM?: number;
  /** The size that the camera says to have written. */
  readonly writtenPx?: readonly [width: number, height: number];
}

export interface Ground {
  readonly sizePx: number;
  readonly gsdM: number;
  readonly pixels: Uint8Array<ArrayBuffer>;
}

/** Smooth random texture, RGB; its middle is the origin. */
export function texturedGround(sizePx: number, gsdM: number): Ground {
  const random = seededRandom("textured ground");
  const field = new Float32Array(sizePx * sizePx).fill(128);
  for (const [cells, amplitude] of [[12, 30], [40, 30], [130, 30]]) {
    const knots = Float32Array.from({ length: (cells + 2) ** 2 }, () => random.normal());
    for (let y = 0, i = 0; y < sizePx; y++) {
      const gy = y / sizePx * cells, ry = Math.floor(gy), fy = gy - ry;
      for (let x = 0; x < sizePx; x++, i++) {
        const gx = x / sizePx * cells, rx = Math.floor(gx), fx = gx - rx;
        const at = ry * (cells + 2) + rx;
        field[i] += amplitude * ((1 - fy) * ((1 - fx) * knots[at] + fx * knots[at + 1]) +
          fy * ((1 - fx) * knots[at + cells + 2] + fx * knots[at + cells + 3]));
      }
    }
  }
  const pixels = new Uint8Array(3 * sizePx * sizePx);
  field.forEach((value, i) =>
    pixels.fill(Math.min(255, Math.max(0, Math.round(value))), 3 * i, 3 * i + 3)
  );
  return { sizePx, gsdM, pixels };
}

/** Takes the photograph that `plan` describes; its tags may lie. */
export async function writePhotograph(
  vision: VisionLibrary,
  ground: Ground,
  plan: PhotoPlan,
  directory: string,
): Promise<void> {
  const view: CameraView = {
    calibration: {
      id: "synthetic",
      widthPx: PHOTO_WIDTH,
      heightPx: PHOTO_HEIGHT,
      fxPx: PHOTO_FOCAL_PX,
      fyPx: PHOTO_FOCAL_PX,
      cxPx: (PHOTO_WIDTH - 1) / 2,
      cyPx: (PHOTO_HEIGHT - 1) / 2,
      distortion: [0, 0, 0, 0, 0],
      bodyFromCamera: [1, 0, 0, 0],
      mountingSigmaDeg: 0.5,
    },
    positionLocalM: [plan.eastM, plan.northM, plan.heightM],
    localFromCamera: localFromCamera({ yawDeg: plan.yawDeg, pitchDeg: -90, rollDeg: 0 }),
  };
  const half = ground.sizePx / 2;
  const groundPxFromLocal: Matrix3 = [
    1 / ground.gsdM,
    0,
    half - 0.5,
    0,
    -1 / ground.gsdM,
    half - 0.5,
    0,
    0,
    1,
  ];
  const picture = await warpHomography(
    vision,
    { widthPx: ground.sizePx, heightPx: ground.sizePx, channels: 3, pixels: ground.pixels },
    matrixMultiply(groundPxFromLocal, inverse(groundHomography(view, 0))),
    { widthPx: PHOTO_WIDTH, heightPx: PHOTO_HEIGHT },
  );
  const jpeg = Uint8Array.from(await tagged(picture.pixels, plan));
  await Deno.writeFile(
    `${directory}/${plan.name}`,
    plan.writtenPx === undefined ? jpeg : withWrittenSize(jpeg, plan.writtenPx),
  );
}

/** Pixels of PHOTO_WIDTH × PHOTO_HEIGHT, RGB, with the tags of the plan. */
export async function tagged(pixels: Uint8Array, plan: PhotoPlan): Promise<Uint8Array> {
  const frame = new LocalFrame(ORIGIN);
  const place = frame.wgsFromLocal([
    plan.taggedEastM ?? plan.eastM,
    plan.taggedNorthM ?? plan.northM,
    0,
  ]);
  const [latitudeDeg, longitudeDeg] = plan.taggedPlaceDeg ??
    [place.latitudeDeg, place.longitudeDeg];
  const refs: Record<string, string> = plan.hasNoRefs ? {} : {
    GPSLatitudeRef: latitudeDeg < 0 ? "S" : "N",
    GPSLongitudeRef: longitudeDeg < 0 ? "W" : "E",
  };
  const rtk = plan.rtkSigmaM === undefined
    ? ""
    : ` drone-dji:RtkFlag="50" drone-dji:RtkStdLat="${plan.rtkSigmaM}" drone-dji:RtkStdLon="${plan.rtkSigmaM}"`;
  const dms = (degrees: number) => {
    const value = Math.abs(degrees);
    const minutes = (value % 1) * 60;
    return `${Math.floor(value)}/1 ${Math.floor(minutes)}/1 ` +
      `${Math.round((minutes % 1) * 60 * 1e5)}/100000`;
  };
  const xmp =
    `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
    `<rdf:Description rdf:about="" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" ` +
    `drone-dji:RelativeAltitude="+${plan.heightM}" drone-dji:GimbalYawDegree="${
      plan.taggedYawDeg ?? plan.yawDeg
    }" drone-dji:GimbalPitchDegree="-90.0" drone-dji:GimbalRollDegree="0.0"${rtk}/></rdf:RDF></x:xmpmeta>`;
  return await sharp(pixels, { raw: { width: PHOTO_WIDTH, height: PHOTO_HEIGHT, channels: 3 } })
    .jpeg({ quality: 92 })
    .withExif({
      IFD0: { Model: "SYNTHETIC" },
      IFD2: { DateTimeOriginal: "2024:05:31 10:00:00", FocalLengthIn35mmFilm: "28" },
      IFD3: {
        ...refs,
        GPSLatitude: dms(latitudeDeg),
        GPSLongitude: dms(longitudeDeg),
      },
    })
    .withXmp(xmp).toBuffer();
}

function inverse(m: Matrix3): Matrix3 {
  const [a, b, c, d, e, f, g, h, i] = m;
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    (e * i - f * h) / determinant,
    (c * h - b * i) / determinant,
    (b * f - c * e) / determinant,
    (f * g - d * i) / determinant,
    (a * i - c * g) / determinant,
    (c * d - a * f) / determinant,
    (d * h - e * g) / determinant,
    (b * g - a * h) / determinant,
    (a * e - b * d) / determinant,
  ];
}
