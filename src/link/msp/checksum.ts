/**
 * The check sum of MSP v2: CRC-8/DVB-S2 (polynomial 0xD5, initial value 0, not reflected).
 *
 * @module
 */

const POLYNOMIAL = 0xD5;
const TABLE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) {
    value = (value & 0x80) !== 0 ? (value << 1) ^ POLYNOMIAL : value << 1;
  }
  return value;
});

export function crc8DvbS2(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = TABLE[crc ^ bytes[i]];
  return crc;
}

/** The check sum of MSP v1. */
export function exclusiveOr(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum ^= bytes[i];
  return sum;
}
