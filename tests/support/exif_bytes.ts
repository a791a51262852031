/** Values of EXIF tags rewritten in a JPEG, as a program does that changes nothing else. */
import assert from "node:assert/strict";

const ORIENTATION = 0x0112, WIDTH = 0xa002, HEIGHT = 0xa003;
const SHORT = 3, LONG = 4;
/** Header and directories are within this. */
const SEARCHED_BYTES = 8192;

export function withOrientation(
  jpeg: Uint8Array<ArrayBuffer>,
  orientation: number,
): Uint8Array<ArrayBuffer> {
  return rewritten(jpeg, [[ORIENTATION, orientation]]);
}

/** The size that the camera wrote (ExifImageWidth, ExifImageHeight). */
export function withWrittenSize(
  jpeg: Uint8Array<ArrayBuffer>,
  [widthPx, heightPx]: readonly [number, number],
): Uint8Array<ArrayBuffer> {
  return rewritten(jpeg, [[WIDTH, widthPx], [HEIGHT, heightPx]]);
}

function rewritten(
  jpeg: Uint8Array<ArrayBuffer>,
  values: readonly (readonly [tag: number, value: number])[],
): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(jpeg);
  const view = new DataView(copy.buffer);
  const exif = new TextDecoder("latin1").decode(copy.subarray(0, SEARCHED_BYTES)).indexOf(
    "Exif\0\0",
  );
  assert.ok(exif > 0, "no EXIF");
  const isLittle = copy[exif + 6] === 0x49;
  for (const [tag, value] of values) {
    let found = 0;
    for (let at = exif + 6; at < SEARCHED_BYTES; at++) {
      const type = view.getUint16(at + 2, isLittle);
      if (view.getUint16(at, isLittle) !== tag || view.getUint32(at + 4, isLittle) !== 1) continue;
      if (type === SHORT) view.setUint16(at + 8, value, isLittle);
      else if (type === LONG) view.setUint32(at + 8, value, isLittle);
      else continue;
      found++;
    }
    assert.equal(found, 1, `tag ${tag} ${found} times`);
  }
  return copy;
}
