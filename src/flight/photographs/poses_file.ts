/**
 * Poses of photographs from a text file: position, altitude and attitude by file name.
 *
 * Read are tables with a line of column names (any order; comma, semicolon, tab or spaces between
 * them), as Agisoft exports them (`#Label,X/Longitude,Y/Latitude,Z/Altitude,Yaw,Pitch,Roll`), senseFly's
 * geoinfo, and Pix4D's geolocation; ODM's geo.txt (`EPSG:4326`, then `name longitude latitude altitude yaw
 * pitch roll`); and lines without names of columns: `name, latitude, longitude, altitude, yaw, pitch, roll`.
 * A pitch is 0 (Pix4D, ODM, Agisoft) or −90 (DJI) straight down.
 *
 * @module
 */
import { DataError, readPlainTextFile } from "../../core/mod.ts";
import { attitudeOfEither } from "./attitude.ts";
import type { CameraAttitude, Photograph, PositionTag } from "./contract.ts";

const POSES_BYTES_MAX = 64 * 1024 * 1024;

interface PhotographPose {
  readonly positionTag: PositionTag | null;
  /** Over sea level, or the ellipsoid; null where the file has none. */
  readonly altitudeM: number | null;
  /** Over the ground or the take-off point; null where the file has none. */
  readonly heightM: number | null;
  readonly attitude: CameraAttitude | null;
}

/** Poses by the name of a photograph; case and extension do not matter where they leave no doubt. */
export class PhotographPoses {
  readonly #poses: ReadonlyMap<string, PhotographPose>;
  readonly #byStem = new Map<string, PhotographPose | null>();

  constructor(poses: ReadonlyMap<string, PhotographPose>) {
    this.#poses = poses;
    for (const [name, pose] of poses) {
      const stem = stemOf(name);
      this.#byStem.set(stem, this.#byStem.has(stem) ? null : pose);
    }
  }

  get count(): number {
    return this.#poses.size;
  }

  /** Of a file by its path or name; null where the file of poses does not name it. */
  find(path: string): PhotographPose | null {
    const name = path.split("/").at(-1)!;
    return this.#poses.get(name) ?? this.#byStem.get(stemOf(name)) ?? null;
  }
}

function stemOf(name: string): string {
  return name.split(/[/\\]/).at(-1)!.replace(/\.[^.]*$/, "").toLowerCase();
}

/** Latitudes and longitudes in each other's columns are further apart than this almost everywhere. */
const APART_MAX_DEG = 0.2;

/**
 * What a pose says goes before the tags; the rest stays as tagged.
 *
 * @throws DataError where both have a position, and these are far from each other
 */
export function withPose(photograph: Photograph, pose: PhotographPose): Photograph {
  const { name, positionTag } = photograph;
  if (positionTag !== null && pose.positionTag !== null) {
    const north = pose.positionTag.latitudeDeg - positionTag.latitudeDeg;
    const east = pose.positionTag.longitudeDeg - positionTag.longitudeDeg;
    const apartDeg = Math.hypot(north, east * Math.cos(positionTag.latitudeDeg * Math.PI / 180));
    if (apartDeg > APART_MAX_DEG) {
      throw new DataError(
        name,
        `the file of poses puts it ${
          (111 * apartDeg).toFixed(0)
        } km from its own GPS position: are its ` +
          "columns in another order (latitude, longitude)? give them a line of names",
      );
    }
  }
  return {
    ...photograph,
    positionTag: pose.positionTag ?? photograph.positionTag,
    // An altitude and a height over the take-off point of different origin would not belong together.
    heightAboveTakeoffM: pose.heightM ??
      (pose.altitudeM === null ? photograph.heightAboveTakeoffM : null),
    gpsAltitudeM: pose.altitudeM ?? photograph.gpsAltitudeM,
    gimbal: pose.attitude ?? photograph.gimbal,
  };
}

/** @throws DataError naming file and line. */
export async function readPhotographPoses(path: string): Promise<PhotographPoses> {
  return parsePhotographPoses(
    await readPlainTextFile(path, { bytesMax: POSES_BYTES_MAX }),
    path,
  );
}

type Column = "name" | "latitude" | "longitude" | "altitude" | "height" | "yaw" | "pitch" | "roll";

/** Words of a column's name, without units and signs. */
const COLUMN_NAMES: Readonly<Record<string, Column>> = {
  name: "name",
  label: "name",
  file: "name",
  filename: "name",
  image: "name",
  imagename: "name",
  photo: "name",
  sourcefile: "name",
  lat: "latitude",
  latitude: "latitude",
  ylatitude: "latitude",
  gpslatitude: "latitude",
  lon: "longitude",
  lng: "longitude",
  long: "longitude",
  longitude: "longitude",
  xlongitude: "longitude",
  gpslongitude: "longitude",
  alt: "altitude",
  altitude: "altitude",
  zaltitude: "altitude",
  gpsaltitude: "altitude",
  altitudeamsl: "altitude",
  height: "height",
  relativealtitude: "height",
  agl: "height",
  yaw: "yaw",
  heading: "yaw",
  gimbalyawdegree: "yaw",
  pitch: "pitch",
  gimbalpitchdegree: "pitch",
  roll: "roll",
  gimbalrolldegree: "roll",
};
/** As in latitude_deg, height_m. */
const UNIT_OF_COLUMN = /(deg|degrees?|m|met(er|re)s?)$/;
const PLAIN_COLUMNS: readonly Column[] = [
  "name",
  "latitude",
  "longitude",
  "altitude",
  "yaw",
  "pitch",
  "roll",
];
const ODM_COLUMNS: readonly Column[] = [
  "name",
  "longitude",
  "latitude",
  "altitude",
  "yaw",
  "pitch",
  "roll",
];
const GEOGRAPHIC = /^(EPSG:4326|WGS ?84|\+proj=(longlat|latlong)\b.*)$/i;
const PROJECTED = /^(EPSG:\d+|\+proj=.*|WGS ?84 UTM.*)$/i;

/** @throws DataError naming `source` and the line. */
export function parsePhotographPoses(text: string, source: string): PhotographPoses {
  const poses = new Map<string, PhotographPose>();
  let columns: readonly (Column | null)[] | null = null;
  for (const [index, raw] of text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/).entries()) {
    const line = raw.trim();
    const where = `${source}, line ${index + 1}`;
    if (line === "") continue;
    if (GEOGRAPHIC.test(line)) {
      columns = ODM_COLUMNS;
      continue;
    }
    if (PROJECTED.test(line)) {
      throw new DataError(
        where,
        `positions in ${line}; give them in degrees (EPSG:4326: cs2cs, or the program that wrote them)`,
      );
    }
    const named = namedColumns(cellsOf(line.replace(/^#\s*/, "")));
    if (named !== null) {
      columns = named;
      continue;
    }
    if (line.startsWith("#")) continue;
    const cells = cellsOf(line);
    const name = cells[(columns ?? PLAIN_COLUMNS).indexOf("name")]?.split(/[/\\]/).at(-1);
    if (!name) throw new DataError(where, "names no photograph");
    if (poses.has(name)) throw new DataError(where, `${name} stands there twice`);
    poses.set(name, poseOf(cells, columns ?? PLAIN_COLUMNS, where));
  }
  if (poses.size === 0) throw new DataError(source, "holds no poses");
  return new PhotographPoses(poses);
}

/** By tabs, semicolons or commas, whichever there are; else by spaces. */
function cellsOf(line: string): readonly string[] {
  const separator = ["\t", ";", ","].find((sign) => line.includes(sign));
  const cells = separator === undefined ? line.split(/\s+/) : line.split(separator);
  return cells.map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"));
}

/** null where the line is none of column names: a photograph's own line has numbers. */
function namedColumns(cells: readonly string[]): readonly (Column | null)[] | null {
  const found = cells.map((cell) => {
    const word = cell.toLowerCase().replace(/[([].*$/, "").replace(/[^a-z]/g, "");
    return COLUMN_NAMES[word] ?? COLUMN_NAMES[word.replace(UNIT_OF_COLUMN, "")] ?? null;
  });
  if (!found.includes("name") || found.filter((column) => column !== null).length < 3) return null;
  // The first of two columns of one meaning counts (two altitudes).
  return found.map((column, i) => found.indexOf(column) === i ? column : null);
}

function poseOf(
  cells: readonly string[],
  columns: readonly (Column | null)[],
  where: string,
): PhotographPose {
  const value = (column: Column, most: number): number | null => {
    const text = cells[columns.indexOf(column)];
    if (text === undefined || text === "") return null;
    // A comma within a cell is a decimal one: another sign separates the cells.
    const number = Number(text.replace(/^([+-]?\d+),(\d+)$/, "$1.$2"));
    if (Number.isFinite(number) && Math.abs(number) <= most) return number;
    throw new DataError(where, `${column} is ${text.slice(0, 40)}, which is not within ±${most}`);
  };
  const latitudeDeg = value("latitude", 90), longitudeDeg = value("longitude", 180);
  const yawDeg = value("yaw", 360);
  const attitude = yawDeg === null ? null : attitudeOfEither({
    yawDeg,
    pitchDeg: value("pitch", 180) ?? 0,
    rollDeg: value("roll", 180) ?? 0,
  });
  return {
    positionTag: latitudeDeg === null || longitudeDeg === null
      ? null
      : { latitudeDeg, longitudeDeg },
    altitudeM: value("altitude", 20_000),
    heightM: value("height", 20_000),
    attitude: attitude === null ? null : { ...attitude, source: "poses" },
  };
}
