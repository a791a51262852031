/**
 * Coordinate systems from GeoKeys: a code, a code with other units, or a projection that the keys
 * describe themselves.
 *
 * Source: OGC 19-008r4 (GeoTIFF 1.1), annex C; https://proj.org/operations/projections for the
 * parameters of each projection
 *
 * @module
 */
import { type CoordinateSystem, ellipsoidOf, systemFromEpsg } from "./coordinate_system.ts";
import { type GeoKeys, KEY } from "./geo_keys.ts";

const METRES: Readonly<Record<number, number>> = {
  9001: 1,
  9002: 0.3048,
  9003: 1200 / 3937,
  9004: 0.3048006096,
  9005: 0.3047972654,
  9014: 1.8288,
  9030: 1852,
  9036: 1000,
  9093: 1609.344,
};
const DEGREES: Readonly<Record<number, number>> = {
  9101: 180 / Math.PI,
  9102: 1,
  9103: 1 / 60,
  9104: 1 / 3600,
  9105: 0.9,
  9106: 0.9,
};
/** Projected model; the other that is read is geographic (2). */
const MODEL_PROJECTED = 1, MODEL_GEOGRAPHIC = 2;
const DEGREE = 9102;

interface KeyedSystem {
  readonly system: CoordinateSystem;
  /** Multiplies the coordinates of the file, to degrees; 1 for projected systems. */
  readonly degreesPerUnit: number;
}

/** A text: what of the keys cannot be read. */
export function systemFromKeys(keys: GeoKeys): KeyedSystem | string {
  const model = keys.number(KEY.modelType);
  const projectedCode = keys.code(KEY.projected), geographicCode = keys.code(KEY.geographic);
  const isProjected = model === MODEL_PROJECTED ||
    model !== MODEL_GEOGRAPHIC && keys.number(KEY.projected) !== null;
  if (!isProjected) return geographicSystem(keys, geographicCode);
  const metresPerUnit = unitOf(keys, KEY.linearUnits, KEY.linearUnitSize, METRES);
  if (metresPerUnit === undefined) return `its unit is ${keys.number(KEY.linearUnits)}`;
  if (projectedCode === null) {
    const system = describedSystem(keys, metresPerUnit ?? 1);
    return typeof system === "string" ? system : { system, degreesPerUnit: 1 };
  }
  const system = systemFromEpsg(projectedCode);
  if (system === null) return `its projection is EPSG:${projectedCode}`;
  return { system: withUnit(system, metresPerUnit), degreesPerUnit: 1 };
}

/** The keys' own unit counts, also where the code has another (false origins stay where they are). */
function withUnit(system: CoordinateSystem, metresPerUnit: number | null): CoordinateSystem {
  if (metresPerUnit === null) return system;
  const { name, definition } = system;
  const plain = definition.replace(/\+units=\S+|\+to_meter=\S+/g, "").trim();
  const own = proj4Unit(definition);
  if (Math.abs(own - metresPerUnit) < 1e-9) return system;
  return {
    ...system,
    name: `${name} in units of ${metresPerUnit.toPrecision(10).replace(/\.?0+$/, "")} m`,
    definition: `${plain} +to_meter=${metresPerUnit}`,
  };
}

function proj4Unit(definition: string): number {
  const [, number] = /\+to_meter=(\S+)/.exec(definition) ?? [];
  if (number !== undefined) return Number(number);
  const [, unit] = /\+units=(\S+)/.exec(definition) ?? [];
  const known: Readonly<Record<string, number>> = {
    "us-ft": 1200 / 3937,
    ft: 0.3048,
    km: 1000,
    m: 1,
  };
  return unit === undefined ? 1 : known[unit] ?? NaN;
}

/** null where the keys state no unit; undefined where it is not known. */
function unitOf(
  keys: GeoKeys,
  key: number,
  sizeKey: number,
  known: Readonly<Record<number, number>>,
): number | null | undefined {
  const size = keys.number(sizeKey);
  const code = keys.code(key);
  if (code === null) {
    if (keys.number(key) === null || size === null) return null;
    // Sizes of angular units are radians.
    return known === DEGREES ? size * 180 / Math.PI : size;
  }
  return known[code];
}

function geographicSystem(keys: GeoKeys, code: number | null): KeyedSystem | string {
  const base = baseOf(keys, code);
  if (typeof base === "string") return base;
  const unit = unitOf(keys, KEY.angularUnits, KEY.angularUnitSize, DEGREES);
  if (unit === undefined) return `its unit of angles is ${keys.code(KEY.angularUnits) ?? DEGREE}`;
  return {
    system: { ...base, definition: `+proj=longlat ${base.definition}` },
    // Of a system of the dataset the unit is degrees, whatever the keys say (as GDAL has it).
    degreesPerUnit: code === null ? unit ?? 1 : 1,
  };
}

/** The ellipsoid and datum that the keys name. */
function baseOf(keys: GeoKeys, code: number | null): CoordinateSystem | string {
  const datum = keys.code(KEY.datum);
  // Datums 6001 to 6999 are those of the geographic systems 4001 to 4999.
  const geographicCode = code ??
    (datum !== null && datum > 6000 && datum < 7000 ? datum - 2000 : null);
  const given = keys.numbers(KEY.toWgs84);
  const toWgs84 = given !== null && (given.length === 3 || given.length === 7) ? given : null;
  if (geographicCode !== null) {
    const ellipsoid = ellipsoidOf(geographicCode);
    if (ellipsoid === null) return `its geographic system is EPSG:${geographicCode}`;
    const name = code === null ? "a user-defined system" : `EPSG:${code}`;
    return { name, definition: ellipsoid, geographicCode, toWgs84 };
  }
  const a = keys.number(KEY.semiMajorAxis), flattening = keys.number(KEY.inverseFlattening);
  const b = keys.number(KEY.semiMinorAxis);
  const codes: Readonly<Record<number, string>> = {
    7030: "+ellps=WGS84",
    7019: "+ellps=GRS80",
    7004: "+ellps=bessel",
    7022: "+ellps=intl",
    7008: "+ellps=clrk66",
    7024: "+ellps=krass",
  };
  const known = codes[keys.code(KEY.ellipsoid) ?? 0];
  const axes = a === null
    ? null
    : flattening !== null && flattening !== 0
    ? `+a=${a} +rf=${flattening}`
    : `+a=${a} +b=${b ?? a}`;
  const ellipsoid = known ?? axes;
  if (ellipsoid === null) return "its datum is not named";
  const meridian = keys.number(KEY.primeMeridianLongitude);
  const pm = meridian === null || meridian === 0 ? "" : ` +pm=${meridian}`;
  return {
    name: "a user-defined system",
    definition: `${ellipsoid}${pm}`,
    geographicCode: null,
    toWgs84,
  };
}

/** EPSG's conversions of the UTM zones: 16001 to 16060 north, 16101 to 16160 south. */
function utmOf(conversion: number | null): string | null {
  const zone = (conversion ?? 0) % 100;
  const family = Math.floor((conversion ?? 0) / 100);
  if (zone < 1 || zone > 60 || family !== 160 && family !== 161) return null;
  return `+proj=utm +zone=${zone}${family === 161 ? " +south" : ""}`;
}

function describedSystem(keys: GeoKeys, metresPerUnit: number): CoordinateSystem | string {
  const base = baseOf(keys, keys.code(KEY.geographic));
  if (typeof base === "string") return base;
  const projection = utmOf(keys.code(KEY.conversion)) ?? describedProjection(keys, metresPerUnit);
  if (projection === null) {
    const method = keys.code(KEY.method), conversion = keys.code(KEY.conversion);
    return `its projection is not named by an EPSG code (method ${method ?? "not named"}, ` +
      `conversion ${conversion ?? "not named"})`;
  }
  return {
    ...base,
    name: "a user-defined projection",
    definition: `${projection} ${base.definition}` +
      (metresPerUnit === 1 ? "" : ` +to_meter=${metresPerUnit}`),
  };
}

function describedProjection(keys: GeoKeys, metresPerUnit: number): string | null {
  const degrees = unitOf(keys, KEY.angularUnits, KEY.angularUnitSize, DEGREES) ?? 1;
  const angle = (...of: readonly number[]) => (keys.number(...of) ?? 0) * degrees;
  const length = (...of: readonly number[]) => (keys.number(...of) ?? 0) * metresPerUnit;
  const latitude = `+lat_0=${
    angle(KEY.naturalOriginLatitude, KEY.falseOriginLatitude, KEY.centreLatitude)
  }`;
  const longitude = `+lon_0=${
    angle(
      KEY.naturalOriginLongitude,
      KEY.falseOriginLongitude,
      KEY.centreLongitude,
      KEY.poleLongitude,
    )
  }`;
  const origin = `+x_0=${length(KEY.falseEasting, KEY.falseOriginEasting, KEY.centreEasting)} ` +
    `+y_0=${length(KEY.falseNorthing, KEY.falseOriginNorthing, KEY.centreNorthing)}`;
  const scale = `+k_0=${keys.number(KEY.scaleAtNaturalOrigin, KEY.scaleAtCentre) ?? 1}`;
  const parallels = `+lat_1=${angle(KEY.standardParallel1)} +lat_2=${angle(KEY.standardParallel2)}`;
  const trueScale = angle(KEY.standardParallel1, KEY.naturalOriginLatitude);
  switch (keys.code(KEY.method)) {
    case 1:
      return `+proj=tmerc ${latitude} ${longitude} ${scale} ${origin}`;
    case 7:
      return keys.number(KEY.standardParallel1) === null
        ? `+proj=merc ${longitude} ${scale} ${origin}`
        : `+proj=merc +lat_ts=${angle(KEY.standardParallel1)} ${longitude} ${origin}`;
    case 8:
      return `+proj=lcc ${latitude} ${longitude} ${parallels} ${origin}`;
    case 9:
      return `+proj=lcc +lat_1=${
        angle(KEY.naturalOriginLatitude, KEY.centreLatitude)
      } ${latitude} ${longitude} ${scale} ${origin}`;
    case 10:
      return `+proj=laea ${latitude} ${longitude} ${origin}`;
    case 11:
      return `+proj=aea ${latitude} ${longitude} ${parallels} ${origin}`;
    case 12:
      return `+proj=aeqd ${latitude} ${longitude} ${origin}`;
    case 15: {
      // The latitude of true scale stands where others have their origin.
      const pole = trueScale < 0 ? -90 : 90;
      const meridian = `+lon_0=${angle(KEY.poleLongitude, KEY.naturalOriginLongitude)}`;
      return Math.abs(trueScale) === 90
        ? `+proj=stere +lat_0=${pole} ${meridian} ${scale} ${origin}`
        : `+proj=stere +lat_0=${pole} +lat_ts=${trueScale} ${meridian} ${origin}`;
    }
    case 16:
      return `+proj=sterea ${latitude} ${longitude} ${scale} ${origin}`;
    case 18:
      return `+proj=cass ${latitude} ${longitude} ${origin}`;
    default:
      return null;
  }
}
