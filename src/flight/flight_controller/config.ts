/**
 * Settings of the flight controller.
 *
 * @module
 */
import * as z from "zod";

export const FlightControllerConfigSchema = z.strictObject({
  /** Where it is: `serial:/dev/ttyTHS1:921600`, `udp:0.0.0.0:14550`, `tcp:127.0.0.1:5760`; `--connect` names another. */
  connect: z.string().default(""),
  /** Of the vehicle, where several share a line; 0: the first that is heard. */
  targetSystemId: z.int().min(0).max(255).default(0),
  /**
   * File with the 32 bytes of the key that signs MAVLink, as they are or as 64 hexadecimal digits; empty:
   * nothing is signed, and unsigned messages are believed.
   */
  signingKey: z.string().default(""),
  /** How an ArduPilot is given our positions. */
  ardupilotOutput: z.enum(["gps_input", "odometry", "external_position"]).default("gps_input"),
});
