/**
 * The map projections that files describe themselves, from their parameters to a definition for proj4. Only
 * those that a test has held against GDAL are here.
 *
 * Source: https://proj.org/operations/projections; EPSG Guidance Note 7-2
 *
 * @module
 */

export type ProjectionMethod =
  | "transverse_mercator"
  | "transverse_mercator_south"
  | "mercator"
  | "web_mercator"
  | "lambert_conic_1"
  | "lambert_conic_2"
  | "lambert_equal_area"
  | "albers"
  | "azimuthal_equidistant"
  | "equidistant_conic"
  | "polar_stereographic"
  | "oblique_stereographic"
  | "cassini"
  | "equirectangular"
  | "polyconic"
  | "krovak"
  | "new_zealand_map_grid"
  | "oblique_mercator_origin"
  | "oblique_mercator_centre";

interface ProjectionParameters {
  /** Of the origin, degrees. */
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  /** Standard parallels; null: not stated. */
  readonly parallel1Deg: number | null;
  readonly parallel2Deg: number | null;
  readonly scale: number;
  /** False easting and northing. */
  readonly eastM: number;
  readonly northM: number;
  /** Of the initial line of an oblique projection, clockwise from north. */
  readonly azimuthDeg: number | null;
  /** From the rectified to the skew grid; null: the azimuth. */
  readonly gridAngleDeg: number | null;
}

/** Krovak's projection is read with the values of EPSG 9819 only: proj4 assumes the rest of them. */
const KROVAK = { latitudeDeg: 49.5, azimuthDeg: 30.28813975 };

/** Without ellipsoid and unit; null for parameters that this method is not read with. */
export function projectionDefinition(
  method: ProjectionMethod,
  p: ProjectionParameters,
): string | null {
  const latitude = `+lat_0=${p.latitudeDeg}`, longitude = `+lon_0=${p.longitudeDeg}`;
  const scale = `+k_0=${p.scale}`, origin = `+x_0=${p.eastM} +y_0=${p.northM}`;
  const parallel1 = p.parallel1Deg ?? p.latitudeDeg;
  const parallels = `+lat_1=${parallel1} +lat_2=${p.parallel2Deg ?? parallel1}`;
  const common = `${latitude} ${longitude} ${origin}`;
  switch (method) {
    case "transverse_mercator":
      return `+proj=tmerc ${common} ${scale}`;
    case "transverse_mercator_south":
      return `+proj=tmerc +axis=wsu ${common} ${scale}`;
    case "mercator":
      return mercator(p, `${longitude} ${origin}`);
    case "web_mercator":
      return `+proj=merc +a=6378137 +b=6378137 ${longitude} ${origin}`;
    case "lambert_conic_1":
      return `+proj=lcc +lat_1=${parallel1} ${common} ${scale}`;
    case "lambert_conic_2":
      return `+proj=lcc ${parallels} ${common} ${scale}`;
    case "lambert_equal_area":
      return `+proj=laea ${common}`;
    case "albers":
      return `+proj=aea ${parallels} ${common}`;
    case "azimuthal_equidistant":
      return `+proj=aeqd ${common}`;
    case "equidistant_conic":
      return `+proj=eqdc ${parallels} ${common}`;
    case "polar_stereographic":
      return polarStereographic(p, `${longitude} ${origin}`);
    case "oblique_stereographic":
      return `+proj=sterea ${common} ${scale}`;
    case "cassini":
      return `+proj=cass ${common}`;
    case "equirectangular":
      return `+proj=eqc +lat_ts=${p.parallel1Deg ?? 0} ${common}`;
    case "polyconic":
      return `+proj=poly ${common}`;
    case "krovak":
      return krovak(p, `${common} ${scale}`);
    case "new_zealand_map_grid":
      return `+proj=nzmg ${common}`;
    case "oblique_mercator_origin":
      return obliqueMercator(p, " +no_uoff");
    case "oblique_mercator_centre":
      return obliqueMercator(p, "");
  }
}

function mercator({ parallel1Deg, scale }: ProjectionParameters, common: string): string {
  return parallel1Deg === null
    ? `+proj=merc ${common} +k_0=${scale}`
    : `+proj=merc ${common} +lat_ts=${parallel1Deg}`;
}

/** By a scale at the pole, or by the parallel of true scale. */
function polarStereographic(
  { latitudeDeg, parallel1Deg, scale }: ProjectionParameters,
  common: string,
): string | null {
  const trueScaleDeg = parallel1Deg ?? latitudeDeg;
  if (trueScaleDeg === 0) return null;
  const pole = trueScaleDeg < 0 ? -90 : 90;
  if (Math.abs(trueScaleDeg) === 90) return `+proj=stere +lat_0=${pole} ${common} +k_0=${scale}`;
  return scale === 1 ? `+proj=stere +lat_0=${pole} +lat_ts=${trueScaleDeg} ${common}` : null;
}

function krovak(
  { latitudeDeg, azimuthDeg }: ProjectionParameters,
  common: string,
): string | null {
  const isUsual = Math.abs(latitudeDeg - KROVAK.latitudeDeg) < 1e-9 &&
    (azimuthDeg === null || Math.abs(azimuthDeg - KROVAK.azimuthDeg) < 1e-6);
  return isUsual ? `+proj=krovak ${common}` : null;
}

/** An initial line to the east is the Swiss oblique Mercator, for which proj4 has a formula of its own. */
function obliqueMercator(p: ProjectionParameters, offset: string): string | null {
  const { latitudeDeg, longitudeDeg, azimuthDeg, gridAngleDeg, scale, eastM, northM } = p;
  if (azimuthDeg === null) return null;
  const common = `+lat_0=${latitudeDeg} +k_0=${scale} +x_0=${eastM} +y_0=${northM}`;
  const gamma = gridAngleDeg ?? azimuthDeg;
  if (azimuthDeg === 90 && gamma === 90) {
    return offset === "" ? `+proj=somerc +lon_0=${longitudeDeg} ${common}` : null;
  }
  return `+proj=omerc +lonc=${longitudeDeg} +alpha=${azimuthDeg} +gamma=${gamma}${offset} ${common}`;
}
