/**
 * The sources that the filter fuses. A further one is a line here and in `MEASUREMENT_SOURCES` of
 * the contract.
 *
 * @module
 */
import type { SourceName } from "../contract.ts";
import { AnchorSource } from "./anchor.ts";
import { AttitudeSource } from "./attitude.ts";
import { BarometerSource } from "./barometer.ts";
import { GpsSource, type GpsSourceOptions } from "./gps.ts";
import { OdometrySource } from "./odometry.ts";
import { VelocitySource } from "./velocity.ts";

export type MeasurementSources = ReturnType<typeof measurementSources>;

export function measurementSources(options: GpsSourceOptions) {
  const { config } = options;
  const gps = new GpsSource(options);
  return {
    attitude: new AttitudeSource(config.attitude),
    barometer: new BarometerSource(config, (heightM) => gps.observeBaroHeight(heightM)),
    gps,
    velocity: new VelocitySource(config.velocity),
    odometry: new OdometrySource(config.odometry),
    anchor: new AnchorSource(config, (...fix) => gps.observeFix(...fix)),
  } satisfies { [Name in SourceName]: { readonly name: Name } };
}
