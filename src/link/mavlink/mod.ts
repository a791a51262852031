/** MAVLink 1 and 2: the messages that we speak, frames out of bytes, and bytes of messages. */
export { MavlinkEncoder } from "./encoder.ts";
export * from "./enums.ts";
export type { Packet } from "./frame.ts";
export {
  type Message,
  type MessageName,
  type MessageOf,
  MESSAGES,
  type OutgoingMessage,
} from "./messages.ts";
export { decodeMessage } from "./payload.ts";
export { MavlinkSigning, SigningKey, type SigningStamps } from "./signing.ts";
export { MavlinkSplitter } from "./splitter.ts";
