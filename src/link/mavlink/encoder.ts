import { checksum } from "./checksum.ts";
import { CHECKSUM_BYTES, FLAG_SIGNED, SIGNATURE_BYTES, START_V1, START_V2 } from "./frame.ts";
import type { OutgoingMessage } from "./messages.ts";
import { encodePayload, type Payload } from "./payload.ts";
import type { MavlinkSigning } from "./signing.ts";

interface EncoderOptions {
  readonly systemId: number;
  readonly componentId: number;
  /** 2 where nothing is said. */
  readonly version?: 1 | 2;
  /** Frames of version 2 are signed with it; those that it has no stamp for go unsigned. */
  readonly signing?: MavlinkSigning;
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
   * @throws {RangeError} As `encodePayload` does.
   */
  encode(message: OutgoingMessage): Uint8Array<ArrayBuffer> {
    const { version = 2, signing } = this.#options;
    const payload = encodePayload(message, version);
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) & 0xff;
    if (version === 1) return this.#frame(this.#headerV1(payload, sequence), payload, 0);
    if (signing !== undefined) {
      const header = this.#headerV2(payload, sequence, FLAG_SIGNED);
      const frame = this.#frame(header, payload, SIGNATURE_BYTES);
      if (signing.sign(frame)) return frame;
    }
    return this.#frame(this.#headerV2(payload, sequence, 0), payload, 0);
  }

  #headerV1({ id, bytes }: Payload, sequence: number): number[] {
    const { systemId, componentId } = this.#options;
    return [START_V1, bytes.length, sequence, systemId, componentId, id];
  }

  #headerV2({ id, bytes }: Payload, sequence: number, flags: number): number[] {
    const { systemId, componentId } = this.#options;
    const idBytes = [id & 0xff, (id >> 8) & 0xff, id >> 16];
    return [START_V2, bytes.length, flags, 0, sequence, systemId, componentId, ...idBytes];
  }

  #frame(
    header: readonly number[],
    { bytes, crcExtra }: Payload,
    signatureBytes: number,
  ): Uint8Array<ArrayBuffer> {
    const end = header.length + bytes.length;
    const frame = new Uint8Array(end + CHECKSUM_BYTES + signatureBytes);
    frame.set(header);
    frame.set(bytes, header.length);
    const sum = checksum(frame, 1, end, crcExtra);
    frame[end] = sum & 0xff;
    frame[end + 1] = sum >> 8;
    return frame;
  }
}
