/**
 * Conversions between WGS84, ECEF and ENU on proj4, and the flat local frame of reference for
 * navigation.
 *
 * @module
 */
import proj4 from "proj4";
import { radiansFromDegrees } from "./units.ts";

/** A WGS84 position: degrees, and metres over the ellipsoid. */
export interface WgsPosition {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly heightM: number;
}

/** Three metres: east, north, up. */
export type Enu = readonly [eastM: number, northM: number, upM: number];
/** Earth-centred, earth-fixed metres. */
type Ecef = readonly [xM: number, yM: number, zM: number];

/** A coordinate that does not exist on Earth, or is outside of a frame's range. */
export class WgsConversionError extends RangeError {
  readonly code = "WGS_CONVERSION";
}

const GEODETIC = "+proj=longlat +datum=WGS84 +no_defs";
const GEOCENTRIC = "+proj=geocent +datum=WGS84 +units=m +no_defs";
const geodeticToGeocentric = proj4(GEODETIC, GEOCENTRIC);

/** Throws {@link WgsConversionError} unless the position is finite and on Earth. */
function checkWgs(position: WgsPosition): WgsPosition {
  const { latitudeDeg, longitudeDeg, heightM } = position;
  if (!(latitudeDeg >= -90 && latitudeDeg <= 90)) {
    throw new WgsConversionError(`latitude must be in [-90, 90] degrees, got ${latitudeDeg}`);
  }
  if (!(longitudeDeg >= -180 && longitudeDeg <= 180)) {
    throw new WgsConversionError(`longitude must be in [-180, 180] degrees, got ${longitudeDeg}`);
  }
  if (!(heightM >= -20_000 && heightM <= 1_000_000)) {
    throw new WgsConversionError(`height must be in [-20 km, 1,000 km], got ${heightM} m`);
  }
  return position;
}

/** WGS84 ↔ ECEF ↔ ENU, and horizontal distances. */
export class WgsConverter {
  /** ECEF metres of a WGS84 position. */
  static ecefFromWgs(position: WgsPosition): Ecef {
    checkWgs(position);
    const [x, y, z] = geodeticToGeocentric.forward([
      position.longitudeDeg,
      position.latitudeDeg,
      position.heightM,
    ]);
    return [x, y, z];
  }

  static wgsFromEcef(ecef: Ecef): WgsPosition {
    if (ecef.length !== 3 || !ecef.every(Number.isFinite)) {
      throw new WgsConversionError(`ECEF must be three finite metres, got [${ecef}]`);
    }
    const [longitudeDeg, latitudeDeg, heightM] = geodeticToGeocentric.inverse([...ecef]);
    return checkWgs({ latitudeDeg, longitudeDeg, heightM });
  }

  /** East, north and up of `position` in the plane that touches the ellipsoid at `origin`. */
  static enuFromWgs(position: WgsPosition, origin: WgsPosition): Enu {
    const [x0, y0, z0] = WgsConverter.ecefFromWgs(origin);
    const [x, y, z] = WgsConverter.ecefFromWgs(position);
    const r = enuFromEcefRotation(origin);
    const d = [x - x0, y - y0, z - z0];
    return [
      r[0] * d[0] + r[1] * d[1] + r[2] * d[2],
      r[3] * d[0] + r[4] * d[1] + r[5] * d[2],
      r[6] * d[0] + r[7] * d[1] + r[8] * d[2],
    ];
  }

  static wgsFromEnu(enu: Enu, origin: WgsPosition): WgsPosition {
    const [x0, y0, z0] = WgsConverter.ecefFromWgs(origin);
    const r = enuFromEcefRotation(origin);
    return WgsConverter.wgsFromEcef([
      x0 + r[0] * enu[0] + r[3] * enu[1] + r[6] * enu[2],
      y0 + r[1] * enu[0] + r[4] * enu[1] + r[7] * enu[2],
      z0 + r[2] * enu[0] + r[5] * enu[1] + r[8] * enu[2],
    ]);
  }

  /** Metres over the ground between two positions, at the mean of their heights (under 100 km). */
  static horizontalDistanceM(a: WgsPosition, b: WgsPosition): number {
    const localFrame = new LocalFrame({ ...a, heightM: 0 });
    const [east, north] = localFrame.localFromWgs({ ...b, heightM: 0 });
    return Math.hypot(east, north);
  }
}

/** Row-major rotation, ENU from ECEF. */
function enuFromEcefRotation(origin: WgsPosition): readonly number[] {
  const latitude = radiansFromDegrees(origin.latitudeDeg);
  const longitude = radiansFromDegrees(origin.longitudeDeg);
  const sinLat = Math.sin(latitude), cosLat = Math.cos(latitude);
  const sinLon = Math.sin(longitude), cosLon = Math.cos(longitude);
  return [
    -sinLon,
    cosLon,
    0,
    -sinLat * cosLon,
    -sinLat * sinLon,
    cosLat,
    cosLat * cosLon,
    cosLat * sinLon,
    sinLat,
  ]; // deno-fmt-ignore
}

/**
 * The flat local frame of a flight: east and north of a transverse Mercator projection centred on
 * the origin, up = height over the ellipsoid minus the origin's height.
 *
 * A tangent plane would be 31 m below the ground 20 km away; here "up" stays height, and lengths
 * are accurate to 1 in 100,000 within 28 km. Grid north differs from true north by at most
 * `convergenceRad`, 0.2° at 20 km in middle latitudes.
 */
export class LocalFrame {
  readonly origin: WgsPosition;
  readonly #projection: proj4.Converter;

  constructor(origin: WgsPosition) {
    this.origin = checkWgs(origin);
    if (Math.abs(origin.latitudeDeg) > 89) {
      throw new WgsConversionError(
        `the origin of a local frame cannot be within 1° of a pole, got latitude ${origin.latitudeDeg}`,
      );
    }
    this.#projection = proj4(
      GEODETIC,
      `+proj=tmerc +lat_0=${origin.latitudeDeg} +lon_0=${origin.longitudeDeg} +k=1 +x_0=0 +y_0=0 ` +
        "+datum=WGS84 +units=m +no_defs",
    );
  }

  localFromWgs(position: WgsPosition): Enu {
    checkWgs(position);
    const [east, north] = this.#projection.forward([position.longitudeDeg, position.latitudeDeg]);
    return [east, north, position.heightM - this.origin.heightM];
  }

  wgsFromLocal(local: Enu): WgsPosition {
    if (local.length !== 3 || !local.every(Number.isFinite)) {
      throw new WgsConversionError(`a local position must be three finite metres, got [${local}]`);
    }
    const [longitudeDeg, latitudeDeg] = this.#projection.inverse([local[0], local[1]]);
    return checkWgs({ latitudeDeg, longitudeDeg, heightM: local[2] + this.origin.heightM });
  }

  /** Grid north minus true north, radians, positive east of north: heading = grid heading + this. */
  convergenceRad(position: WgsPosition): number {
    const deltaLongitude = radiansFromDegrees(position.longitudeDeg - this.origin.longitudeDeg);
    return Math.atan(Math.tan(deltaLongitude) * Math.sin(radiansFromDegrees(position.latitudeDeg)));
  }
}
