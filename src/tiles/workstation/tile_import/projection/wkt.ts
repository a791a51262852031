/**
 * Coordinate systems that are written as WKT, in .prj and .aux.xml files: by their EPSG code where they
 * name one, else as npm:proj4 reads them, where the datum needs no shift.
 *
 * @module
 */
import proj4 from "proj4";
import { messageOf } from "../../../../core/mod.ts";
import { type CoordinateSystem, systemFromEpsg } from "./coordinate_system.ts";

const CODE_AT_END =
  /(?:AUTHORITY\[\s*"EPSG"\s*,\s*"?(\d+)"?\s*\]|\bID\[\s*"EPSG"\s*,\s*(\d+)\s*\])\s*\]\s*$/;

/** Datums as WKT of Esri and GDAL calls them, with the EPSG code of their geographic system. */
const UNSHIFTED_DATUMS: Readonly<Record<string, number>> = {
  WGS_1984: 4326,
  World_Geodetic_System_1984: 4326,
  ETRS_1989: 4258,
  European_Terrestrial_Reference_System_1989: 4258,
  North_American_1983: 4269,
  North_American_Datum_1983: 4269,
};

/** A text: why it cannot be read. */
export function systemFromWkt(wkt: string): CoordinateSystem | string {
  const [, first, second] = CODE_AT_END.exec(wkt) ?? [];
  const code = Number(first ?? second);
  if (Number.isFinite(code)) {
    return systemFromEpsg(code) ?? `its projection is EPSG:${code}`;
  }
  const [, name] = /^\s*\w+\[\s*"([^"]*)"/.exec(wkt) ?? [];
  try {
    proj4(wkt);
  } catch (error) {
    return `its projection "${name ?? "unnamed"}" is not known (${messageOf(error).slice(0, 80)})`;
  }
  const [, datum = ""] = /DATUM\[\s*"(?:D_)?([^"]*)"/.exec(wkt) ?? [];
  const geographicCode = UNSHIFTED_DATUMS[datum.replaceAll(" ", "_")] ?? null;
  return { name: name ?? "WKT", definition: wkt, geographicCode, toWgs84: null };
}
