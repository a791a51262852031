/**
 * A report of located photographs for a person: the map with the photographs laid on it, and their table, as
 * one HTML file that needs nothing else. Pictures are the thumbnails that the cameras wrote.
 *
 * @module
 */
import {
  type LocalFrame,
  quaternionMultiply,
  rotate,
  type Vector3,
  wgsFromWorldPixel,
  worldPixelFromWgs,
} from "../../core/mod.ts";
import type { MapTiles } from "../../flight/flight_package/mod.ts";
import { photographThumbnail } from "../../flight/photographs/mod.ts";
import type { PhotographEvent } from "../../flight/replay/mod.ts";
import type { PhotographLine } from "../json_lines.ts";
import { verdict } from "./verdict.ts";

/** What the report keeps of a photograph while it is at hand. */
export interface ReportedPhotograph {
  readonly thumbnail: Uint8Array | null;
  readonly calibration: PhotographEvent["frame"]["calibration"];
}

export async function reportedPhotograph(event: PhotographEvent): Promise<ReportedPhotograph> {
  const { jpeg, calibration } = event.frame;
  return { thumbnail: await photographThumbnail(jpeg), calibration };
}

/** More tiles than this are left out: only the outlines are drawn. */
const TILES_MAX = 600;
const RAY_DOWN_MIN = 0.2;

interface Laid {
  readonly line: PhotographLine;
  readonly photograph: ReportedPhotograph;
  readonly positionM: Vector3;
  /** Of the picture on level ground: top left, top right, bottom right, bottom left; east and north, metres. */
  readonly corners: readonly (readonly [eastM: number, northM: number])[];
}

export async function reportPage(
  lines: readonly PhotographLine[],
  photographs: ReadonlyMap<number, ReportedPhotograph>,
  map: { readonly localFrame: LocalFrame; readonly tiles: MapTiles },
): Promise<string> {
  const laid = lines.flatMap((line) => {
    const photograph = photographs.get(line.sequence);
    return photograph === undefined ? [] : layOut(line, photograph, map.localFrame);
  });
  const tiles = await tileImages(laid, map);
  return page(lines, laid, tiles);
}

function layOut(
  line: PhotographLine,
  photograph: ReportedPhotograph,
  localFrame: LocalFrame,
): readonly Laid[] {
  const { latitudeDeg, longitudeDeg, heightM, localFromBody } = line;
  if (latitudeDeg === null || longitudeDeg === null || heightM === null || localFromBody === null) {
    return [];
  }
  const positionM = localFrame.localFromWgs({ latitudeDeg, longitudeDeg, heightM });
  const { widthPx, heightPx, fxPx, fyPx, cxPx, cyPx, bodyFromCamera } = photograph.calibration;
  const localFromCamera = quaternionMultiply(localFromBody, bodyFromCamera);
  const corners = [[0, 0], [widthPx, 0], [widthPx, heightPx], [0, heightPx]].map(([x, y]) => {
    const ray = rotate(localFromCamera, [(x - cxPx) / fxPx, (y - cyPx) / fyPx, 1]);
    const scale = positionM[2] / Math.max(RAY_DOWN_MIN, -ray[2]);
    return [positionM[0] + scale * ray[0], positionM[1] + scale * ray[1]] as const;
  });
  return [{ line, photograph, positionM, corners }];
}

/** Tiles below the photographs, as SVG images in metres. */
async function tileImages(
  laid: readonly Laid[],
  { localFrame, tiles }: { readonly localFrame: LocalFrame; readonly tiles: MapTiles },
): Promise<readonly string[]> {
  if (laid.length === 0) return [];
  const { zoom } = tiles;
  const heightM = localFrame.origin.heightM;
  const pixels = laid.flatMap(({ corners }) =>
    corners.map(([eastM, northM]) =>
      worldPixelFromWgs(localFrame.wgsFromLocal([eastM, northM, heightM]), zoom)
    )
  );
  const range = (values: readonly number[]) =>
    [Math.min(...values), Math.max(...values)].map((value) => Math.floor(value / 256));
  const [left, right] = range(pixels.map(({ x }) => x)),
    [top, bottom] = range(pixels.map(({ y }) => y));
  if ((right - left + 1) * (bottom - top + 1) > TILES_MAX) return [];
  const images: string[] = [];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if (!tiles.hasTile(x, y)) continue;
      const corner = (tx: number, ty: number) =>
        localFrame.localFromWgs({
          ...wgsFromWorldPixel({ x: 256 * tx, y: 256 * ty }, zoom),
          heightM,
        });
      const [west, north] = corner(x, y), [east, south] = corner(x + 1, y + 1);
      const [w, h] = [east - west, north - south].map((side) => side.toFixed(3));
      images.push(
        `<image x="${west.toFixed(3)}" y="${
          (-north).toFixed(3)
        }" width="${w}" height="${h}" preserveAspectRatio="none" href="${
          dataUrl(await tiles.readTileJpeg(x, y))
        }"/>`,
      );
    }
  }
  return images;
}

function dataUrl(jpeg: Uint8Array): string {
  return `data:image/jpeg;base64,${jpeg.toBase64()}`;
}

function pictureOf(
  { photograph: { thumbnail, calibration }, corners }: Laid,
): string {
  const [topLeft, topRight, , bottomLeft] = corners;
  const { widthPx, heightPx } = calibration;
  const image = thumbnail === null
    ? ""
    : `<image width="${widthPx}" height="${heightPx}" preserveAspectRatio="xMidYMid slice" transform="matrix(${
      [
        (topRight[0] - topLeft[0]) / widthPx,
        -(topRight[1] - topLeft[1]) / widthPx,
        (bottomLeft[0] - topLeft[0]) / heightPx,
        -(bottomLeft[1] - topLeft[1]) / heightPx,
        topLeft[0],
        -topLeft[1],
      ].map((value) => value.toFixed(6)).join(" ")
    })" href="${dataUrl(thumbnail)}"/>`;
  return image;
}

/** Over all pictures: the next one would hide it. */
function outlineOf({ line, corners, positionM }: Laid): string {
  const points = corners.map(([east, north]) => `${east.toFixed(2)},${(-north).toFixed(2)}`).join(
    " ",
  );
  const [east, north] = positionM;
  const within = `95 % within ${line.horizontal95M!.toFixed(1)} m`;
  return `<g><title>${text(line.name)}, ${within}</title><polygon points="${points}"/><circle cx="${
    east.toFixed(2)
  }" cy="${(-north).toFixed(2)}" r="${line.horizontal95M!.toFixed(2)}"/></g>`;
}

function page(
  lines: readonly PhotographLine[],
  laid: readonly Laid[],
  tiles: readonly string[],
): string {
  const east = laid.flatMap(({ corners }) => corners.map(([value]) => value));
  const south = laid.flatMap(({ corners }) => corners.map(([, north]) => -north));
  const [left, top] = [Math.min(...east), Math.min(...south)];
  const box = [left, top, Math.max(...east) - left, Math.max(...south) - top].map((value) =>
    value.toFixed(1)
  ).join(" ");
  const located = lines.filter(({ fix }) => fix.accepted).length;
  const rows = lines.map((line) =>
    `<tr><td>${text(line.name)}</td>${
      [
        line.latitudeDeg?.toFixed(6),
        line.longitudeDeg?.toFixed(6),
        line.horizontal95M?.toFixed(1),
        line.fix.headingDeg?.toFixed(0),
        line.tagDistanceM?.toFixed(1),
      ].map((figure) => `<td class="n">${figure ?? "–"}</td>`).join("")
    }<td>${text(verdict(line))}</td></tr>`
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Located photographs</title>
<style>
body { font: 14px/1.4 sans-serif; margin: 1.5em; max-width: 70em; }
svg { width: 100%; max-height: 90vh; background: #ddd; }
polygon { fill: none; stroke: #c00; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
circle { fill: none; stroke: #06c; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
g:hover polygon { stroke-width: 4; }
td, th { padding: 0.1em 0.8em; text-align: left; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
</style></head><body>
<h1>Located photographs</h1>
<p>${located} of ${lines.length} located. Red: the ground that a photograph shows; blue: where the camera was, with 95 % certainty.</p>
${
    laid.length === 0
      ? ""
      : `<svg viewBox="${box}" role="img" aria-label="map with photographs">\n${
        tiles.join("\n")
      }\n${[...laid.map(pictureOf), ...laid.map(outlineOf)].join("\n")}\n</svg>`
  }
<table><tr><th>photograph</th><th>latitude, °</th><th>longitude, °</th><th>95 % within, m</th><th>heading, °</th><th>from its GPS tag, m</th><th></th></tr>
${rows.join("\n")}
</table></body></html>
`;
}

function text(value: string): string {
  return value.replace(/[<>&'"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
