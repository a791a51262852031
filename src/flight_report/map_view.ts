/**
 * The flight over its map.
 *
 * @module
 */
import { encodeBase64 } from "./base64.ts";
import { worldPixelFromWgs } from "../core/mod.ts";
import type { ReportMap, ReportPoint, ReportPosition } from "./contract.ts";
import { coordinate, type Point, pointList, roundBelow } from "./svg.ts";

/** Picture pixel of a position. */
export function mapPixel(map: ReportMap, position: ReportPosition): Point {
  const { x, y } = worldPixelFromWgs(position, map.zoom);
  return [(x - map.originX) * map.scale, (y - map.originY) * map.scale];
}

export function mapView(map: ReportMap, points: readonly ReportPoint[]): string {
  const truth = points.flatMap((point) => point.truth === null ? [] : [mapPixel(map, point.truth)]);
  const estimate = points.map((point) => mapPixel(map, point.estimate));
  const fixes = points.flatMap((point) => point.fix === null ? [] : [mapPixel(map, point.fix)]);
  const dots = fixes.map(([x, y]) => `M${coordinate(x)} ${coordinate(y)}h0`).join("");
  const picture = `data:image/jpeg;base64,${encodeBase64(map.jpeg)}`;
  const ends = truth.length > 0 ? truth : estimate;
  const unit = Math.max(map.widthPx, map.heightPx) / 1000;
  return `<figure class="map" id="map"><figcaption><h2>Track over the map of the flight package</h2>
<p class="legend"><span class="key truth line"><i></i>true track</span><span class="key estimate line"><i></i>estimated track</span><span class="key fix dots"><i></i>satellite fix</span></p></figcaption>
<svg viewBox="0 0 ${map.widthPx} ${map.heightPx}" style="--unit:${
    coordinate(unit)
  }px" role="img" aria-label="Map with true and estimated track">
<image href="${picture}" width="${map.widthPx}" height="${map.heightPx}"/>
<path class="fix dots" data-points="${fixes.length}" d="${dots}"/>
<polyline class="casing" points="${pointList(truth)}"/>
<polyline class="truth line" points="${pointList(truth)}"/>
<polyline class="estimate line" points="${pointList(estimate)}"/>
${markers(ends, unit, map.widthPx)}
${scaleBar(map, unit)}
<circle class="here" r="${coordinate(8 * unit)}" cx="-99" cy="-99"/>
</svg></figure>`;
}

function markers(track: readonly Point[], unit: number, widthPx: number): string {
  if (track.length === 0) return "";
  const first = track[0], last = track[track.length - 1];
  const apart = Math.hypot(last[0] - first[0], last[1] - first[1]) > 50 * unit;
  return apart
    ? marker(first, "start", unit, widthPx) + marker(last, "end", unit, widthPx)
    : marker(first, "start and end", unit, widthPx);
}

/** A ring with its name beside it, on the side where there is room. */
function marker([x, y]: Point, name: string, unit: number, widthPx: number): string {
  const left = x > 0.8 * widthPx;
  const textX = coordinate(x + (left ? -12 : 12) * unit);
  return `<circle class="end" cx="${coordinate(x)}" cy="${coordinate(y)}" r="${
    coordinate(6 * unit)
  }"/><text class="on-map ${left ? "left" : ""}" x="${textX}" y="${coordinate(y + 5 * unit)}" ` +
    `font-size="${coordinate(16 * unit)}">${name}</text>`;
}

function scaleBar(map: ReportMap, unit: number): string {
  const lengthM = roundBelow(map.widthPx * map.metresPerPx / 4);
  const lengthPx = lengthM / map.metresPerPx;
  const y = map.heightPx - 22 * unit, x = 22 * unit;
  const text = lengthM >= 1000 ? `${lengthM / 1000} km` : `${lengthM} m`;
  return `<path class="scale" d="M${coordinate(x)} ${coordinate(y - 6 * unit)}v${
    coordinate(6 * unit)
  }h${coordinate(lengthPx)}v${coordinate(-6 * unit)}"/>` +
    `<text class="on-map" x="${coordinate(x)}" y="${coordinate(y - 12 * unit)}" font-size="${
      coordinate(16 * unit)
    }">${text}, north up</text>`;
}
