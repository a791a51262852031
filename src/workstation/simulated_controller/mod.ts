/**
 * A flight controller that nobody can tell from an aircraft's, driven by the simulation. Operator and
 * tests only.
 */
export type { Flight } from "./contract.ts";
export {
  type FaultSchedule,
  NO_FAULTS,
  readElsewhere,
  readHint,
  readSpoofing,
  readWindow,
} from "./fault_schedule.ts";
export { flyController } from "./fly_controller.ts";
export { FrameServer, listenAt } from "./frame_server.ts";
export { composeController, FIRMWARES } from "./compose_controller.ts";
export { openGeneratedVehicle } from "./generated_vehicle.ts";
export type { GroundTime } from "./ground_phase.ts";
export { openRecordedVehicle } from "./recorded_vehicle.ts";
export { cloudPictures } from "./cloud.ts";
export { FlightReport } from "./report.ts";
