/**
 * A real ArduPilot (Copter) as software in the loop: the facts of its firmware that our output relies on.
 * Skipped where GDN_ARDUPILOT_SITL is not set.
 *
 * @module
 */
import assert from "node:assert/strict";
import { SystemClock } from "../../src/core/mod.ts";
import {
  ArdupilotDialect,
  MavlinkAdapter,
  type PositionOutput,
} from "../../src/flight/flight_controller/mod.ts";
import { createLink } from "../../src/link/transport/mod.ts";
import { openDevice } from "../../src/native/device/mod.ts";
import { inScratch } from "../support/scratch.ts";
import {
  beliefErrorM,
  COPTER,
  type GroundStation,
  hasPosition,
  type Home,
  MODE,
  Sitl,
  takeOff,
} from "./vehicle.ts";

const HOME: Home = { latitudeDeg: 48.5, longitudeDeg: 35, altitudeM: 100 };
const UNDULATION_M = 20;

function positionOf(
  station: GroundStation,
  clock: SystemClock,
  changes: Partial<PositionOutput>,
): PositionOutput | null {
  const truth = station.newest("SIM_STATE");
  if (truth === undefined) return null;
  const timeNs = clock.now();
  return {
    timeNs,
    measuredNs: timeNs,
    utc: null,
    quality: "3d",
    position: {
      latitudeDeg: truth.latInt * 1e-7,
      longitudeDeg: truth.lonInt * 1e-7,
      heightM: truth.alt + UNDULATION_M,
    },
    heightMslM: truth.alt,
    velocityEnuMps: [truth.ve, truth.vn, -truth.vd],
    sigmaHorizontalM: 1.5,
    sigmaVerticalM: 2,
    sigmaSpeedMps: 0.4,
    headingRad: null,
    enuFromBody: null,
    smoothed: false,
    ...changes,
  };
}

/** Ten positions a second, by our own adapter, until it is disposed of. */
class Companion implements AsyncDisposable {
  readonly adapter: MavlinkAdapter;
  changes: Partial<PositionOutput> = {};
  readonly #clock = new SystemClock();
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(address: string, station: GroundStation) {
    const clock = this.#clock;
    this.adapter = new MavlinkAdapter({
      link: createLink(address, { clock, openDevice }),
      dialect: new ArdupilotDialect("gps_input"),
      clock,
      targetSystemId: null,
      signing: null,
    });
    this.#reading = this.#read();
    this.#timer = setInterval(() => {
      const output = positionOf(station, clock, this.changes);
      if (output !== null) this.adapter.emitPosition(output);
    }, 100);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stop.abort();
    await this.#reading;
    await this.adapter[Symbol.asyncDispose]();
  }

  async #read(): Promise<void> {
    await this.adapter.open();
    for await (const _event of this.adapter.events(this.#stop.signal));
  }
}

const skipped = COPTER.absent === null ? "" : ` (${COPTER.absent})`;

Deno.test({
  name:
    `GPS_INPUT of ours is taken by the EKF of a real Copter, which arms and flies by it${skipped}`,
  ignore: COPTER.absent !== null,
  fn: () =>
    inScratch(async (folder) => {
      await using sitl = await Sitl.start(folder, HOME, { GPS1_TYPE: 14, GPS1_DELAY_MS: 100 });
      const { station } = sitl;
      await station.untilAsked(
        "the truth",
        60,
        () => station.stream(10, "SIM_STATE", "EKF_STATUS_REPORT", "GLOBAL_POSITION_INT"),
        () => station.newest("SIM_STATE") !== undefined,
      );
      await using companion = new Companion(sitl.companionAddress, station);
      await station.until("a position of the EKF", 120, () => hasPosition(station));
      await station.until("its belief", 20, () => beliefErrorM(station) < 5);
      const { adapter } = companion;
      assert.match(adapter.health().firmware, /^ArduPilot 4\./);
      assert.ok(adapter.health().roundTripMs !== null, "TIMESYNC is answered");
      assert.ok((adapter.health().ratesHz.HIGHRES_IMU ?? 0) > 190, "an IMU of 200 Hz");

      await takeOff(station, 20);
      // The only receiver says that it has no fix: the EKF carries on for some seconds, then Copter lands.
      companion.changes = { quality: "none", sigmaHorizontalM: 900 };
      await station.until("LAND", 30, () => station.newest("HEARTBEAT")?.customMode === MODE.land);
    }),
});
