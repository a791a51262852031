/**
 * Finds the single flipped bit under a CRC-32. The CRC is linear: the difference between the stored
 * and the computed value depends only on which bits differ, and for a single bit it is different at
 * every position (up to 2^32 bits). So one flipped bit, and the record that it hit, can be found
 * instead of discarding the chunk.
 *
 * Damage to several bits looks like one bit with a probability of (bits / 2^32), 1 in 2,000 for a
 * chunk of 256 KiB: after correcting a bit the caller must check the whole chunk again.
 *
 * @module
 */

const POLYNOMIAL = 0xedb88320;

type FlippedBit =
  /** The data are correct, the stored CRC is wrong. */
  | { readonly where: "crc" }
  | { readonly where: "data"; readonly byte: number; readonly bit: number };

/** `undefined` when more than one bit differs. */
export function findFlippedBit(
  lengthBytes: number,
  storedCrc: number,
  computedCrc: number,
): FlippedBit | undefined {
  const difference = (storedCrc ^ computedCrc) >>> 0;
  if (difference === 0) return undefined;
  if ((difference & (difference - 1)) === 0) return { where: "crc" };
  // The CRC difference of the last bit of the data; each earlier bit is one step more.
  let effect = POLYNOMIAL;
  for (let byte = lengthBytes - 1; byte >= 0; byte--) {
    for (let bit = 7; bit >= 0; bit--) {
      if (effect === difference) return { where: "data", byte, bit };
      effect = ((effect >>> 1) ^ ((effect & 1) === 0 ? 0 : POLYNOMIAL)) >>> 0;
    }
  }
  return undefined;
}
