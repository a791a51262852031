/** Recorded flights and folders of photographs, read as the aircraft would have met them. */
export * from "./contract.ts";
export type {
  AttitudeEvent,
  BaroEvent,
  FlightEvent,
  FrameEvent,
  GpsEvent,
  ImuEvent,
} from "./events.ts";
export { type FlightExtent, openRecordedFlight, type RecordedFlight } from "./recorded_flight.ts";
export {
  openPhotographFolder,
  type PhotographEvent,
  type PhotographFlight,
  type PhotographFolderOptions,
} from "./photograph_folder.ts";
