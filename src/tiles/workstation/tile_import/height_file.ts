/**
 * Heights over the ellipsoid from a GeoTIFF.
 *
 * @module
 */
import { basename } from "node:path";
import { egm96ToEllipsoid } from "egm96-universal";
import { DataError, UsageError } from "../../../core/mod.ts";
import { type HeightBox, readHeights, type StatedVerticalDatum } from "./heights.ts";

/** What the heights of a file count from. */
type VerticalDatum = "ellipsoid" | "egm96";

/** Heights of the ground. */
interface FileHeights {
  /** For people: the file, and what its heights counted from. */
  readonly name: string;
  /** Metres between two heights. */
  readonly spacingM: number;
  /** Over the ellipsoid, metres; null where there is none. */
  heightM(latitudeDeg: number, longitudeDeg: number): number | null;
}

/**
 * Reads the heights of a box, whatever they count from. EGM2008 is taken for EGM96: the two differ by less than
 * a metre nearly everywhere.
 *
 * @param datum what its heights count from; null: as the file says
 * @throws DataError for a file that cannot be read; UsageError where neither says what its heights count from,
 * or both do and differ
 */
export async function openHeightFile(
  path: string,
  box: HeightBox,
  datum: VerticalDatum | null,
): Promise<FileHeights> {
  const raster = await readHeights(path, box);
  const used = chosenDatum(path, raster.datum, datum);
  return {
    name: `${basename(path).slice(0, 200)}, heights over ${
      used === "ellipsoid" ? "the WGS84 ellipsoid" : "the geoid EGM96"
    }`,
    spacingM: raster.gsdM,
    heightM(latitudeDeg, longitudeDeg) {
      const height = raster.heightAt(latitudeDeg, longitudeDeg);
      return height === null || used === "ellipsoid"
        ? height
        : egm96ToEllipsoid(latitudeDeg, longitudeDeg, height);
    },
  };
}

function chosenDatum(
  path: string,
  stated: StatedVerticalDatum,
  given: VerticalDatum | null,
): VerticalDatum {
  const known = stated === "egm2008" ? "egm96" : typeof stated === "string" ? stated : null;
  if (given !== null && known !== null && given !== known) {
    throw new UsageError(
      `--terrain-datum says ${given}, and ${path} says that its heights count from ${known}`,
    );
  }
  const used = given ?? known;
  if (used !== null) return used;
  if (stated === null) {
    throw new UsageError(
      `${path} does not say what its heights count from: give --terrain-datum egm96 (over sea level; ` +
        "SRTM, Copernicus, most maps) or ellipsoid (as GPS measures); tens of metres lie between the two",
    );
  }
  const { code } = stated as { readonly code: number };
  throw new DataError(
    path,
    `its heights count from EPSG:${code}, which is not known here: give --terrain-datum egm96 where it is ` +
      "near sea level, or convert them: gdalwarp -t_srs EPSG:4326+5773 IN OUT.tif",
  );
}
