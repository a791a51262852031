/** A JPEG with the tags that a photograph from the air has. */
import sharp from "sharp";
import {
  degreesFromRadians,
  type Quaternion,
  quaternionMultiply,
  rollPitchYaw,
} from "../../src/core/mod.ts";

interface PhotographPose {
  readonly localFromCamera: Quaternion;
  readonly heightM: number;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly capturedAt: Date;
  readonly focalPx: number;
}

const CAMERA_FROM_GIMBAL: Quaternion = [0.5, -0.5, -0.5, -0.5];

export async function writeTagged(
  picture: {
    readonly widthPx: number;
    readonly heightPx: number;
    readonly channels: 3;
    readonly pixels: Uint8Array;
  },
  { localFromCamera, heightM, latitudeDeg, longitudeDeg, capturedAt, focalPx }: PhotographPose,
  path: string,
): Promise<void> {
  const angles = rollPitchYaw(quaternionMultiply(localFromCamera, CAMERA_FROM_GIMBAL));
  const xmp = Object.entries({
    RelativeAltitude: heightM,
    GimbalYawDegree: degreesFromRadians(angles.yawRad),
    GimbalPitchDegree: degreesFromRadians(angles.pitchRad),
    GimbalRollDegree: degreesFromRadians(angles.rollRad),
  }).map(([key, value]) => `drone-dji:${key}="${value.toFixed(3)}"`).join(" ");
  const { widthPx: width, heightPx: height, channels, pixels } = picture;
  await sharp(pixels, { raw: { width, height, channels } })
    .jpeg({ quality: 92 })
    .withExif({
      IFD0: { Model: "MADE" },
      IFD2: {
        DateTimeOriginal: capturedAt.toISOString().slice(0, 19).replaceAll("-", ":").replace(
          "T",
          " ",
        ),
        FocalLength: "361/100",
        FocalPlaneXResolution: `${Math.round(1000 * focalPx / 3.61)}/1000`,
        FocalPlaneResolutionUnit: "4",
      },
      IFD3: {
        GPSLatitudeRef: latitudeDeg < 0 ? "S" : "N",
        GPSLatitude: dms(latitudeDeg),
        GPSLongitudeRef: longitudeDeg < 0 ? "W" : "E",
        GPSLongitude: dms(longitudeDeg),
      },
    })
    .withXmp(
      `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
        `<rdf:Description rdf:about="" xmlns:drone-dji="http://www.dji.com/drone-dji/1.0/" ${xmp}/></rdf:RDF></x:xmpmeta>`,
    ).toFile(path);
}

function dms(degrees: number): string {
  const value = Math.abs(degrees), minutes = (value % 1) * 60;
  return `${Math.floor(value)}/1 ${Math.floor(minutes)}/1 ${
    Math.round((minutes % 1) * 6e6)
  }/100000`;
}
