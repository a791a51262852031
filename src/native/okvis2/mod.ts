/** The odometry child of ffi/okvis2: a process of its own. */
export { OdometryProcess } from "./process.ts";
export { isTakenByChild } from "./protocol.ts";
export type {
  OdometryEvent,
  OdometryFrame,
  OdometryImu,
  OdometryStart,
  OdometryState,
} from "./protocol.ts";
