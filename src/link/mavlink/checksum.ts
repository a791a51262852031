/** CRC-16/MCRF4XX (X.25 without the final inversion), which MAVLink's frames end with. */

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0x8408 : value >> 1;
  return value;
});

/** Of `bytes[from, to)` and one more byte behind them. */
export function checksum(bytes: Uint8Array, from: number, to: number, extra: number): number {
  let value = 0xffff;
  for (let index = from; index < to; index++) {
    value = (value >> 8) ^ TABLE[(value ^ bytes[index]) & 0xff];
  }
  return (value >> 8) ^ TABLE[(value ^ extra) & 0xff];
}
