/** Bindings of ffi/gtsam: a fixed-lag smoother. */
export { type GtsamLibrary, gtsamStatus, openGtsam } from "./library.ts";
export {
  NativeSmoother,
  NODE_ERRORS,
  NODE_NUMBERS,
  type NodeMeasurement,
  TRANSITION_NUMBERS,
} from "./smoother.ts";
