/**
 * Pictures that are drawn over, torn, fogged, or taken by a camera that drifts.
 *
 * @module
 */
import sharp from "sharp";
import { type HostileInput, rowsWithin } from "../input.ts";
import { type Inject, redrawn, stays } from "./lies.ts";

/** Lines, a cross and numbers as a ground station draws them, over a fifth of the picture. */
function display(width: number, height: number): Uint8Array {
  const lines = Array.from({ length: 13 }, (_, i) => {
    const y = height * (0.14 + 0.06 * i), half = width * (i % 2 === 0 ? 0.2 : 0.1);
    const across = `x1="${width / 2 - half}" x2="${width / 2 + half}" y1="${y}" y2="${y}"`;
    return `<line ${across} /><text x="${width / 2 + half + 8}" y="${y + 8}">${i * 10 - 60}</text>`;
  });
  const style = `stroke="#40ff40" stroke-width="${Math.ceil(width / 250)}" fill="#40ff40" ` +
    `font-size="${Math.ceil(width / 28)}"`;
  const words = `<text x="20" y="${height * 0.08}">ALT 130 SPD 17 BAT 14.8 V</text>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">` +
    `<g ${style}>${words}${lines.join("")}` +
    `<rect x="${width * 0.03}" y="${height * 0.2}" width="${width * 0.06}" height="${
      height * 0.6
    }"/></g></svg>`;
  return new TextEncoder().encode(svg);
}

/** As a rolling shutter draws a vibrating or turning aircraft. */
const sheared = (share: number): Inject =>
  redrawn(async (picture, { width, height }) => {
    const wide = await picture.affine([[1, share], [0, 1]], { background: "black" }).png()
      .toBuffer();
    const left = Math.max(0, Math.round(share * height / 2));
    return sharp(wide).extract({ left, top: 0, width, height });
  });

export const DRAWN_INPUTS: readonly HostileInput[] = [
  stays(
    "drawn.fog",
    "the lens fogs within 15 s",
    redrawn((picture, _, sinceS) => {
      const share = Math.min(0.95, sinceS / 15);
      return picture.blur(0.4 + 10 * share).linear(1 - share, 170 * share);
    }),
  ),
  stays(
    "drawn.display",
    "a display drawn over it",
    redrawn((picture, { width, height }) =>
      picture.composite([{ input: display(width, height) as never }])
    ),
  ),
  stays(
    "drawn.brightness",
    "its brightness sways",
    redrawn((picture, _, s) => picture.linear(1 + 0.7 * Math.sin(s), 40 * Math.sin(s))),
  ),
  stays("drawn.sheared", "sheared by 6 %: a rolling shutter", sheared(0.06)),
  stays(
    "drawn.swaying_shear",
    "sheared by up to 6 %, to and fro",
    (flight, injection) =>
      redrawn(async (picture, { width, height }, s) => {
        const share = 0.06 * Math.sin(2.3 * s);
        const wide = await picture.affine([[1, share], [0, 1]], { background: "black" }).png()
          .toBuffer();
        const meta = await sharp(wide).metadata();
        const left = Math.min(
          Math.max(0, Math.round(Math.abs(share) * height / 2)),
          meta.width! - width,
        );
        return sharp(wide).extract({ left, top: 0, width, height: Math.min(height, meta.height!) })
          .resize(width, height, { fit: "fill" });
      })(flight, injection),
  ),
  stays(
    "drawn.rows_doubled",
    "each second row of the picture drawn twice",
    redrawn(async (picture, { width, height }) =>
      sharp(
        await picture.resize(width, height >> 1, { fit: "fill", kernel: "nearest" }).png()
          .toBuffer(),
      ).resize(width, height, { fit: "fill", kernel: "nearest" })
    ),
  ),
  stays(
    "drawn.narrow",
    "squeezed by a tenth across, black beside it: another aspect",
    redrawn((picture, { width, height }) => {
      const w = Math.round(width * 0.9), left = (width - w) >> 1;
      return picture.resize(w, height, { fit: "fill" }).extend({
        left,
        right: width - w - left,
        background: "black",
      });
    }),
  ),
  stays(
    "drawn.scrolled",
    "the upper fifth below the lower four: a torn picture",
    redrawn(async (picture, { width, height }) => {
      const cut = Math.round(height / 5), whole = await picture.png().toBuffer();
      const upper = await sharp(whole).extract({ left: 0, top: 0, width, height: cut }).png()
        .toBuffer();
      const lower = await sharp(whole).extract({ left: 0, top: cut, width, height: height - cut })
        .png().toBuffer();
      return sharp({ create: { width, height, channels: 3, background: "black" } })
        .composite([{ input: lower, left: 0, top: 0 }, {
          input: upper,
          left: 0,
          top: height - cut,
        }]);
    }),
  ),
  stays("drawn.torn", "its lower half that of the picture before", async (flight, { span }) => {
    const rows = flight.streams["frames.csv"],
      { widthPx: width, heightPx: height } = flight.description.camera;
    for (const row of rowsWithin(flight, "frames.csv", span)) {
      const before = rows[rows.indexOf(row) - 1];
      if (before === undefined) continue;
      const half = height >> 1;
      const lower = await sharp(`${flight.folder}/${before[3]}`).extract({
        left: 0,
        top: half,
        width,
        height: height - half,
      }).png().toBuffer();
      const drawn = sharp(`${flight.folder}/${row[3]}`).composite([{
        input: lower,
        left: 0,
        top: half,
      }]);
      flight.pictures.set(row[3], await drawn.jpeg({ quality: 90 }).toBuffer());
    }
  }),
  stays(
    "drawn.shadow",
    "a shadow that stays, as dark as half",
    redrawn((picture, { width, height }) => {
      const svg =
        `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><polygon points="0,0 ${
          width * 0.7
        },0 ${width * 0.3},${height} 0,${height}" fill="black" fill-opacity="0.6"/></svg>`;
      return picture.composite([{ input: new TextEncoder().encode(svg) as never }]);
    }),
  ),
  stays(
    "drawn.slow_shift",
    "shifted by 1 % more every 3 s: a gimbal that drifts",
    redrawn((picture, { width, height }, s) => {
      const left = Math.min(Math.round(width * 0.0033 * s), width >> 2);
      return picture.extract({ left, top: 0, width: width - left, height }).extend({
        right: left,
        background: "black",
      });
    }),
  ),
  stays(
    "drawn.slow_zoom",
    "magnified by 0.5 % more every second",
    redrawn((picture, { width, height }, s) => {
      const share = 1 / (1 + 0.005 * s),
        w = Math.round(width * share),
        h = Math.round(height * share);
      return picture.extract({
        left: (width - w) >> 1,
        top: (height - h) >> 1,
        width: w,
        height: h,
      }).resize(width, height, { fit: "fill" });
    }),
  ),
  stays(
    "drawn.slow_turn",
    "turned by 0.5° more every second",
    redrawn(async (picture, { width, height }, s) => {
      const wide = await picture.rotate(0.5 * s, { background: "black" }).png().toBuffer();
      const meta = await sharp(wide).metadata();
      return sharp(wide).extract({
        left: (meta.width! - width) >> 1,
        top: (meta.height! - height) >> 1,
        width,
        height,
      });
    }),
  ),
];
