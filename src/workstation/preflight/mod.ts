/** What is checked before a flight. */
export type { AircraftState, PackageThere } from "./aircraft_checks.ts";
export type { CameraReading } from "./camera_checks.ts";
export type { DatabaseReading, LibraryReading } from "./computer_checks.ts";
export { PREFLIGHT_REPORT_SHAPE, type PreflightReport } from "./contract.ts";
export { type Autopilot, type ControllerReading, readController } from "./controller_reading.ts";
export {
  type ComputerReading,
  type PreflightRequest,
  type PreflightTools,
  runPreflight,
} from "./run_checks.ts";
