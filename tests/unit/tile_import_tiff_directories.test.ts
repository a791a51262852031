import assert from "node:assert/strict";
import sharp from "sharp";
import { DataError } from "../../src/core/mod.ts";
import { openTiff } from "../../src/tiles/workstation/tile_import/tiff/directories.ts";
import { inScratch } from "../support/scratch.ts";

interface Entry {
  readonly tag: number;
  readonly offsets: readonly number[];
}

/** A TIFF of directories alone, each at the place that is said; offsets of four bytes or eight. */
function tiffOf(
  directories: readonly { readonly at: number; readonly next: number; readonly entries: Entry[] }[],
  { big, littleEndian }: { readonly big: boolean; readonly littleEndian: boolean },
): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4000));
  const word = (at: number, value: number) =>
    big
      ? view.setBigUint64(at, BigInt(value), littleEndian)
      : view.setUint32(at, value, littleEndian);
  const wordBytes = big ? 8 : 4;
  let spare = 3000;
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  view.setUint16(2, big ? 43 : 42, littleEndian);
  word(big ? 8 : 4, directories[0].at);
  for (const { at, next, entries } of directories) {
    if (big) word(at, entries.length);
    else view.setUint16(at, entries.length, littleEndian);
    let entryAt = at + (big ? 8 : 2);
    for (const { tag, offsets } of entries) {
      view.setUint16(entryAt, tag, littleEndian);
      view.setUint16(entryAt + 2, big ? 18 : 4, littleEndian);
      word(entryAt + 4, offsets.length);
      const isInline = offsets.length === 1;
      if (!isInline) word(entryAt + 4 + wordBytes, spare);
      offsets.forEach((offset, i) =>
        word((isInline ? entryAt + 4 + wordBytes : spare) + i * wordBytes, offset)
      );
      spare += isInline ? 0 : offsets.length * wordBytes;
      entryAt += 4 + 2 * wordBytes;
    }
    word(entryAt, next);
  }
  return new Uint8Array(view.buffer);
}

const sub = (...offsets: number[]): Entry => ({ tag: 330, offsets });
const refused = {
  "itself": [{ at: 100, next: 100, entries: [] }],
  "back": [{ at: 100, next: 300, entries: [] }, { at: 300, next: 100, entries: [] }],
  "overlapping": [{ at: 100, next: 104, entries: [sub(500)] }, { at: 500, next: 0, entries: [] }],
  "itself below": [{ at: 100, next: 0, entries: [sub(100)] }],
  "one of several below": [
    { at: 100, next: 0, entries: [sub(300, 500)] },
    { at: 300, next: 0, entries: [] },
    { at: 500, next: 0, entries: [sub(300)] },
  ],
  "beyond the end": [{ at: 100, next: 5000, entries: [] }],
} as const;
const LAYOUTS = [false, true].flatMap((big) =>
  [false, true].map((littleEndian) => ({ big, littleEndian }))
);

Deno.test("openTiff() refuses directories that lead back, in every layout", () =>
  inScratch(async (folder) => {
    const path = `${folder}/a.tif`;
    for (const layout of LAYOUTS) {
      for (const [name, directories] of Object.entries(refused)) {
        await Deno.writeFile(
          path,
          tiffOf(
            directories.map((one) => ({
              ...one,
              entries: [...one.entries],
            })),
            layout,
          ),
        );
        await assert.rejects(
          openTiff(path),
          (error) => error instanceof DataError && /director/.test(error.message),
          `${name} ${JSON.stringify(layout)}`,
        );
      }
      await Deno.writeFile(
        path,
        tiffOf([
          { at: 100, next: 300, entries: [sub(500, 700), sub(900)] },
          ...[300, 500, 700, 900].map((at) => ({ at, next: 0, entries: [] })),
        ], layout),
      );
      (await openTiff(path))?.[Symbol.dispose]();
    }
  }));

Deno.test("openTiff() takes what libvips writes, and leaves other files alone", () =>
  inScratch(async (folder) => {
    const path = `${folder}/a.tif`;
    const image = { create: { width: 600, height: 400, channels: 3, background: "#777" } } as const;
    for (const options of [{}, { tile: true, pyramid: true }, { bigtiff: true }]) {
      await sharp(image).tiff(options).toFile(path);
      (await openTiff(path))?.[Symbol.dispose]();
    }
    for (const text of ["", "II", "II*\0", "no picture"]) {
      await Deno.writeTextFile(path, text);
      (await openTiff(path))?.[Symbol.dispose]();
    }
  }));
