/** A camera under anybody's simulated vehicle, which tells its true state by MAVLink. Operator and tests only. */
export { followVehicle } from "./follow_vehicle.ts";
export { LiveRenderer } from "./live_renderer.ts";
