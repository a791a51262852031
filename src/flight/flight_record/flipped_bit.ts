/**
 * Finds the one bit that flipped under a CRC-32. The CRC is linear: the difference between the
 * stored and the computed one depends on nothing but which bits differ, and for one bit it is
 * another value at each place (up to 2^32 bits). So one flipped bit is found, and with it the
 * record that it hit, instead of giving up the chunk.
 *
 * Damage to more bits passes for one bit by chance with a probability of (bits / 2^32), 1 in 2,000 for
 * a chunk of 256 KiB: who turns a bit back has to look at the whole chunk again.
 *
 * @module
 */

const POLYNOMIAL = 0xedb88320;

export type FlippedBit =
  /** The data are right, the stored CRC is not. */
  | { readonly where: "crc" }
  | { readonly where: "data"; readonly byte: number; readonly bit: number };

/** `undefined` where more than one bit differs. */
export function findFlippedBit(
  lengthBytes: number,
  storedCrc: number,
  computedCrc: number,
): FlippedBit | undefined {
  const difference = (storedCrc ^ computedCrc) >>> 0;
  if (difference === 0) return undefined;
  if ((difference & (difference - 1)) === 0) return { where: "crc" };
  // What the last bit of the data does to the CRC; each bit before it, one step more.
  let effect = POLYNOMIAL;
  for (let byte = lengthBytes - 1; byte >= 0; byte--) {
    for (let bit = 7; bit >= 0; bit--) {
      if (effect === difference) return { where: "data", byte, bit };
      effect = ((effect >>> 1) ^ ((effect & 1) === 0 ? 0 : POLYNOMIAL)) >>> 0;
    }
  }
  return undefined;
}
