/** MSP of iNav: frames of version 1 and 2, and the messages that we speak. */
export { encodeFrame, type MspDirection, type MspFrame } from "./frame.ts";
export { type MspCounters, MspSplitter } from "./splitter.ts";
export {
  decodeMessage,
  encodePayload,
  MSP_MESSAGES,
  type MspMessage,
  type MspName,
  mspNameOf,
  type MspValues,
} from "./messages.ts";
