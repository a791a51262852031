/** The odometry child of ffi/okvis2: a process of its own. */
export { type OdometryListener, OdometryProcess } from "./process.ts";
export type {
  OdometryEvent,
  OdometryFrame,
  OdometryImu,
  OdometryStart,
  OdometryState,
} from "./protocol.ts";
