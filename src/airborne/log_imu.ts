/**
 * What the log of a flight controller knows of its IMU, and the configuration does not.
 *
 * @module
 */
import type { FlightLog } from "../flight/flight_logs/mod.ts";
import type { AirborneConfig } from "./config.ts";

type ImuConfig = AirborneConfig["eskf"]["imu"];

/** Whether its samples are means, and the larger of the densities: vibration folds into a log's samples. */
export function imuOfLog(
  { imuSampling, imuNoise }: Pick<FlightLog, "imuSampling" | "imuNoise">,
  imu: ImuConfig,
): ImuConfig {
  return {
    ...imu,
    sampling: imuSampling,
    accelerometerDensity: Math.max(imu.accelerometerDensity, imuNoise.accelerometerDensity),
    gyroscopeDensity: Math.max(imu.gyroscopeDensity, imuNoise.gyroscopeDensity),
  };
}
