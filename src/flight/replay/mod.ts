/**
 * Reads recorded flights and folders of photographs in the order in which the aircraft received the
 * data.
 */
export * from "./contract.ts";
export { type FlightExtent, openRecordedFlight, type RecordedFlight } from "./recorded_flight.ts";
export type { PositionTag } from "../photographs/mod.ts";
export { exposureTimes } from "./exposure_times.ts";
export {
  openPhotographFolder,
  type PhotographEvent,
  type PhotographFlight,
} from "./photograph_folder.ts";
