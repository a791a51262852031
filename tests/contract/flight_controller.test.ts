import { SystemClock } from "../../src/core/mod.ts";
import {
  ArdupilotDialect,
  type Dialect,
  MavlinkAdapter,
  Px4Dialect,
} from "../../src/flight/flight_controller/mod.ts";
import type { ByteLink } from "../../src/link/transport/mod.ts";
import { InavRig } from "./flight_controller_inav.ts";
import { SimulatedRig } from "./flight_controller_simulated.ts";
import { flightControllerSuite } from "./flight_controller_suite.ts";

const clock = new SystemClock();
const DEGREE = Math.PI / 180;
const INAV = { forceStepMps2: 0.02, rateStepRps: 0.51 * DEGREE, hasOwnGps: false };

flightControllerSuite(
  "inav 9",
  () => new InavRig({ clock, version: [9, 0, 0] }),
  { ...INAV, attitudeStepRad: 0.1 * DEGREE },
);

flightControllerSuite(
  "inav 8, which knows no pose",
  () => new InavRig({ clock, version: [8, 0, 1] }),
  { ...INAV, attitudeStepRad: 1 * DEGREE },
);

const MAVLINK = {
  forceStepMps2: 0.01,
  rateStepRps: 0.001,
  attitudeStepRad: 1e-4,
  hasOwnGps: true,
};
const mavlink = (dialect: () => Dialect) => (link: ByteLink) =>
  new MavlinkAdapter({ link, dialect: dialect(), clock, targetSystemId: null, signing: null });

flightControllerSuite(
  "ardupilot",
  () =>
    new SimulatedRig({
      clock,
      firmware: "ardupilot-copter",
      adapter: mavlink(() => new ArdupilotDialect("gps_input")),
    }),
  MAVLINK,
);

flightControllerSuite(
  "px4",
  () => new SimulatedRig({ clock, firmware: "px4", adapter: mavlink(() => new Px4Dialect()) }),
  MAVLINK,
);
