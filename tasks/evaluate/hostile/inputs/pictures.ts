/**
 * Pictures that lie.
 *
 * @module
 */
import sharp, { type Sharp } from "sharp";
import type { FlightRows, Row } from "../flight_rows.ts";
import {
  arriveLater,
  DURATIONS_S,
  type HostileInput,
  type Injection,
  rowsWithin,
} from "../input.ts";

const FILE = "frames.csv";
const NAME = 3;
const JPEG_QUALITY = 90;

function pictures(
  name: string,
  about: string,
  inject: (flight: FlightRows, injection: Injection) => void | Promise<void>,
  durationsS: readonly number[] = [2, Infinity],
): HostileInput {
  return { name: `pictures.${name}`, about, durationsS, gps: false, inject };
}

/** Each picture is that of `delayS` before; the stamps are right. */
function late(delayS: number): HostileInput {
  return pictures(`late_${delayS}`, `${delayS} s old, stamped as new`, (flight, { span }) => {
    const rows = flight.streams[FILE].map((row) => [...row]);
    for (const row of rowsWithin(flight, FILE, span)) {
      const wantedNs = Number(row[1]) - delayS * 1e9;
      const source = rows.findLast((each) => Number(each[1]) <= wantedNs + 1e8) ?? rows[0];
      row[NAME] = source[NAME];
    }
  });
}

/** Pictures of the span drawn anew by sharp. */
function redrawn(
  name: string,
  about: string,
  draw: (picture: Sharp, size: { width: number; height: number }, injection: Injection) =>
    | Sharp
    | Promise<Sharp>,
): HostileInput {
  return pictures(name, about, async (flight, injection) => {
    const { widthPx: width, heightPx: height } = flight.description.camera;
    for (const row of rowsWithin(flight, FILE, injection.span)) {
      const picture = sharp(`${flight.folder}/${row[NAME]}`);
      const drawn = await draw(picture, { width, height }, injection);
      falsify(flight, row, await drawn.jpeg({ quality: JPEG_QUALITY }).toBuffer());
    }
  }, DURATIONS_S);
}

function falsify(flight: FlightRows, row: Row, jpeg: Uint8Array): void {
  flight.pictures.set(row[NAME], jpeg);
}

function shuffled(flight: FlightRows, { span, random }: Injection): void {
  const rows = rowsWithin(flight, FILE, span);
  const names = rows.map((row) => row[NAME]);
  for (let i = names.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [names[i], names[j]] = [names[j], names[i]];
  }
  rows.forEach((row, i) => row[NAME] = names[i]);
}

/** Numbers of the rows count on, as a camera counts what it delivers. */
function renumber(flight: FlightRows): void {
  flight.streams[FILE].forEach((row, i) => row[0] = String(i));
}

const rectangle = (width: number, height: number, grey: number) =>
  sharp({ create: { width, height, channels: 3, background: { r: grey, g: grey, b: grey } } })
    .png().toBuffer();

export const PICTURE_INPUTS: readonly HostileInput[] = [
  late(0.33),
  late(1),
  late(3),
  pictures("arrive_late", "arrive 3 s late, with the right stamps", (flight, { span }) => {
    arriveLater(flight, FILE, span, 3);
  }),
  pictures("frozen", "frozen", (flight, { span }) => {
    const [first, ...rest] = rowsWithin(flight, FILE, span);
    for (const row of rest) row[NAME] = first[NAME];
  }),
  pictures("shuffled", "shuffled", shuffled),
  pictures("doubled", "each twice: the second stamped a period later", (flight, { span }) => {
    rowsWithin(flight, FILE, span).forEach((row, i, rows) => {
      row[NAME] = rows[i - i % 2][NAME];
    });
  }),
  pictures("backwards", "in the opposite order", (flight, { span }) => {
    const rows = rowsWithin(flight, FILE, span);
    const names = rows.map((row) => row[NAME]).reverse();
    rows.forEach((row, i) => row[NAME] = names[i]);
  }),
  pictures("missing", "none come", (flight, { span }) => {
    const gone = new Set(rowsWithin(flight, FILE, span));
    flight.streams[FILE] = flight.streams[FILE].filter((row) => !gone.has(row));
    renumber(flight);
  }, [2, 10]),
  pictures("cut_short", "half of each file", async (flight, { span }) => {
    for (const row of rowsWithin(flight, FILE, span)) {
      const jpeg = await Deno.readFile(`${flight.folder}/${row[NAME]}`);
      falsify(flight, row, jpeg.slice(0, jpeg.length >> 1));
    }
  }, [2, 10]),
  pictures("other_place", "pictures of another place", async (flight, { span, otherPictures }) => {
    const rows = rowsWithin(flight, FILE, span);
    for (const [i, row] of rows.entries()) {
      if (otherPictures.length === 0) return;
      falsify(flight, row, await Deno.readFile(otherPictures[i % otherPictures.length]));
    }
  }),
  redrawn("mirrored", "mirrored", (picture) => picture.flop()),
  redrawn("upside_down", "upside down", (picture) => picture.rotate(180)),
  redrawn(
    "magnified",
    "magnified × 1.25: a zoom lens moved",
    (picture, { width, height }) =>
      picture.extract({
        left: Math.round(width * 0.1),
        top: Math.round(height * 0.1),
        width: Math.round(width * 0.8),
        height: Math.round(height * 0.8),
      }).resize(width, height, { fit: "fill" }),
  ),
  redrawn("black", "black", (picture) => picture.linear(0, 0)),
  redrawn("white", "over-exposed", (picture) => picture.linear(3, 100)),
  redrawn("dark", "dark: 5 grey levels", (picture) => picture.linear(0.02, 0)),
  redrawn("negative", "negative", (picture) => picture.negate()),
  redrawn("blurred", "out of focus", (picture) => picture.blur(8)),
  redrawn(
    "half_black",
    "left half black",
    async (picture, { width, height }) =>
      picture.composite([{ input: await rectangle(width >> 1, height, 0), left: 0, top: 0 }]),
  ),
  redrawn("noise", "only noise", (_, { width, height }, { random }) => {
    const data = Uint8Array.from({ length: width * height }, () => random.integer(256));
    return sharp(data, { raw: { width, height, channels: 1 } });
  }),
];
