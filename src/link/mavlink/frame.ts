/**
 * MAVLink frames. Version 1: start, payload length, sequence, system, component, message, payload, check
 * sum. Version 2 has two bytes of flags behind the length, three bytes of message, and may end with a
 * signature.
 *
 * @module
 */

export const START_V1 = 0xfe;
export const START_V2 = 0xfd;
export const HEADER_BYTES_V1 = 6;
export const HEADER_BYTES_V2 = 10;
export const CHECKSUM_BYTES = 2;
export const SIGNATURE_BYTES = 13;
export const PAYLOAD_BYTES_MAX = 255;
/** The only flag that a receiver may know; a frame with another one cannot be understood. */
export const FLAG_SIGNED = 0x01;

/** A frame whose check sum was right. */
export interface Packet {
  readonly version: 1 | 2;
  readonly systemId: number;
  readonly componentId: number;
  readonly sequence: number;
  readonly messageId: number;
  /** Of its first byte in the stream, and how many bytes it has there. */
  readonly offset: number;
  readonly bytes: number;
  /** As it was sent: zeros at its end may be missing. A copy, which nobody changes. */
  readonly payload: Uint8Array;
  /** It carries a signature, which was verified if the splitter has a key. */
  readonly signed: boolean;
}
