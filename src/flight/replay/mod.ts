/**
 * Reads recorded flights and folders of photographs in the order in which the aircraft received the
 * data.
 */
export * from "./contract.ts";
export type {
  AttitudeEvent,
  BaroEvent,
  FlightEvent,
  FrameEvent,
  GpsEvent,
  ImuEvent,
  SensorEvent,
} from "./events.ts";
export {
  type FlightExtent,
  openRecordedFlight,
  type RecordedFlight,
  type RecordedFlightOptions,
} from "./recorded_flight.ts";
export {
  openPhotographFolder,
  type PhotographEvent,
  type PhotographFlight,
  type PhotographFolderOptions,
} from "./photograph_folder.ts";
