/**
 * Tiles of the map that lie: the package itself is in order.
 *
 * @module
 */
import sharp, { type Sharp } from "sharp";
import {
  groundSampleDistanceM,
  TILE_SIZE_PX,
  worldPixelFromWgs,
} from "../../../../src/core/mod.ts";
import type { MapTile, ReadTile, TileLie } from "../false_package.ts";
import { type FlightRows, timeS } from "../flight_rows.ts";
import type { HostileInput } from "../input.ts";
import { always } from "./start.ts";

/** Good enough that the compression is not what is tested. */
const JPEG_QUALITY = 92;
/** A map that changes on the way changes where the aircraft is then. */
const CHANGES_AT_S = 15;

function tiles(name: string, about: string, lieOf: (flight: FlightRows) => TileLie): HostileInput {
  return always(`map.${name}`, about, (flight) => {
    flight.tileLie = lieOf(flight);
  });
}

const encoded = (picture: Sharp) => picture.jpeg({ quality: JPEG_QUALITY }).toBuffer();
const own = (tile: MapTile, read: ReadTile) => read(tile.x, tile.y)!;

/** What the map shows lies so much further east than it is; nothing is known beyond the map's edge. */
async function shiftedEast(
  tile: MapTile,
  read: ReadTile,
  offsetPx: number,
): Promise<Uint8Array> {
  const shift = Math.round(offsetPx), size = TILE_SIZE_PX;
  if (shift === 0) return await own(tile, read);
  const [at, other] = shift > 0 ? [0, tile.x - 1] : [size + shift, tile.x + 1];
  const beside = await (read(other, tile.y) ?? own(tile, read));
  const width = Math.abs(shift), height = size;
  const rest = await sharp(await own(tile, read))
    .extract({ left: shift > 0 ? 0 : width, top: 0, width: size - width, height }).png().toBuffer();
  const edge = await sharp(beside)
    .extract({ left: shift > 0 ? size - width : 0, top: 0, width, height }).png().toBuffer();
  const ground = { width: size, height: size, channels: 3 as const, background: "black" };
  return await encoded(
    sharp({ create: ground }).composite([
      { input: rest, left: Math.max(0, shift), top: 0 },
      { input: edge, left: at, top: 0 },
    ]),
  );
}

/** The tile where the aircraft is at `CHANGES_AT_S`, and the axis along which it gets away from there. */
function crossing(flight: FlightRows, zoom: number) {
  const pixel = (row: readonly string[]) =>
    worldPixelFromWgs({ latitudeDeg: Number(row[1]), longitudeDeg: Number(row[2]) }, zoom);
  const truth = flight.streams["truth.csv"];
  const row = truth.find((each) => timeS("truth.csv", each) >= CHANGES_AT_S) ?? truth[0];
  const [start, there, end] = [truth[0], row, truth[truth.length - 1]].map(pixel);
  const axis = Math.abs(there.x - start.x) > Math.abs(there.y - start.y) ? "x" : "y";
  const metresPx = groundSampleDistanceM(Number(row[1]), zoom);
  return { axis, at: there[axis], isUp: end[axis] > there[axis], metresPx } as const;
}

function halfShifted(metres: number): (flight: FlightRows) => TileLie {
  return (flight) => (tile, read) => {
    const { axis, at, isUp, metresPx } = crossing(flight, tile.zoom);
    const isBeyond = ((tile[axis] + 0.5) * TILE_SIZE_PX > at) === isUp;
    return isBeyond ? shiftedEast(tile, read, metres / metresPx) : own(tile, read);
  };
}

const WHITE = {
  create: { width: TILE_SIZE_PX, height: TILE_SIZE_PX, channels: 3, background: "#eeeeee" },
} as const;

export const TILE_INPUTS: readonly HostileInput[] = [
  tiles(
    "tiles_mirrored",
    "each tile mirrored",
    () => async (tile, read) => await encoded(sharp(await own(tile, read)).flop()),
  ),
  tiles(
    "tiles_exchanged",
    "neighbouring tiles exchanged in pairs",
    () => (tile, read) => read(tile.x ^ 1, tile.y) ?? own(tile, read),
  ),
  tiles("half_shifted_20", "one half shifted by 20 m", halfShifted(20)),
  tiles("half_shifted_8", "one half shifted by 8 m", halfShifted(8)),
  tiles("rows_shifted_12", "each second row of tiles shifted by 12 m", (flight) => (tile, read) => {
    const { metresPx } = crossing(flight, tile.zoom);
    return shiftedEast(tile, read, tile.y % 2 === 0 ? 12 / metresPx : 0);
  }),
  tiles(
    "tiles_blurred",
    "a map of a tenth of its resolution",
    () => async (tile, read) => await encoded(sharp(await own(tile, read)).blur(6)),
  ),
  tiles(
    "tiles_zoomed",
    "each second column of tiles the middle of itself, twice as large",
    () => async (tile, read) => {
      if (tile.x % 2 === 0) return await own(tile, read);
      const left = TILE_SIZE_PX >> 2, width = TILE_SIZE_PX >> 1;
      const middle = sharp(await own(tile, read))
        .extract({ left, top: left, width, height: width });
      return await encoded(middle.resize(TILE_SIZE_PX, TILE_SIZE_PX));
    },
  ),
  tiles(
    "tiles_row_on",
    "each second row of tiles that of the row south of it",
    () => (tile, read) =>
      (tile.y % 2 === 0 ? read(tile.x, tile.y + 1) : undefined) ?? own(tile, read),
  ),
  tiles(
    "tiles_tms",
    "each tile upside down",
    () => async (tile, read) => await encoded(sharp(await own(tile, read)).flip()),
  ),
  tiles(
    "tiles_same",
    "each second tile the one beside it",
    () => (tile, read) =>
      ((tile.x + tile.y) % 2 === 0 ? read(tile.x + 1, tile.y) : undefined) ?? own(tile, read),
  ),
  tiles(
    "tiles_white",
    "each third tile white: clouds",
    () => async (tile, read) =>
      await ((tile.x + tile.y) % 3 === 0 ? encoded(sharp(WHITE)) : own(tile, read)),
  ),
  tiles(
    "tiles_negative",
    "negative: another sensor",
    () => async (tile, read) => await encoded(sharp(await own(tile, read)).negate()),
  ),
];
