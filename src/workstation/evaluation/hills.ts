/**
 * Hills for flights over relief: 100 m from the lowest to the highest ground, slopes of up to 20°.
 *
 * @module
 */
import { LocalFrame } from "../../core/mod.ts";
import { heightTiff } from "./height_tiff.ts";

/** From the middle to each side of the file, and between two heights, metres. */
const REACH_M = 2500;
const SPACING_M = 10;
const MEAN_HEIGHT_M = 100;
const HALF_RANGE_M = 50;
/** Of the longest hills: they are as steep as the range allows within 20°. */
const WAVE_M = 820;

/** Over the mean, metres: long hills and shorter ones across them. */
function hillM(eastM: number, northM: number): number {
  const k = 2 * Math.PI / WAVE_M;
  const long = Math.sin(k * (eastM + 0.3 * northM)) * Math.cos(0.7 * k * northM);
  const short = Math.sin(1.7 * k * (northM - 0.4 * eastM) + 1);
  return HALF_RANGE_M * (0.8 * long + 0.2 * short);
}

/** A GeoTIFF of them around "LAT,LON", heights over the ellipsoid. */
export function hillsTiff(centre: string): Uint8Array<ArrayBuffer> {
  const [latitudeDeg, longitudeDeg] = centre.split(",").map(Number);
  const frame = new LocalFrame({ latitudeDeg, longitudeDeg, heightM: 0 });
  const southWest = frame.wgsFromLocal([-REACH_M, -REACH_M, 0]);
  const northEast = frame.wgsFromLocal([REACH_M, REACH_M, 0]);
  const sidePx = 2 * REACH_M / SPACING_M;
  return heightTiff({
    southDeg: southWest.latitudeDeg,
    westDeg: southWest.longitudeDeg,
    northDeg: northEast.latitudeDeg,
    eastDeg: northEast.longitudeDeg,
    widthPx: sidePx,
    heightPx: sidePx,
    vertical: 5030,
    heightM(latitude, longitude) {
      const place = { latitudeDeg: latitude, longitudeDeg: longitude, heightM: 0 };
      const [eastM, northM] = frame.localFromWgs(place);
      return MEAN_HEIGHT_M + hillM(eastM, northM);
    },
  });
}
