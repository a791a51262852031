import { checksum } from "./checksum.ts";
import { CHECKSUM_BYTES, HEADER_BYTES_V1, HEADER_BYTES_V2, START_V1, START_V2 } from "./frame.ts";
import type { OutgoingMessage } from "./messages.ts";
import { encodePayload } from "./payload.ts";

interface EncoderOptions {
  readonly systemId: number;
  readonly componentId: number;
  /** 2 where nothing is said. */
  readonly version?: 1 | 2;
}

/** Frames of one sender on one link: it counts their sequence numbers. */
export class MavlinkEncoder {
  readonly #options: EncoderOptions;
  #sequence = 0;

  constructor(options: EncoderOptions) {
    this.#options = options;
  }

  /**
   * A frame of its own memory. What is put into the fields: see `encodePayload`.
   *
   * @throws {RangeError} Where an integer field is not a number, or an array has another length.
   */
  encode(message: OutgoingMessage): Uint8Array<ArrayBuffer> {
    const { systemId, componentId, version = 2 } = this.#options;
    const { id, crcExtra, bytes } = encodePayload(message, version);
    const header = version === 1 ? HEADER_BYTES_V1 : HEADER_BYTES_V2;
    const end = header + bytes.length;
    const frame = new Uint8Array(end + CHECKSUM_BYTES);
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xff;
    frame.set(
      version === 1 ? [START_V1, bytes.length, sequence, systemId, componentId, id] : [
        START_V2,
        bytes.length,
        0,
        0,
        sequence,
        systemId,
        componentId,
        id & 0xff,
        (id >> 8) & 0xff,
        id >> 16,
      ],
    );
    frame.set(bytes, header);
    const sum = checksum(frame, 1, end, crcExtra);
    frame[end] = sum & 0xff;
    frame[end + 1] = sum >> 8;
    return frame;
  }
}
