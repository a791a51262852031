/**
 * Pictures that lie.
 *
 * @module
 */
import sharp, { type Sharp } from "sharp";
import { seededRandom } from "../../../../src/core/mod.ts";
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

/** Pictures that are there already, each at the times of others. */
function replayed(flight: FlightRows, { span }: Injection): void {
  const rows = flight.streams[FILE], later = rowsWithin(flight, FILE, span);
  const before = rows.slice(0, rows.length - later.length);
  if (later[0] === undefined || before.length === 0) return;
  const names = before.map((row) => row[NAME]);
  later.forEach((row, i) => row[NAME] = names[i % names.length]);
}

/** Stamps that are wrong by `spreadS` at most; in order, as a camera stamps. */
function jitter(spreadS: number) {
  return (flight: FlightRows, { span, random }: Injection): void => {
    let lastNs = -1;
    const wrong = new Set(rowsWithin(flight, FILE, span));
    for (const row of flight.streams[FILE]) {
      const byNs = wrong.has(row) ? (2 * random.uniform() - 1) * spreadS * 1e9 : 0;
      lastNs = Math.max(lastNs + 1, Math.round(Number(row[1]) + byNs), 0);
      row[1] = String(lastNs);
      // No picture arrives before it is taken.
      row[2] = String(Math.max(Number(row[2]), lastNs));
    }
    const rows = flight.streams[FILE];
    rows.forEach((row, i) => {
      if (i > 0) row[2] = String(Math.max(Number(row[2]), Number(rows[i - 1][2])));
    });
  };
}

/** Grey blocks that stay where they are in the picture; nothing elsewhere. */
function blocks(width: number, height: number, isThere: (x: number, y: number) => boolean) {
  const data = new Uint8Array(width * height * 4), random = seededRandom("blocks");
  const sidePx = Math.max(4, Math.round(width / 60));
  for (let top = 0; top < height; top += sidePx) {
    for (let left = 0; left < width; left += sidePx) {
      const grey = 40 + random.integer(160);
      if (!isThere((left + sidePx / 2) / width, (top + sidePx / 2) / height)) continue;
      for (let y = top; y < Math.min(height, top + sidePx); y++) {
        for (let x = left; x < Math.min(width, left + sidePx); x++) {
          data.set([grey, grey, grey, 255], 4 * (y * width + x));
        }
      }
    }
  }
  return sharp(data, { raw: { width, height, channels: 4 } }).png().toBuffer();
}

function covered(name: string, about: string, isThere: (x: number, y: number) => boolean) {
  return redrawn(
    name,
    about,
    async (picture, { width, height }) =>
      picture.composite([{ input: await blocks(width, height, isThere) }]),
  );
}

/** As large as before, of another part: `left`, `top`, `width` and `height` as shares. */
function part(left: number, top: number, width: number, height: number) {
  return (picture: Sharp, size: { width: number; height: number }) =>
    picture.extract({
      left: Math.round(left * size.width),
      top: Math.round(top * size.height),
      width: Math.round(width * size.width),
      height: Math.round(height * size.height),
    }).resize(size.width, size.height, { fit: "fill" });
}

/** Nobody has switched anything off: the picture is there, and not quite what it should be. */
const SLIGHT_INPUTS: readonly HostileInput[] = [
  late(0.5),
  pictures("jitter", "stamps wrong by up to 0.2 s, at random", jitter(0.2)),
  pictures("replayed", "those of before the lie once more, again and again", replayed, [
    2,
    Infinity,
  ]),
  redrawn(
    "quarter_turn",
    "turned by 90°",
    (picture, { width, height }) => picture.rotate(90).resize(width, height, { fit: "fill" }),
  ),
  redrawn("cropped", "a tenth cut off at the left, drawn as large as before", part(0.1, 0, 0.9, 1)),
  redrawn(
    "stabilised",
    "shifted by up to 3 % of its width, at random",
    (picture, size, { random }) =>
      part(0.06 * random.uniform(), 0.06 * random.uniform(), 0.94, 0.94)(picture, size),
  ),
  covered("wing", "two fifths covered by a wing with a pattern", (x) => x > 0.6),
  covered(
    "dirt",
    "dirt that stays in the picture, a fifth of it",
    (x, y) => Math.sin(21 * x + 3) * Math.sin(17 * y + 1) > 0.45,
  ),
  redrawn(
    "flashes",
    "too bright and too dark by turns",
    (picture, _, { random }) =>
      random.uniform() < 0.5 ? picture.linear(2.5, 60) : picture.linear(0.25, 0),
  ),
  redrawn(
    "blocky",
    "compressed until little is left",
    async (picture) => sharp(await picture.jpeg({ quality: 3 }).toBuffer()),
  ),
];

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
  ...SLIGHT_INPUTS,
  redrawn("noise", "only noise", (_, { width, height }, { random }) => {
    const data = Uint8Array.from({ length: width * height }, () => random.integer(256));
    return sharp(data, { raw: { width, height, channels: 1 } });
  }),
];
