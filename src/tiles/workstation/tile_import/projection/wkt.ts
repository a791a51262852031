/**
 * Coordinate systems that are written as WKT (GDAL's and Esri's WKT 1, WKT 2), in .prj and .aux.xml files
 * and citations: by their EPSG code where they name one, else by what they describe.
 *
 * npm:proj4 reads WKT too, but of what it takes without an error much lies elsewhere: polar stereographic of
 * Esri's 2,000 km, prime meridians, standard parallels, axes of oblique projections.
 *
 * @module
 */
import { type CoordinateSystem, geographicCodeOf, systemFromEpsg } from "./coordinate_system.ts";
import { projectionDefinition, type ProjectionMethod } from "./methods.ts";
import { childOf, numberIn, parseWkt, plainName, type WktNode } from "./wkt_tree.ts";

const PROJECTED = ["PROJCS", "PROJCRS", "PROJECTEDCRS"];
const GEOGRAPHIC = ["GEOGCS", "GEOGCRS", "GEOGRAPHICCRS", "GEODCRS", "GEODETICCRS"];
const BASE = ["GEOGCS", "BASEGEOGCRS", "BASEGEODCRS"];
const COMPOUND = ["COMPD_CS", "COMPOUNDCRS"];

/** Names of WKT 1 (GDAL, Esri) and WKT 2 (EPSG), without all but letters and digits. */
const METHODS: Readonly<Record<string, ProjectionMethod>> = {
  transversemercator: "transverse_mercator",
  gausskruger: "transverse_mercator",
  transversemercatorsouthorientated: "transverse_mercator_south",
  transversemercatorsouthoriented: "transverse_mercator_south",
  mercator: "mercator",
  mercator1sp: "mercator",
  mercator2sp: "mercator",
  mercatorvarianta: "mercator",
  mercatorvariantb: "mercator",
  mercatorauxiliarysphere: "web_mercator",
  popularvisualisationpseudomercator: "web_mercator",
  lambertconformalconic1sp: "lambert_conic_1",
  lambertconicconformal1sp: "lambert_conic_1",
  lambertconformalconic2sp: "lambert_conic_2",
  lambertconicconformal2sp: "lambert_conic_2",
  lambertconformalconic: "lambert_conic_2",
  lambertazimuthalequalarea: "lambert_equal_area",
  albersconicequalarea: "albers",
  albersequalarea: "albers",
  albers: "albers",
  azimuthalequidistant: "azimuthal_equidistant",
  modifiedazimuthalequidistant: "azimuthal_equidistant",
  equidistantconic: "equidistant_conic",
  polarstereographic: "polar_stereographic",
  polarstereographicvarianta: "polar_stereographic",
  polarstereographicvariantb: "polar_stereographic",
  stereographicnorthpole: "polar_stereographic",
  stereographicsouthpole: "polar_stereographic",
  obliquestereographic: "oblique_stereographic",
  doublestereographic: "oblique_stereographic",
  cassinisoldner: "cassini",
  cassini: "cassini",
  equirectangular: "equirectangular",
  equidistantcylindrical: "equirectangular",
  platecarree: "equirectangular",
  polyconic: "polyconic",
  americanpolyconic: "polyconic",
  krovak: "krovak",
  krovaknorthorientated: "krovak",
  newzealandmapgrid: "new_zealand_map_grid",
  hotineobliquemercator: "oblique_mercator_origin",
  hotineobliquemercatorvarianta: "oblique_mercator_origin",
  hotineobliquemercatorazimuthnaturalorigin: "oblique_mercator_origin",
  rectifiedskeworthomorphicnaturalorigin: "oblique_mercator_origin",
  hotineobliquemercatorazimuthcenter: "oblique_mercator_centre",
  hotineobliquemercatorvariantb: "oblique_mercator_centre",
  rectifiedskeworthomorphiccenter: "oblique_mercator_centre",
};

type Parameter =
  | "latitude"
  | "longitude"
  | "parallel1"
  | "parallel2"
  | "scale"
  | "east"
  | "north"
  | "azimuth"
  | "gridAngle"
  | "sphereType"
  | "pseudoParallel"
  | "xScale"
  | "yScale";

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  latitudeoforigin: "latitude",
  latitudeofcenter: "latitude",
  latitudeofcentre: "latitude",
  latitudeofnaturalorigin: "latitude",
  latitudeoffalseorigin: "latitude",
  latitudeofprojectioncentre: "latitude",
  centralmeridian: "longitude",
  longitudeofcenter: "longitude",
  longitudeofcentre: "longitude",
  longitudeoforigin: "longitude",
  longitudeofnaturalorigin: "longitude",
  longitudeoffalseorigin: "longitude",
  longitudeofprojectioncentre: "longitude",
  standardparallel1: "parallel1",
  latitudeof1ststandardparallel: "parallel1",
  latitudeofstandardparallel: "parallel1",
  standardparallel2: "parallel2",
  latitudeof2ndstandardparallel: "parallel2",
  scalefactor: "scale",
  scalefactoratnaturalorigin: "scale",
  scalefactoratprojectioncentre: "scale",
  scalefactoroninitialline: "scale",
  scalefactoronpseudostandardparallel: "scale",
  falseeasting: "east",
  eastingatfalseorigin: "east",
  eastingatprojectioncentre: "east",
  falsenorthing: "north",
  northingatfalseorigin: "north",
  northingatprojectioncentre: "north",
  azimuth: "azimuth",
  azimuthofinitialline: "azimuth",
  azimuthatprojectioncentre: "azimuth",
  colatitudeofconeaxis: "azimuth",
  rectifiedgridangle: "gridAngle",
  anglefromrectifiedtoskewgrid: "gridAngle",
  xyplanerotation: "gridAngle",
  auxiliaryspheretype: "sphereType",
  pseudostandardparallel1: "pseudoParallel",
  latitudeofpseudostandardparallel: "pseudoParallel",
  xscale: "xScale",
  yscale: "yScale",
};
const PLAIN_NUMBERS: readonly Parameter[] = ["scale", "sphereType", "xScale", "yScale"];

interface WrittenSystem {
  readonly system: CoordinateSystem;
  /** Multiplies the coordinates of the file, to degrees; 1 for projected systems. */
  readonly degreesPerUnit: number;
}

/** A text: why it cannot be read. */
export function systemFromWkt(wkt: string): WrittenSystem | string {
  const root = parseWkt(wkt);
  if (root === null) return "its coordinate system is no well-known text (WKT)";
  const node = COMPOUND.includes(root.keyword) ? root.children[0] ?? root : root;
  const name = String(node.values[0] ?? "unnamed");
  const isGeographic = GEOGRAPHIC.includes(node.keyword);
  if (!isGeographic && !PROJECTED.includes(node.keyword)) {
    return `its coordinate system "${name}" is a ${node.keyword}`;
  }
  const coded = codedSystem(node);
  if (isGeographic) {
    const base = baseOf(node);
    if (base === null) return `the ellipsoid of its coordinate system "${name}" is not stated`;
    const system = coded ?? { ...base, name, definition: `+proj=longlat ${base.definition}` };
    return { system, degreesPerUnit: degreesPerUnitOf(node) };
  }
  const system = coded ?? describedSystem(node, name);
  return typeof system === "string" ? system : { system, degreesPerUnit: 1 };
}

/** By its own EPSG code; that of a part (a datum, a height) is not its own. */
function codedSystem(node: WktNode): CoordinateSystem | null {
  const [authority, code] = childOf(node, "AUTHORITY", "ID")?.values ?? [];
  return authority === "EPSG" ? systemFromEpsg(Number(code)) : null;
}

/** Of a geographic system, or the one that a projection is based on: its ellipsoid and prime meridian. */
function baseOf(node: WktNode): CoordinateSystem | null {
  const datum = childOf(node, "DATUM", "GEODETICDATUM", "TRF", "ENSEMBLE");
  const ellipsoid = datum && childOf(datum, "SPHEROID", "ELLIPSOID");
  const a = numberIn(ellipsoid, 1), flattening = numberIn(ellipsoid, 2);
  if (datum === null || ellipsoid === null || a === null || flattening === null) return null;
  const metres = a * (numberIn(childOf(ellipsoid, "LENGTHUNIT", "UNIT"), 1) ?? 1);
  const shape = flattening === 0 ? `+a=${metres} +b=${metres}` : `+a=${metres} +rf=${flattening}`;
  const given = childOf(datum, "TOWGS84")?.values.map(Number) ?? [];
  const isShift = (given.length === 3 || given.length === 7) && given.every(Number.isFinite);
  return {
    name: "",
    definition: shape + meridianOf(node),
    geographicCode: geographicCodeOf(plainName(datum.values[0])),
    toWgs84: isShift ? given : null,
  };
}

/** WKT 1 has its longitude in degrees, whatever the unit of the system is (as PROJ reads it). */
function meridianOf(node: WktNode): string {
  const meridian = childOf(node, "PRIMEM", "PRIMEMERIDIAN");
  const longitude = numberIn(meridian, 1) ?? 0;
  if (meridian === null || longitude === 0) return "";
  const unit = numberIn(childOf(meridian, "ANGLEUNIT", "UNIT"), 1);
  return ` +pm=${unit === null ? longitude : longitude * unit * 180 / Math.PI}`;
}

/** The unit of a geographic system stands in it (WKT 1), at its axes (WKT 2), or is degrees. */
function degreesPerUnitOf(node: WktNode): number {
  const axis = childOf(node, "AXIS");
  const own = childOf(node, "UNIT", "ANGLEUNIT");
  const radians = numberIn(own ?? (axis && childOf(axis, "ANGLEUNIT", "UNIT")), 1);
  return tidyDegrees(radians);
}

/** Writers round the radians of a degree. */
function tidyDegrees(radians: number | null): number {
  const degrees = (radians ?? Math.PI / 180) * 180 / Math.PI;
  return Math.abs(degrees - 1) < 1e-9 ? 1 : degrees;
}

function metresPerUnitOf(node: WktNode): number {
  const axis = childOf(node, "AXIS");
  const own = childOf(node, "UNIT", "LENGTHUNIT");
  return numberIn(own ?? (axis && childOf(axis, "LENGTHUNIT", "UNIT")), 1) ?? 1;
}

function describedSystem(node: WktNode, name: string): CoordinateSystem | string {
  const conversion = childOf(node, "CONVERSION") ?? node;
  const methodName = String(childOf(conversion, "PROJECTION", "METHOD")?.values[0] ?? "unnamed");
  const method = METHODS[plainName(methodName)];
  const baseNode = childOf(node, ...BASE);
  const base = baseNode && baseOf(baseNode);
  const unread = (reason: string) => `its projection "${name}" cannot be read: ${reason}`;
  if (method === undefined) return unread(`it is ${methodName}`);
  if (baseNode === null || base === null) return unread("its ellipsoid is not stated");
  const metresPerUnit = metresPerUnitOf(node);
  const units = { metresPerUnit, degreesPerUnit: degreesPerUnitOf(baseNode) };
  const values = parametersOf(conversion, units);
  if (typeof values === "string") return unread(`parameter ${values}`);
  const extension = childOf(node, "EXTENSION");
  const isSphere = method === "web_mercator" || isWebMercator(extension);
  if (extension !== null && !isSphere) return unread("it has an extension");
  const projection = definitionOf(isSphere ? "web_mercator" : method, values);
  if (projection === null || !hasUsualAxes(node, method, values)) {
    return unread(`the parameters of its ${methodName} are unusual`);
  }
  return {
    ...base,
    name,
    definition: (isSphere ? projection : `${projection} ${base.definition}`) +
      (metresPerUnit === 1 ? "" : ` +to_meter=${metresPerUnit}`),
  };
}

/** GDAL's way of writing EPSG:3857 in WKT 1. */
function isWebMercator(extension: WktNode | null): boolean {
  const text = String(extension?.values[1] ?? "");
  return /\+proj=merc\b/.test(text) && /\+a=6378137(\.0)? \+b=6378137(\.0)?\b/.test(text);
}

type Values = ReadonlyMap<Parameter, number>;

/** In degrees and metres; a text: the parameter that is not known. */
function parametersOf(
  node: WktNode,
  { metresPerUnit, degreesPerUnit }: { metresPerUnit: number; degreesPerUnit: number },
): Values | string {
  const values = new Map<Parameter, number>();
  for (const child of node.children) {
    if (child.keyword !== "PARAMETER") continue;
    const kind = PARAMETERS[plainName(child.values[0])], value = numberIn(child, 1);
    if (kind === undefined || value === null) return String(child.values[0]);
    const unit = numberIn(childOf(child, "LENGTHUNIT", "ANGLEUNIT", "SCALEUNIT", "UNIT"), 1);
    if (PLAIN_NUMBERS.includes(kind)) values.set(kind, value * (unit ?? 1));
    else if (kind === "east" || kind === "north") values.set(kind, value * (unit ?? metresPerUnit));
    else values.set(kind, value * (unit === null ? degreesPerUnit : tidyDegrees(unit)));
  }
  return values;
}

function definitionOf(method: ProjectionMethod, values: Values): string | null {
  const of = (kind: Parameter, absent: number) => values.get(kind) ?? absent;
  // Esri's Lambert of one parallel has a scale there, that of two has none.
  const isOneParallel = method === "lambert_conic_2" && !values.has("parallel2");
  return projectionDefinition(isOneParallel ? "lambert_conic_1" : method, {
    latitudeDeg: of("latitude", method === "polar_stereographic" ? of("parallel1", 0) : 0),
    longitudeDeg: of("longitude", 0),
    parallel1Deg: values.get("parallel1") ?? null,
    parallel2Deg: values.get("parallel2") ?? null,
    scale: of("scale", 1),
    eastM: of("east", 0),
    northM: of("north", 0),
    azimuthDeg: values.get("azimuth") ?? null,
    gridAngleDeg: values.get("gridAngle") ?? null,
  });
}

/** Esri turns axes by parameters, others by AXIS: Krovak's to the south and west are not read. */
function hasUsualAxes(node: WktNode, method: ProjectionMethod, values: Values): boolean {
  if ((values.get("sphereType") ?? 0) !== 0) return false;
  const isTurned = values.has("xScale") || values.has("yScale");
  if (method !== "krovak") return !isTurned;
  const isEastNorth = values.get("xScale") === -1 && values.get("yScale") === 1 &&
    values.get("gridAngle") === 90;
  const directions = node.children.filter(({ keyword }) => keyword === "AXIS")
    .map(({ values }) => plainName(values[1]));
  return (isTurned ? isEastNorth : true) &&
    !directions.some((direction) => direction === "south" || direction === "west");
}
