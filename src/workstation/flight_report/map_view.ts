/**
 * Draws the flight over its map.
 *
 * @module
 */
import type { ReportMap, ReportPosition, ReportTracks, TrackSample } from "./contract.ts";
import { mapPixel } from "./map_frame.ts";
import { coordinate, type Point, pointList, roundBelow } from "./svg.ts";

/** Points of a track closer together than this are merged. */
const POINT_DISTANCE_PX = 0.5;
/** Fixes in one cell are drawn as one dot. */
const FIX_CELL_PX = 2;

export function mapView(map: ReportMap, tracks: ReportTracks): string {
  const truth = piecesOf(map, tracks.truth);
  const estimate = piecesOf(map, tracks.estimate);
  const fixes = fixDots(map, tracks.fixes);
  const dots = fixes.map(([x, y]) => `M${coordinate(x)} ${coordinate(y)}h0`).join("");
  const ends = (truth.length > 0 ? truth : estimate).flat();
  const unit = Math.max(map.widthPx, map.heightPx) / 1000;
  const key = (style: string, name: string) => `<span class="key ${style}"><i></i>${name}</span>`;
  const keys = [
    ...truth.length > 0 ? [key("truth line", "true track")] : [],
    ...estimate.length > 0 ? [key("estimate line", "estimated track")] : [],
    ...fixes.length > 0 ? [key("fix dots", "satellite fix")] : [],
  ];
  const gpsEnds = tracks.gpsEnds.map(({ position }) => mapPixel(map, position));
  return `<figure class="map" id="map"><figcaption><h2>${
    map.jpeg === null ? "Track, without map tiles" : "Track over the map tiles"
  }</h2><p class="legend">${keys.join("")}</p></figcaption>
<svg viewBox="0 0 ${map.widthPx} ${map.heightPx}" style="--unit:${
    coordinate(unit)
  }px" role="img" aria-label="Map with the track"><rect class="ground" width="${map.widthPx}" height="${map.heightPx}"/>
${picture(map)}
<path class="fix dots" data-points="${fixes.length}" d="${dots}"/>
${lines(truth, "casing")}${lines(truth, "truth line")}${
    truth.length === 0 ? lines(estimate, "casing") : ""
  }${lines(estimate, "estimate line")}
${markers(ends, unit, map.widthPx)}${
    gpsEnds.map((point) => marker(point, "GPS ended", "gps", unit, map.widthPx)).join("")
  }
${scaleBar(map, unit)}
<circle class="here" r="${coordinate(8 * unit)}" cx="-99" cy="-99"/>
</svg>${outside(map, tracks.estimate)}</figure>`;
}

/** Picture pixels of a track's samples, for the script's cursor. */
export function trackPixels(
  map: ReportMap,
  samples: readonly TrackSample[],
): { readonly timeS: number; readonly point: Point }[] {
  const out: { timeS: number; point: Point }[] = [];
  for (const [timeS, position] of samples) {
    if (position === null) continue;
    const point = mapPixel(map, position);
    const last = out.at(-1)?.point;
    if (last === undefined || distance(last, point) >= 2) out.push({ timeS, point });
  }
  return out;
}

function picture(map: ReportMap): string {
  if (map.jpeg === null) return "";
  const data = `data:image/jpeg;base64,${map.jpeg.toBase64()}`;
  return `<image href="${data}" width="${map.widthPx}" height="${map.heightPx}"/>`;
}

/** Pieces of a track in picture pixels, without points that cannot be distinguished. */
function piecesOf(map: ReportMap, samples: readonly TrackSample[]): Point[][] {
  const pieces: Point[][] = [];
  let piece: Point[] = [];
  for (const [, position] of samples) {
    if (position === null) {
      if (piece.length > 0) pieces.push(piece);
      piece = [];
      continue;
    }
    const point = mapPixel(map, position);
    const last = piece.at(-1);
    if (last === undefined || distance(last, point) >= POINT_DISTANCE_PX) piece.push(point);
  }
  if (piece.length > 0) pieces.push(piece);
  return pieces;
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}

function lines(pieces: readonly (readonly Point[])[], style: string): string {
  // A piece of one point is drawn as a dot.
  return pieces.map((piece) =>
    `<polyline class="${style}" points="${
      pointList(piece.length === 1 ? [piece[0], piece[0]] : piece)
    }"/>`
  ).join("");
}

function fixDots(map: ReportMap, fixes: readonly ReportPosition[]): Point[] {
  const cells = new Map<string, Point>();
  for (const fix of fixes) {
    const point = mapPixel(map, fix);
    const [x, y] = point;
    if (x < 0 || y < 0 || x > map.widthPx || y > map.heightPx) continue;
    cells.set(`${Math.floor(x / FIX_CELL_PX)}/${Math.floor(y / FIX_CELL_PX)}`, point);
  }
  return [...cells.values()];
}

/** A remark where the track leaves the map. */
function outside(map: ReportMap, samples: readonly TrackSample[]): string {
  let furthestPx = 0;
  for (const [, position] of samples) {
    if (position === null) continue;
    const [x, y] = mapPixel(map, position);
    const away = Math.hypot(
      Math.max(0, -x, x - map.widthPx),
      Math.max(0, -y, y - map.heightPx),
    );
    furthestPx = Math.max(furthestPx, away);
  }
  if (furthestPx <= 1) return "";
  const metres = furthestPx * map.metresPerPx;
  const text = metres >= 1000 ? `${(metres / 1000).toFixed(1)} km` : `${metres.toFixed(0)} m`;
  return `<p class="remark bad">The estimate leaves this map, by up to ${text}.</p>`;
}

function markers(track: readonly Point[], unit: number, widthPx: number): string {
  if (track.length === 0) return "";
  const first = track[0], last = track[track.length - 1];
  const apart = distance(first, last) > 50 * unit;
  return apart
    ? marker(first, "start", "end", unit, widthPx) + marker(last, "end", "end", unit, widthPx)
    : marker(first, "start and end", "end", unit, widthPx);
}

/**
 * A ring with its name beside it, on the side that has space; the name of where GPS ended is below
 * the ring, because flights often lose it near the start.
 */
function marker(
  [x, y]: Point,
  name: string,
  style: "end" | "gps",
  unit: number,
  widthPx: number,
): string {
  const left = x > 0.8 * widthPx;
  const textX = coordinate(x + (left ? -12 : 12) * unit);
  return `<circle class="${style}" cx="${coordinate(x)}" cy="${coordinate(y)}" r="${
    coordinate(6 * unit)
  }"/><text class="on-map ${style} ${left ? "left" : ""}" x="${textX}" y="${
    coordinate(y + 5 * unit)
  }">${name}</text>`;
}

function scaleBar(map: ReportMap, unit: number): string {
  const lengthM = roundBelow(map.widthPx * map.metresPerPx / 4);
  const lengthPx = lengthM / map.metresPerPx;
  const y = map.heightPx - 22 * unit, x = 22 * unit;
  const text = lengthM >= 1000 ? `${lengthM / 1000} km` : `${lengthM} m`;
  return `<path class="scale" d="M${coordinate(x)} ${coordinate(y - 6 * unit)}v${
    coordinate(6 * unit)
  }h${coordinate(lengthPx)}v${coordinate(-6 * unit)}"/>` +
    `<text class="on-map" x="${coordinate(x)}" y="${
      coordinate(y - 12 * unit)
    }">${text}, north up</text>`;
}
