/**
 * Reads an area or a route from a GeoJSON file (RFC 7946).
 *
 * @module
 */
import {
  DataError,
  LATITUDE_MAX_DEG,
  messageOf,
  parseBoundedJson,
  readPlainTextFile,
} from "../../core/mod.ts";
import type { Area, Position } from "../../tiles/workstation/tile_manager/mod.ts";

/** A geometry, or the first feature of a collection. @throws DataError */
export function areaOfGeoJson(path: string, value: unknown, halfWidthM: number): Area {
  const object = value as { type?: string; features?: unknown[]; geometry?: unknown } | null;
  if (object?.type === "FeatureCollection") {
    return areaOfGeoJson(path, object.features?.[0] ?? null, halfWidthM);
  }
  if (object?.type === "Feature") return areaOfGeoJson(path, object.geometry ?? null, halfWidthM);
  const { type, coordinates } = (object ?? {}) as { type?: string; coordinates?: unknown };
  const points = (list: unknown): Position[] => {
    if (!Array.isArray(list)) throw new DataError(path, "its coordinates are not a list");
    return list.map((point: unknown) => {
      const [longitudeDeg, latitudeDeg] = Array.isArray(point) ? point : [];
      if (!isWithin(latitudeDeg, LATITUDE_MAX_DEG) || !isWithin(longitudeDeg, 180)) {
        throw new DataError(
          path,
          `${
            JSON.stringify(point)
          } is not a position: GeoJSON has longitude, then latitude (within ` +
            `±${LATITUDE_MAX_DEG}), as numbers`,
        );
      }
      return { latitudeDeg, longitudeDeg };
    });
  };
  if (type === "LineString") return { kind: "corridor", route: points(coordinates), halfWidthM };
  if (type === "Polygon" && Array.isArray(coordinates) && coordinates.length === 1) {
    return { kind: "polygon", ring: points(coordinates[0]) };
  }
  throw new DataError(
    path,
    "it holds neither a Polygon (without holes) nor a LineString as GeoJSON has them",
  );
}

/** A list of ten million failed tiles is shorter. */
const JSON_BYTES_MAX = 512 * 1024 * 1024;

/** @throws DataError */
export async function readJson(path: string): Promise<unknown> {
  const text = await readPlainTextFile(path, { bytesMax: JSON_BYTES_MAX });
  try {
    return parseBoundedJson(text);
  } catch (error) {
    throw new DataError(path, `it is not JSON (${messageOf(error)})`, { cause: error });
  }
}

function isWithin(value: unknown, maximum: number): value is number {
  return typeof value === "number" && Math.abs(value) <= maximum;
}
