/**
 * A real Copter and a real Plane, flown by the whole system: GPS that is lost or lies, and a companion that is
 * killed. Skipped where GDN_ARDUPILOT_SITL (Copter) and GDN_ARDUPLANE_SITL are not set.
 *
 * @module
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import {
  type Airframe,
  beliefErrorM,
  COPTER,
  type GroundStation,
  hasPosition,
  MODE,
  PLANE,
  PLANE_MODE,
  takeOff,
  takeOffPlane,
} from "./vehicle.ts";
import { HEIGHT_M, type Program, Square, WholeSystem } from "./whole_system.ts";

/** Criterion 1.1. */
const ERROR_M_MAX = 20;
const WITHOUT_GPS_S = 60;
const DEG_PER_M = 1 / 111_320;
/** The companion is receiver 2; the companion alone chooses. */
const SECOND_RECEIVER = { GPS2_TYPE: 14, GPS2_DELAY_MS: 100, GPS_AUTO_SWITCH: 0 };
/** The companion is external navigation, in source set 2. */
const EXTERNAL_NAVIGATION = {
  VISO_TYPE: 1,
  EK3_SRC2_POSXY: 6,
  EK3_SRC2_VELXY: 6,
  EK3_SRC2_POSZ: 1,
  EK3_SRC2_VELZ: 0,
  EK3_SRC2_YAW: 1,
};

const SQUARE_OF_A_COPTER: Way = {
  airframe: COPTER,
  parameters: { WPNAV_SPEED_UP: 800 },
  begin: async (station) => {
    await takeOff(station, HEIGHT_M);
    return new Square(station);
  },
};
/** Banked by 11°, over ground that the map shows. */
const CIRCLING_PLANE: Way = {
  airframe: PLANE,
  parameters: { TKOFF_ALT: HEIGHT_M, WP_LOITER_RAD: 250 },
  begin: async (station) => {
    await takeOffPlane(station, HEIGHT_M);
    return null;
  },
};

test(
  "a real Copter loses GPS and flies on by the companion",
  SECOND_RECEIVER,
  async ({ station, airborne }) => {
    await positionsOf(airborne, station);
    station.setParameter("SIM_GPS1_ENABLE", 0);
    await receiver(station, 2, 30);
    const worstM = await worstErrorM(station, WITHOUT_GPS_S);
    await ended(airborne);
    told(`worst error of the EKF in ${WITHOUT_GPS_S} s without GPS`, worstM);
    assert.ok(worstM < ERROR_M_MAX, `${worstM} m`);
  },
);

test(
  "a real Copter whose GPS is pulled away at 2 m/s flies by the companion, and by GPS once it is right again",
  SECOND_RECEIVER,
  async ({ station, airborne }) => {
    await positionsOf(airborne, station);
    await seconds(15);
    const start = performance.now();
    const pulling = setInterval(() => {
      const metres = 2 * (performance.now() - start) / 1000;
      station.setParameter("SIM_GPS1_GLTCH_X", metres * DEG_PER_M);
    }, 200);
    let foundS: number, worstM: number;
    try {
      await receiver(station, 2, 40);
      foundS = (performance.now() - start) / 1000;
      worstM = await worstErrorM(station, 30);
    } finally {
      clearInterval(pulling);
    }
    told(`found after ${foundS.toFixed(1)} s; worst error of the EKF in the 30 s after it`, worstM);
    assert.ok(worstM < ERROR_M_MAX, `${worstM} m`);
    station.setParameter("SIM_GPS1_GLTCH_X", 0);
    await receiver(station, 1, 120);
    await ended(airborne);
  },
);

test(
  "the companion of a real Copter without GPS is killed in flight, and goes on",
  SECOND_RECEIVER,
  async ({ system, station, airborne }) => {
    await positionsOf(airborne, station);
    station.setParameter("SIM_GPS1_ENABLE", 0);
    await receiver(station, 2, 30);
    await worstErrorM(station, 10);
    await airborne.end("SIGKILL");
    await using second = system.airborne();
    const worstM = await worstErrorM(station, 40);
    await ended(second);
    told("worst error of the EKF in the 40 s after the kill", worstM);
    assert.ok(worstM < ERROR_M_MAX, `${worstM} m`);
  },
);

test(
  "a real Copter that loses GPS flies on by our ODOMETRY",
  EXTERNAL_NAVIGATION,
  async ({ station, airborne }) => {
    await station.until("anchored", 60, () => station.values.get("gdn_label") === 2);
    await seconds(10);
    station.setParameter("SIM_GPS1_ENABLE", 0);
    const worstM = await worstErrorM(station, WITHOUT_GPS_S);
    await ended(airborne);
    told(`worst error of the EKF in ${WITHOUT_GPS_S} s without GPS`, worstM);
    assert.ok(worstM < ERROR_M_MAX, `${worstM} m`);
  },
  { GDN_FLIGHT_CONTROLLER__ARDUPILOT_OUTPUT: "odometry" },
);

test(
  "a real Plane, whose IMU comes at 40 Hz, loses GPS and flies on by the companion",
  SECOND_RECEIVER,
  async ({ station, airborne }) => {
    await positionsOf(airborne, station);
    await seconds(10);
    station.setParameter("SIM_GPS1_ENABLE", 0);
    await receiver(station, 2, 30);
    const worstM = await worstErrorM(station, WITHOUT_GPS_S, PLANE_MODE.loiter);
    await ended(airborne);
    told(`worst error of the EKF in ${WITHOUT_GPS_S} s without GPS`, worstM);
    assert.ok(worstM < ERROR_M_MAX, `${worstM} m`);
  },
  {},
  CIRCLING_PLANE,
);

interface Flight {
  readonly system: WholeSystem;
  readonly station: GroundStation;
  readonly airborne: Program;
}

/** How an airframe gets to where it is flown. */
interface Way {
  readonly airframe: Airframe;
  readonly parameters: Readonly<Record<string, number>>;
  /** To HEIGHT_M; what it returns keeps it on its way. */
  readonly begin: (station: GroundStation) => Promise<Disposable | null>;
}

/** `fly` begins at HEIGHT_M, on the way, with a companion that has this environment. */
function test(
  name: string,
  parameters: Readonly<Record<string, number>>,
  fly: (flight: Flight) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
  way: Way = SQUARE_OF_A_COPTER,
): void {
  const { absent } = way.airframe;
  Deno.test({
    name: absent === null ? name : `${name} (${absent})`,
    ignore: absent !== null,
    fn: () =>
      inScratch(async (folder) => {
        await using system = await WholeSystem.start(
          folder,
          { ...way.parameters, ...parameters },
          way.airframe,
        );
        const { station } = system;
        await using airborne = system.airborne(env);
        using _onItsWay = await way.begin(station);
        await fly({ system, station, airborne });
      }),
  });
}

const seconds = (s: number) => new Promise((resolve) => setTimeout(resolve, 1000 * s));

const told = (what: string, metres: number) => console.log(`${what}: ${metres.toFixed(1)} m`);

/** The controller's second receiver has a fix: ours. */
async function positionsOf(airborne: Program, station: GroundStation): Promise<void> {
  await station.untilAsked(
    "positions of the companion",
    60,
    () => station.stream(5, "GPS2_RAW"),
    () => (station.newest("GPS2_RAW")?.fixType ?? 0) >= 3,
  ).catch((cause) => {
    throw new Error(airborne.text.slice(-2000), { cause });
  });
}

async function receiver(station: GroundStation, which: 1 | 2, withinS: number): Promise<void> {
  await station.untilAsked(
    `receiver ${which} is flown by`,
    withinS,
    () => station.askParameter("GPS_PRIMARY"),
    () => station.parameters.get("GPS_PRIMARY") === which - 1,
  );
}

/** Of the controller's own position, while it stays in its mode and has one. */
async function worstErrorM(
  station: GroundStation,
  forS: number,
  mode: number = MODE.guided,
): Promise<number> {
  let worstM = 0;
  for (const startMs = performance.now(); performance.now() - startMs < 1000 * forS;) {
    await seconds(0.2);
    worstM = Math.max(worstM, beliefErrorM(station));
    assert.equal(station.newest("HEARTBEAT")?.customMode, mode, station.texts.join(" | "));
    assert.ok(hasPosition(station), station.texts.join(" | "));
  }
  return worstM;
}

async function ended(airborne: Program): Promise<void> {
  const code = await airborne.end("SIGINT");
  assert.ok(code === 0 || code === 130, airborne.text.slice(-2000));
}
