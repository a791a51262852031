/**
 * The packet of the frame socket: a header, little-endian, and a JPEG behind it.
 *
 * | bytes | what |
 * | --- | --- |
 * | 4 | "GDNF" |
 * | 2 | version, 1 |
 * | 2 | 0 |
 * | 4 | sequence |
 * | 4 | age: microseconds from mid-exposure to the sending of this header |
 * | 4 | length of the JPEG |
 *
 * @module
 */
export const FRAME_HEADER_BYTES = 20;
const MAGIC = 0x464e4447; // "GDNF", little-endian
const VERSION = 1;
const UINT32_MAX = 0xffffffff;
/** Above any camera's; what a stranger who speaks on this port can make us allocate. */
const JPEG_BYTES_MAX = 64 * 1024 * 1024;

interface FrameHeader {
  /** Whole, 0 to 2^32 − 1. */
  readonly sequence: number;
  readonly ageUs: number;
  readonly jpegBytes: number;
}

/** Header and JPEG as they go over the line. `sequence` counts on from 0 behind 2^32 − 1. */
export function encodeFramePacket(
  { sequence, ageUs, jpeg }: {
    readonly sequence: number;
    readonly ageUs: number;
    readonly jpeg: Uint8Array;
  },
): Uint8Array<ArrayBuffer> {
  if (jpeg.length > JPEG_BYTES_MAX) {
    throw new RangeError(`a frame has at most ${JPEG_BYTES_MAX} bytes, not ${jpeg.length}`);
  }
  if (!(ageUs >= 0 && ageUs <= UINT32_MAX)) {
    throw new RangeError(`a frame is 0 to ${UINT32_MAX} µs old, not ${ageUs}`);
  }
  const packet = new Uint8Array(FRAME_HEADER_BYTES + jpeg.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint32(8, sequence, true);
  view.setUint32(12, Math.round(ageUs), true);
  view.setUint32(16, jpeg.length, true);
  packet.set(jpeg, FRAME_HEADER_BYTES);
  return packet;
}

/** @throws Error where these bytes are no such header: then nothing behind them can be trusted. */
export function decodeFrameHeader(bytes: Uint8Array): FrameHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES);
  if (view.getUint32(0, true) !== MAGIC) {
    throw new Error(`no frame where one should begin (${bytes.subarray(0, 4).toHex()})`);
  }
  const version = view.getUint16(4, true);
  if (version !== VERSION || view.getUint16(6, true) !== 0) {
    throw new Error(`frames of version ${version}, this program reads ${VERSION}`);
  }
  const jpegBytes = view.getUint32(16, true);
  if (jpegBytes > JPEG_BYTES_MAX) {
    throw new Error(`a frame of ${jpegBytes} bytes, more than ${JPEG_BYTES_MAX} are not read`);
  }
  return { sequence: view.getUint32(8, true), ageUs: view.getUint32(12, true), jpegBytes };
}
