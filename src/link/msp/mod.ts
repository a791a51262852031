/** MSP of iNav: frames of version 1 and 2, and the messages that we speak. */
export { encodeFrame, type MspFrame } from "./frame.ts";
export { MspSplitter } from "./splitter.ts";
export {
  decodeMessage,
  encodePayload,
  MSP_MESSAGES,
  type MspMessage,
  type MspName,
  mspNameOf,
  type MspValues,
} from "./messages.ts";
export {
  decodeNamedSetting,
  encodeNamedSetting,
  requestedSetting,
  settingRequest,
} from "./settings.ts";
