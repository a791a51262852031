/**
 * The packet of the frame socket: a header, little-endian, and a JPEG behind it.
 *
 * | bytes | what |
 * | --- | --- |
 * | 4 | "GDNF" |
 * | 2 | version, 2 |
 * | 2 | 0 |
 * | 4 | sequence |
 * | 4 | age: microseconds from mid-exposure to the sending of this header |
 * | 4 | length of the JPEG |
 * | 8 | microseconds on the sender's clock at the sending of this header |
 *
 * By the sender's clock the reader tells how much of a picture's delay is the line's: on a busy computer a
 * header may wait to be read.
 *
 * @module
 */
export const FRAME_HEADER_BYTES = 28;
const MAGIC = 0x464e4447; // "GDNF", little-endian
const VERSION = 2;
/** In nanoseconds still a whole number: 104 days. */
const SENT_US_MAX = Math.floor(Number.MAX_SAFE_INTEGER / 1000);
const UINT32_MAX = 0xffffffff;
/** Above any camera's; what a stranger who speaks on this port can make us allocate. */
const JPEG_BYTES_MAX = 64 * 1024 * 1024;

interface FrameHeader {
  /** Whole, 0 to 2^32 − 1. */
  readonly sequence: number;
  readonly ageUs: number;
  readonly jpegBytes: number;
  /** On the sender's clock, below 2^53. */
  readonly sentUs: number;
}

/** Header and JPEG as they go over the line. `sequence` counts on from 0 behind 2^32 − 1. */
export function encodeFramePacket(
  { sequence, ageUs, sentUs, jpeg }: {
    readonly sequence: number;
    readonly ageUs: number;
    /** On any clock that does not go back. */
    readonly sentUs: number;
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
  view.setBigUint64(20, BigInt(Math.round(sentUs)), true);
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
  const sentUs = Number(view.getBigUint64(20, true));
  if (sentUs > SENT_US_MAX) throw new Error(`a clock that reads ${sentUs} µs`);
  return { sequence: view.getUint32(8, true), ageUs: view.getUint32(12, true), jpegBytes, sentUs };
}
