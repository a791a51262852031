/**
 * Writes the table of coordinate reference systems that `operator tiles import` reads, from the EPSG
 * dataset as PROJ brings it (Debian: proj-data, python3-gdal).
 *
 *     deno run -P=tasks tasks/projections.ts
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";

const DATABASE = "/usr/share/proj/proj.db";
const OUT = new URL(
  "../src/tiles/workstation/tile_import/projection/epsg.json",
  import.meta.url,
);
/** Geocentric translations, position vector, coordinate frame (between geographic 2D systems). */
const METHODS: Readonly<Record<string, 1 | -1>> = { 9603: 1, 9606: 1, 9607: -1 };
/** Systems that agree with WGS84 to a metre: where no shift leads to WGS84, one to these serves. */
const HUBS = ["4326", "4258", "4269", "4283", "4167", "4674", "4148", "4612", "4171", "4937"];
/** In metres, seconds of arc and parts per million. */
const UNIT: Readonly<Record<string, number>> = {
  9001: 1,
  1025: 0.001,
  1033: 0.01,
  9104: 1,
  9113: 0.324,
  1031: 0.001,
  9202: 1,
  1028: 0.001,
  9101: 180 * 3600 / Math.PI,
  9109: 180 * 3600 / Math.PI / 1e6,
  9201: 1e6,
};

const database = new DatabaseSync(DATABASE, { readOnly: true });
type Row = Readonly<Record<string, string | number | null>>;
const all = (sql: string) => database.prepare(sql).all() as Row[];

/** Without the datum (its shift stands in a table of its own) and what every string has. */
function definition(proj: string): string {
  const ellipsoids: Readonly<Record<string, string>> = {
    WGS84: "WGS84",
    NAD83: "GRS80",
    NAD27: "clrk66",
    GGRS87: "GRS80",
  };
  return proj.trim()
    .replace(/\+datum=(\w+)/, (_, datum) => `+ellps=${ellipsoids[datum] ?? datum}`)
    .replace(/\+(no_defs|wktext|units=m\b)|\+(towgs84|nadgrids|type|geoidgrids)=\S+/g, "")
    .replace(/\s+/g, " ").trim();
}

/** One process for all of them: starting GDAL's programs takes longer than what they do here. */
const DEFINITIONS = `
import sys
from osgeo import osr
osr.DontUseExceptions()
for code in sys.stdin.read().split():
    system = osr.SpatialReference()
    if system.ImportFromEPSG(int(code)) == 0:
        print(code, system.ExportToProj4())
`;
/** A place of each system: its coordinates there, and longitude and latitude as GDAL has them. */
const PLACES = `
import sys
from osgeo import osr
osr.DontUseExceptions()
wgs84 = osr.SpatialReference()
wgs84.ImportFromEPSG(4326)
wgs84.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
for line in sys.stdin.read().split("\\n"):
    code, longitude, latitude = line.split()
    system = osr.SpatialReference()
    if system.ImportFromEPSG(int(code)) != 0: continue
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    try:
        x, y, _ = osr.CoordinateTransformation(wgs84, system).TransformPoint(float(longitude), float(latitude))
        lon, lat, _ = osr.CoordinateTransformation(system, wgs84).TransformPoint(x, y)
        print(code, x, y, lon, lat)
    except Exception:
        pass
`;

async function python(script: string, input: string): Promise<readonly string[]> {
  const child = new Deno.Command("/usr/bin/python3", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { stdout } = await child.output();
  return new TextDecoder().decode(stdout).split("\n");
}

async function definitions(codes: readonly number[]): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  for (const line of await python(DEFINITIONS, codes.join("\n"))) {
    const [, code, text] = /^(\d+) (\+proj=.*)$/.exec(line) ?? [];
    if (code !== undefined) found.set(Number(code), definition(text));
  }
  return found;
}

function shiftsFrom(code: number): readonly (readonly number[])[] {
  const rows = all(
    "SELECT h.*, e.south_lat, e.west_lon, e.north_lat, e.east_lon FROM helmert_transformation_table h " +
      "JOIN usage u ON u.object_table_name = 'helmert_transformation' AND u.object_code = h.code " +
      "AND u.object_auth_name = 'EPSG' JOIN extent e ON e.code = u.extent_code " +
      "AND e.auth_name = u.extent_auth_name WHERE h.auth_name = 'EPSG' AND h.deprecated = 0 " +
      `AND h.source_crs_code = '${code}' AND h.source_crs_auth_name = 'EPSG' AND h.accuracy <> '' ` +
      // As PROJ has it: of equal ones none before a shift, then the newest, "to WGS 84 (2)". 999: an accuracy that
      // nobody knows.
      "AND h.accuracy < 999 GROUP BY h.code ORDER BY " +
      "h.tx = 0 AND h.ty = 0 AND h.tz = 0 AND coalesce(h.rx, 0) = 0 DESC, h.name DESC",
  ).filter((row) => METHODS[String(row.method_code)] !== undefined);
  const direct = rows.filter((row) => row.target_crs_code === "4326");
  const chosen = direct.length > 0
    ? direct
    : rows.filter((row) => HUBS.includes(String(row.target_crs_code)));
  return chosen.map((row) => {
    const scaled = (value: string, unit: string) => {
      const size = row[unit] === null ? 0 : UNIT[String(row[unit])];
      if (size === undefined) throw new Error(`unit ${row[unit]} of ${row.name}`);
      return Number((Number(row[value] ?? 0) * size).toPrecision(10));
    };
    const sign = METHODS[String(row.method_code)];
    return [
      ...["tx", "ty", "tz"].map((name) => scaled(name, "translation_uom_code")),
      ...["rx", "ry", "rz"].map((name) => sign * scaled(name, "rotation_uom_code") + 0),
      scaled("scale_difference", "scale_difference_uom_code"),
      Number(row.accuracy),
      ...["south_lat", "west_lon", "north_lat", "east_lon"].map((name) => Number(row[name])),
    ];
  });
}

interface Extent {
  readonly code: number;
  readonly south: number;
  readonly west: number;
  readonly north: number;
  readonly east: number;
}

/** Inside of the area of use, off its middle. */
function placeIn({ south, west, north, east }: Extent): readonly [number, number] {
  const width = east < west ? east - west + 360 : east - west;
  const longitude = west + 0.513 * width;
  return [longitude > 180 ? longitude - 360 : longitude, south + 0.51 * (north - south)];
}

function extents(kind: string): readonly Extent[] {
  return all(
    "SELECT u.object_code AS code, e.south_lat AS south, e.west_lon AS west, e.north_lat AS north, " +
      "e.east_lon AS east FROM usage u JOIN extent e ON e.code = u.extent_code AND " +
      "e.auth_name = u.extent_auth_name WHERE u.object_auth_name = 'EPSG' AND " +
      `u.object_table_name = '${kind}' AND e.south_lat IS NOT NULL GROUP BY u.object_code`,
  ).map((row) => ({
    code: Number(row.code),
    south: Number(row.south),
    west: Number(row.west),
    north: Number(row.north),
    east: Number(row.east),
  }));
}

async function placesOf(kind: string): Promise<readonly (readonly number[])[]> {
  const lines = extents(kind).map((extent) => [extent.code, ...placeIn(extent)].join(" "));
  return (await python(PLACES, lines.join("\n"))).map((line) => line.split(" ").map(Number))
    .filter((place) => place.length === 5 && place.every(Number.isFinite));
}

function distanceM(lon: number, lat: number, toLon: number, toLat: number): number {
  const east = ((toLon - lon + 540) % 360 - 180) * Math.cos(lat * Math.PI / 180);
  return Math.hypot(east, toLat - lat) * 111_320;
}

const projectedRows = all(
  "SELECT code, geodetic_crs_code AS base FROM projected_crs WHERE auth_name = 'EPSG' " +
    "AND geodetic_crs_auth_name = 'EPSG' ORDER BY CAST(code AS INTEGER)",
);
const geographicRows = all(
  "SELECT code FROM geodetic_crs WHERE auth_name = 'EPSG' AND type = 'geographic 2D' " +
    "ORDER BY CAST(code AS INTEGER)",
);
const projected = await definitions(projectedRows.map(({ code }) => Number(code)));
const geographic = await definitions(geographicRows.map(({ code }) => Number(code)));
const shifts: Record<string, readonly (readonly number[])[]> = {};
// Systems that count from another meridian than Greenwich are on the datum of one that does.
const rotations = new Map(
  all(
    "SELECT source_crs_code AS code, target_crs_code AS base FROM other_transformation WHERE " +
      "method_code = '9601' AND auth_name = 'EPSG' AND deprecated = 0 ORDER BY name DESC",
  ).map(({ code, base }) => [Number(code), Number(base)]),
);
for (const code of geographic.keys()) {
  const found = shiftsFrom(rotations.get(code) ?? code);
  if (found.length > 0) shifts[code] = found;
}
// Frames on a modern ellipsoid without a shift: as WGS84 where GDAL takes them for it, else not read.
const MODERN = /\+ellps=(WGS84|GRS80)\b/;
const geographicPlaces = await placesOf("geodetic_crs");
for (const [code, x, y, lon, lat] of geographicPlaces) {
  const text = geographic.get(code);
  if (text === undefined || shifts[code] !== undefined || !MODERN.test(text)) continue;
  if (distanceM(x, y, lon, lat) < 3) shifts[code] = [[0, 0, 0, 0, 0, 0, 0, 2, -90, -180, 90, 180]];
}
/** As wkt_tree.ts has names: small letters and digits; Esri writes a D_ before them. */
const plainNames = (name: string) => {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, "");
  const short = name.replace(/^D_/, "").replace(/ ensemble$/, "");
  return [plain(name), plain(short)];
};
const datums: Record<string, number> = {};
for (
  const { name, code } of all(
    "SELECT d.name, g.code FROM geodetic_crs g JOIN (SELECT code, name FROM geodetic_datum WHERE auth_name = " +
      "'EPSG' UNION SELECT code, alt_name FROM alias_name WHERE table_name = 'geodetic_datum' AND auth_name = " +
      "'EPSG') d ON d.code = g.datum_code WHERE g.auth_name = 'EPSG' AND g.datum_auth_name = 'EPSG' AND " +
      "g.type = 'geographic 2D' ORDER BY g.deprecated, CAST(g.code AS INTEGER)",
  )
) {
  for (const plain of plainNames(String(name))) {
    if (geographic.has(Number(code)) && plain.length > 2) datums[plain] ??= Number(code);
  }
}
const grads = all(
  "SELECT DISTINCT g.code FROM geodetic_crs g JOIN axis a ON a.coordinate_system_code = " +
    "g.coordinate_system_code WHERE g.auth_name = 'EPSG' AND g.type = 'geographic 2D' AND a.uom_code = '9105'",
).map(({ code }) => Number(code));
const version = all("SELECT value FROM metadata WHERE key = 'EPSG.VERSION'")[0].value;
const table = {
  about: `EPSG Geodetic Parameter Dataset ${version} (IOGP), by tasks/projections.ts. projected: ` +
    "base geographic system and definition; shifts to WGS84: tx ty tz (m) rx ry rz (seconds of " +
    "arc, position vector) scale (ppm) accuracy (m) south west north east (degrees); datums: by name, their " +
    "geographic system",
  projected: Object.fromEntries<string>(
    projectedRows.flatMap(({ code, base }) => {
      const text = projected.get(Number(code));
      return text === undefined ? [] : [[String(code), `${base} ${text}`]];
    }),
  ),
  geographic: Object.fromEntries(geographic),
  grads,
  datums,
  shifts: Object.fromEntries(
    Object.entries(shifts).map(([code, rows]) => [code, rows.map((row) => row.join(" "))]),
  ),
};
const write = () => Deno.writeTextFile(OUT, `${JSON.stringify(table, null, 2)}\n`);
await write();

// What lies elsewhere than GDAL has it by more than twice its stated error is not read.
const { datumShiftAt, degreesPerUnitOf, systemFromEpsg } = await import(
  "../src/tiles/workstation/tile_import/projection/coordinate_system.ts"
);
const { default: proj4 } = await import("proj4");
function leaveOut(
  kind: { readonly [code: string]: string },
  places: readonly (readonly number[])[],
): void {
  for (const [code, x, y, lon, lat] of places) {
    const system = systemFromEpsg(code);
    const shift = system && datumShiftAt(system, lat, lon);
    if (system === null || shift === null || kind[code] === undefined) continue;
    const { definition } = system;
    const parts = shift.toWgs84.some((value: number) => value !== 0)
      ? `${definition} +towgs84=${shift.toWgs84.join(",")}`
      : definition;
    const unit = definition.includes("+proj=longlat") ? degreesPerUnitOf(code) : 1;
    try {
      const [toLon, toLat] = proj4("EPSG:4326", parts).inverse(
        [unit * x, unit * y],
        definition.includes("+axis="),
      );
      if (distanceM(lon, lat, toLon, toLat) < 0.5 + 2 * shift.accuracyM) continue;
    } catch {
      // proj4 does not know the projection.
    }
    console.log(`left out: EPSG:${code} ${parts}`);
    Reflect.deleteProperty(kind, code);
  }
}
leaveOut(table.projected, await placesOf("projected_crs"));
leaveOut(table.geographic, geographicPlaces);
await write();
console.log(
  `${Object.keys(table.projected).length} projected, ${geographic.size} geographic systems`,
);
