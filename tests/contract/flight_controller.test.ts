import assert from "node:assert/strict";
import { SystemClock } from "../../src/core/mod.ts";
import {
  ArdupilotDialect,
  type Dialect,
  MavlinkAdapter,
  Px4Dialect,
} from "../../src/flight/flight_controller/mod.ts";
import type { ByteLink } from "../../src/link/transport/mod.ts";
import { FlownRig } from "./flight_controller_flown.ts";
import { InavRig } from "./flight_controller_inav.ts";
import { SimulatedRig } from "./flight_controller_simulated.ts";
import { flightControllerSuite, position } from "./flight_controller_suite.ts";

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
  /SI units|climb|flight state/,
);

flightControllerSuite(
  "inav with a receiver of its own",
  () => new InavRig({ clock, version: [9, 0, 0], provider: "own" }),
  { ...INAV, attitudeStepRad: 0.1 * DEGREE, hasOwnGps: true },
  /own GPS/,
);

Deno.test("inav says once that it flies by a receiver of its own, and cannot be asked to change", async () => {
  await using rig = new InavRig({ clock, version: [9, 0, 0], provider: "own" });
  rig.tell({ gps: { latitudeDeg: 49.5, longitudeDeg: 31.25 } });
  await rig.adapter.open();
  const end = new AbortController(), texts: string[] = [];
  const sending = setInterval(() => rig.adapter.emitPosition(position()), 100);
  const tooLong = setTimeout(() => end.abort(), 30_000);
  for await (const event of rig.adapter.events(end.signal)) {
    if (event.kind !== "link") continue;
    texts.push(event.text);
    if (/among our positions/.test(event.text)) rig.adapter.selectSource("companion");
    if (/does not take our positions/.test(event.text)) end.abort();
  }
  clearInterval(sending);
  clearTimeout(tooLong);
  assert.equal(texts.filter((text) => /set gps_provider to MSP/.test(text)).length, 1);
  assert.match(texts.at(-1) ?? "", /its gps_provider is not MSP/);
});

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

/** Sensors with their errors, and no line: nothing can be put onto it, and it has no round trips. */
const FLOWN = {
  forceStepMps2: 0.25,
  rateStepRps: 0.02,
  attitudeStepRad: 0.08,
  heightStepM: 3,
  hasOwnGps: true,
};
const WITHOUT_LINE = /^(?!any bytes|says how the line is)/;

flightControllerSuite("simulated", () => new FlownRig("simulated"), FLOWN, WITHOUT_LINE);
flightControllerSuite("replay", () => new FlownRig("replay"), FLOWN, WITHOUT_LINE);
