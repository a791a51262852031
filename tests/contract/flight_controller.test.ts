import { SystemClock } from "../../src/core/mod.ts";
import { InavRig } from "./flight_controller_inav.ts";
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
