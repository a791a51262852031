/**
 * Coordinate systems from GeoKeys: a code, a code with other units, or a projection that the keys
 * describe themselves.
 *
 * Source: OGC 19-008r4 (GeoTIFF 1.1), annex C; https://proj.org/operations/projections for the
 * parameters of each projection
 *
 * @module
 */
import {
  type CoordinateSystem,
  degreesPerUnitOf,
  ellipsoidOf,
  systemFromEpsg,
} from "./coordinate_system.ts";
import { type GeoKeys, KEY } from "./geo_keys.ts";
import { projectionDefinition, type ProjectionMethod } from "./methods.ts";

/** EPSG codes of units of length. */
const METRES: Readonly<Record<number, number>> = {
  9001: 1,
  9002: 0.3048,
  9003: 1200 / 3937,
  9004: 0.3048006096,
  9005: 0.3047972654,
  9014: 1.8288,
  9030: 1852,
  9031: 1.0000135965,
  9036: 1000,
  9037: 0.9143917962,
  9038: 20.1166195164,
  9039: 0.201166195164,
  9040: 0.9143984146160287,
  9041: 0.3047994715386762,
  9042: 20.116765121552632,
  9043: 0.2011676512155263,
  9050: 0.9143992,
  9051: 0.3047997333333333,
  9060: 0.9143992042898124,
  9061: 0.30479973476327077,
  9062: 20.116782494375872,
  9063: 0.2011678249437587,
  9080: 0.30479951024814694,
  9081: 0.30479841,
  9082: 0.3047996,
  9083: 0.3047995,
  9084: 0.9143985307444408,
  9085: 0.91439523,
  9086: 0.9143988,
  9087: 0.9143985,
  9093: 1609.344,
  9094: 0.3047997101815088,
  9095: 0.3048007491,
  9096: 0.9144,
  9097: 20.1168,
  9098: 0.201168,
  9099: 0.914398,
  9300: 0.30479933333333337,
  9301: 20.116756,
  9302: 0.20116756,
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
    // Of a system of the dataset the unit is its own, whatever the keys say (as GDAL has it).
    degreesPerUnit: code === null ? unit ?? 1 : degreesPerUnitOf(code),
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

/** Codes of GeoTIFF's projection methods (OGC 19-008r4, annex C; 9815: an EPSG code that GDAL writes). */
const METHODS: Readonly<Record<number, ProjectionMethod>> = {
  1: "transverse_mercator",
  3: "oblique_mercator_origin",
  7: "mercator",
  8: "lambert_conic_2",
  9: "lambert_conic_1",
  10: "lambert_equal_area",
  11: "albers",
  12: "azimuthal_equidistant",
  13: "equidistant_conic",
  15: "polar_stereographic",
  16: "oblique_stereographic",
  17: "equirectangular",
  18: "cassini",
  22: "polyconic",
  26: "new_zealand_map_grid",
  27: "transverse_mercator_south",
  9815: "oblique_mercator_centre",
};

function describedProjection(keys: GeoKeys, metresPerUnit: number): string | null {
  const method = METHODS[keys.code(KEY.method) ?? 0];
  if (method === undefined) return null;
  const degrees = unitOf(keys, KEY.angularUnits, KEY.angularUnitSize, DEGREES) ?? 1;
  const angle = (...of: readonly number[]) => {
    const value = keys.number(...of);
    return value === null ? null : value * degrees;
  };
  const length = (...of: readonly number[]) => (keys.number(...of) ?? 0) * metresPerUnit;
  return projectionDefinition(method, {
    latitudeDeg: angle(KEY.naturalOriginLatitude, KEY.falseOriginLatitude, KEY.centreLatitude) ?? 0,
    longitudeDeg: angle(
      // Of polar projections the meridian that points down is a key of its own.
      ...(method === "polar_stereographic" ? [KEY.poleLongitude] : []),
      KEY.naturalOriginLongitude,
      KEY.falseOriginLongitude,
      KEY.centreLongitude,
      KEY.poleLongitude,
    ) ?? 0,
    parallel1Deg: angle(KEY.standardParallel1),
    parallel2Deg: angle(KEY.standardParallel2),
    scale: keys.number(KEY.scaleAtNaturalOrigin, KEY.scaleAtCentre) ?? 1,
    eastM: length(KEY.falseEasting, KEY.falseOriginEasting, KEY.centreEasting),
    northM: length(KEY.falseNorthing, KEY.falseOriginNorthing, KEY.centreNorthing),
    azimuthDeg: angle(KEY.azimuth),
    gridAngleDeg: angle(KEY.gridAngle),
  });
}
