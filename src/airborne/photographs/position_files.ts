/**
 * Located photographs as a file for other programs: KML, GeoJSON or CSV, by the name's ending.
 *
 * @module
 */
import { UsageError } from "../../core/mod.ts";
import type { PhotographLine } from "../json_lines.ts";
import { verdict } from "./verdict.ts";

const WRITERS = { kml, geojson, csv } as const;
type Ending = keyof typeof WRITERS;

/** @throws UsageError where the name ends otherwise */
export function checkPositionFile(path: string): Ending {
  const ending = path.split(".").at(-1)?.toLowerCase() ?? "";
  if (ending in WRITERS) return ending as Ending;
  throw new UsageError(`--positions ${path}: give a name that ends in .kml, .geojson or .csv`);
}

/** `path` has an ending that {@link checkPositionFile} knows. */
export function positionsText(path: string, lines: readonly PhotographLine[]): string {
  return WRITERS[checkPositionFile(path)](lines);
}

const isLocated = (line: PhotographLine) => line.latitudeDeg !== null;

function geojson(lines: readonly PhotographLine[]): string {
  return JSON.stringify({
    type: "FeatureCollection",
    features: lines.filter(isLocated).map((line) => ({
      type: "Feature",
      geometry: {
        type: "Point",
        coordinates: [line.longitudeDeg, line.latitudeDeg, line.heightM],
      },
      properties: {
        name: line.name,
        capturedAt: line.capturedAt,
        horizontal95M: line.horizontal95M,
        sigmaUpM: line.sigmaUpM,
        headingDeg: line.fix.headingDeg,
        tiltDeg: line.tiltDeg,
      },
    })),
  });
}

function kml(lines: readonly PhotographLine[]): string {
  const text = (value: string) =>
    value.replace(/[<>&'"]/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[^\P{Cc}\n\t]/gu, "");
  const placemarks = lines.filter(isLocated).map((line) =>
    `<Placemark><name>${text(line.name)}</name><description>95 % within ${
      line.horizontal95M!.toFixed(1)
    } m</description><Point><coordinates>${line.longitudeDeg},${line.latitudeDeg}</coordinates></Point></Placemark>`
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n${
    placemarks.join("\n")
  }\n</Document></kml>\n`;
}

/** With those that are not located: their fields are empty. */
function csv(lines: readonly PhotographLine[]): string {
  const cell = (value: string | number | null) => {
    const text = String(value ?? "");
    // A table calculation would take such a name for a formula.
    const safe = typeof value === "string" && /^[=+\-@]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [
    "name,latitude_deg,longitude_deg,height_m,horizontal_95_m,sigma_up_m,heading_deg,tilt_deg,verdict",
    ...lines.map((line) =>
      [
        line.name,
        line.latitudeDeg,
        line.longitudeDeg,
        line.heightM,
        line.horizontal95M,
        line.sigmaUpM,
        line.fix.headingDeg,
        line.tiltDeg,
        verdict(line),
      ].map(cell).join(",")
    ),
    "",
  ].join("\n");
}
