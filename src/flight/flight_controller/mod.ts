/** C8: what speaks with the flight controller. */
export * from "./contract.ts";
export { MavlinkAdapter } from "./mavlink/adapter.ts";
export { InavAdapter } from "./inav/adapter.ts";
export { ArdupilotDialect } from "./mavlink/ardupilot.ts";
export type { Dialect } from "./mavlink/dialect.ts";
export { openSigning } from "./mavlink/signing_key.ts";
export { MavlinkFlightState } from "./mavlink/flight_state.ts";
export { MavlinkMeasurements } from "./mavlink/measurements.ts";
export { Px4Dialect } from "./mavlink/px4.ts";
export {
  CONTROLLER_ADDRESS_FORMS,
  type ControllerAddress,
  parseControllerAddress,
} from "./address.ts";
export { FlownController } from "./flown/flown_controller.ts";
export type { FlownFlight } from "./flown/flown_flight.ts";
export { SimulatedFlight } from "./flown/simulated_flight.ts";
export { simulatedVehicle } from "./flown/simulated_vehicle.ts";
export { FlightControllerConfigSchema } from "./config.ts";
