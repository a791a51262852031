/**
 * The sources that the filter fuses. A further one is a line here and in `MEASUREMENT_SOURCES` of
 * the contract.
 *
 * @module
 */
import type { SourceName } from "../contract.ts";
import { PictureDelay } from "../picture_delay.ts";
import { StandingPictures } from "../standing_pictures.ts";
import { AnchorSource } from "./anchor.ts";
import { AttitudeSource } from "./attitude.ts";
import { BarometerSource } from "./barometer.ts";
import { GpsSource, type GpsSourceOptions } from "./gps.ts";
import { OdometrySource } from "./odometry.ts";
import { VelocitySource } from "./velocity.ts";

export type MeasurementSources = ReturnType<typeof measurementSources>;

/** A picture takes this long to be processed, too. */
const DELAY_MARGIN_S = 0.5;

interface SourceOptions extends GpsSourceOptions {
  /** The barometer has taken the filter along by so much. */
  readonly onBarometerRunsAway: (changedM: number) => void;
  /** Pictures were taken at other times than those that they were fused at. */
  readonly onPictureDelay: (changedS: number) => void;
}

export function measurementSources(options: SourceOptions) {
  const { config } = options;
  const gps = new GpsSource(options);
  const delay = new PictureDelay(
    config.historyS - DELAY_MARGIN_S,
    (timeNs, delayS, changedS) => {
      options.onPictureDelay(changedS);
      options.onEvent({ type: "picture_delay", timeNs, delayS });
    },
  );
  const standing = new StandingPictures();
  const barometer = new BarometerSource(config, {
    height: (heightM) => gps.observeBaroHeight(heightM),
    runsAway: options.onBarometerRunsAway,
  });
  return {
    attitude: new AttitudeSource(config, delay),
    barometer,
    gps,
    velocity: new VelocitySource(config.velocity),
    odometry: new OdometrySource(config.odometry, delay, standing),
    anchor: new AnchorSource(config, {
      objection: () => delay.objection ?? standing.objection,
      fused: (...fix) => gps.observeFix(...fix),
      height: (...fix) => barometer.observeFix(...fix),
    }),
  } satisfies { [Name in SourceName]: { readonly name: Name } };
}
