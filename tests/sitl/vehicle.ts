/**
 * An ArduPilot as software in the loop, and a ground station that talks to it. The binaries are the user's
 * own: GDN_ARDUPILOT_SITL names an arducopter, GDN_ARDUPLANE_SITL an arduplane, where they were built for SITL.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, resolve } from "node:path";
import { LocalFrame, SystemClock } from "../../src/core/mod.ts";
import {
  decodeMessage,
  EKF_STATUS,
  MAV_CMD,
  MAV_MODE_FLAG,
  MavlinkEncoder,
  MavlinkSplitter,
  type Message,
  type MessageName,
  type MessageOf,
  MESSAGES,
  type OutgoingMessage,
} from "../../src/link/mavlink/mod.ts";
import { type ByteLink, createLink } from "../../src/link/transport/mod.ts";
import { openDevice } from "../../src/native/device/mod.ts";

/** What is flown. */
export interface Airframe {
  readonly binary: string | undefined;
  /** Why nothing can be flown with it; null where it can. */
  readonly absent: string | null;
  readonly model: string;
  /** Files of parameters that the firmware's own tests fly with, and parameters over them. */
  readonly parameterFiles: readonly string[];
  readonly parameters: Readonly<Record<string, number>>;
}

/** Copter's numbers of its modes, and Plane's. */
export const MODE = { guided: 4, loiter: 5, land: 9 } as const;
export const PLANE_MODE = { loiter: 12, takeOff: 13 } as const;

/** What a frame that nobody has set up needs to arm, and parameters that every flight here has. */
const COPTER_PARAMETERS: Readonly<Record<string, number>> = {
  FRAME_CLASS: 1,
  FRAME_TYPE: 0,
  FS_THR_ENABLE: 0,
  FS_GCS_ENABLE: 0,
  COMPASS_OFS_X: 5,
  COMPASS_OFS_Y: 13,
  COMPASS_OFS_Z: -18,
  COMPASS_OFS2_X: 5,
  COMPASS_OFS2_Y: 13,
  COMPASS_OFS2_Z: -18,
  COMPASS_OFS3_X: 5,
  COMPASS_OFS3_Y: 13,
  COMPASS_OFS3_Z: -18,
  INS_ACCOFFS_X: 0.001,
  INS_ACCOFFS_Y: 0.001,
  INS_ACCOFFS_Z: 0.001,
  INS_ACCSCAL_X: 1.001,
  INS_ACCSCAL_Y: 1.001,
  INS_ACCSCAL_Z: 1.001,
  INS_ACC2OFFS_X: 0.001,
  INS_ACC2OFFS_Y: 0.001,
  INS_ACC2OFFS_Z: 0.001,
  INS_ACC2SCAL_X: 1.001,
  INS_ACC2SCAL_Y: 1.001,
  INS_ACC2SCAL_Z: 1.001,
  ARMING_CHECK: 0,
};

function airframe(
  variable: string,
  name: string,
  rest: Omit<Airframe, "binary" | "absent" | "parameterFiles">,
  parameterFile?: string,
): Airframe {
  const binary = Deno.env.get(variable) || undefined;
  const absent = binary === undefined ? `${variable} names no ${name} built for SITL` : null;
  // A build lies in build/sitl/bin of its source tree.
  const parameterFiles = binary === undefined || parameterFile === undefined
    ? []
    : [resolve(dirname(binary), "../../..", parameterFile)];
  return { binary, absent, parameterFiles, ...rest };
}

export const COPTER = airframe("GDN_ARDUPILOT_SITL", "arducopter", {
  model: "+",
  parameters: COPTER_PARAMETERS,
});
export const PLANE = airframe("GDN_ARDUPLANE_SITL", "arduplane", {
  model: "plane",
  parameters: { ARMING_CHECK: 0 },
}, "Tools/autotest/models/plane.parm");

export interface Home {
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly altitudeM: number;
}

/** Three consecutive free ports would be luck: one port, and two after it that SITL takes. */
function basePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

export class Sitl implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  /** The companion's line (SERIAL1) and the camera's (SERIAL2). */
  readonly companionAddress: string;
  readonly cameraAddress: string;
  readonly station: GroundStation;

  private constructor(child: Deno.ChildProcess, port: number) {
    this.#child = child;
    this.companionAddress = `tcp:127.0.0.1:${port + 2}`;
    this.cameraAddress = `tcp:127.0.0.1:${port + 3}`;
    this.station = new GroundStation(`tcp:127.0.0.1:${port}`);
  }

  /** In a folder of its own, at real time. */
  static async start(
    folder: string,
    home: Home,
    parameters: Readonly<Record<string, number>>,
    airframe = COPTER,
  ): Promise<Sitl> {
    const text = Object.entries({ ...airframe.parameters, ...parameters })
      .map(([name, value]) => `${name} ${value}\n`).join("");
    await Deno.writeTextFile(`${folder}/defaults.parm`, text);
    const port = basePort();
    const { latitudeDeg, longitudeDeg, altitudeM } = home;
    const defaults = [...airframe.parameterFiles, `${folder}/defaults.parm`].join(",");
    const child = new Deno.Command(airframe.binary ?? "", {
      args: [
        ...["-w", "--model", airframe.model, "--speedup", "1", "--defaults", defaults],
        ...["--home", `${latitudeDeg},${longitudeDeg},${altitudeM},0`],
        ...["--base-port", String(port), "--rc-in-port", String(basePort())],
        ...["--serial1", "tcp:2", "--serial2", "tcp:3"],
      ],
      cwd: folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const sitl = new Sitl(child, port);
    await sitl.station.open();
    return sitl;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.station[Symbol.asyncDispose]();
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }
}

/** Hears everything, keeps the newest of each kind, and every text. */
export class GroundStation implements AsyncDisposable {
  readonly texts: string[] = [];
  readonly parameters = new Map<string, number>();
  /** Of the companion: NAMED_VALUE_FLOAT. */
  readonly values = new Map<string, number>();
  readonly #link: ByteLink;
  readonly #encoder = new MavlinkEncoder({ systemId: 255, componentId: 190 });
  readonly #splitter = new MavlinkSplitter();
  readonly #newest = new Map<MessageName, Message>();
  readonly #stop = new AbortController();
  #reading: Promise<void> = Promise.resolve();
  #heart: ReturnType<typeof setInterval> | null = null;

  constructor(address: string) {
    this.#link = createLink(address, { clock: new SystemClock(), openDevice });
  }

  async open(): Promise<void> {
    await this.#link.open();
    this.#reading = this.#read();
    this.#heart = setInterval(() =>
      this.send({
        name: "HEARTBEAT",
        customMode: 0,
        type: 6,
        autopilot: 8,
        baseMode: 0,
        systemStatus: 4,
        mavlinkVersion: 3,
      }), 1000);
  }

  send(message: OutgoingMessage): void {
    this.#link.write(this.#encoder.encode(message));
  }

  newest<Name extends MessageName>(name: Name): MessageOf<Name> | undefined {
    return this.#newest.get(name) as MessageOf<Name> | undefined;
  }

  /** Polls until it holds. @throws AssertionError after `limitS` */
  async until(what: string, limitS: number, holds: () => boolean): Promise<void> {
    const start = performance.now();
    while (!holds()) {
      const waitedS = (performance.now() - start) / 1000;
      assert.ok(
        waitedS < limitS,
        `${what}: not within ${limitS} s; ${this.texts.slice(-8).join(" | ")}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Repeated each second until it holds. */
  async untilAsked(what: string, limitS: number, ask: () => void, holds: () => boolean) {
    ask();
    const asking = setInterval(ask, 1000);
    try {
      await this.until(what, limitS, holds);
    } finally {
      clearInterval(asking);
    }
  }

  /** At a rate, each of them. */
  stream(rateHz: number, ...names: MessageName[]): void {
    for (const name of names) {
      this.command(MAV_CMD.SET_MESSAGE_INTERVAL, MESSAGES[name].id, 1e6 / rateHz);
    }
  }

  command(command: number, ...given: number[]): void {
    const [param1 = 0, param2 = 0, param3 = 0, param4 = 0, param5 = 0, param6 = 0, param7 = 0] =
      given;
    this.send({
      name: "COMMAND_LONG",
      ...{ command, targetSystem: 1, targetComponent: 1, confirmation: 0 },
      ...{ param1, param2, param3, param4, param5, param6, param7 },
    });
  }

  setParameter(paramId: string, paramValue: number): void {
    this.send({
      name: "PARAM_SET",
      ...{ paramId, paramValue, paramType: 9, targetSystem: 1, targetComponent: 1 },
    });
  }

  askParameter(paramId: string): void {
    const target = { targetSystem: 1, targetComponent: 1 };
    this.send({ name: "PARAM_REQUEST_READ", paramId, paramIndex: -1, ...target });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#heart !== null) clearInterval(this.#heart);
    this.#stop.abort();
    await this.#reading;
    await this.#link[Symbol.asyncDispose]();
  }

  async #read(): Promise<void> {
    for await (const { bytes } of this.#link.chunks(this.#stop.signal)) {
      for (const packet of this.#splitter.push(bytes)) {
        if (packet.systemId !== 1) continue;
        const message = decodeMessage(packet);
        if (message === undefined) continue;
        if (message.name === "NAMED_VALUE_FLOAT") this.values.set(message.valueName, message.value);
        if (packet.componentId !== 1) continue;
        this.#newest.set(message.name, message);
        if (message.name === "STATUSTEXT") this.texts.push(message.text);
        if (message.name === "PARAM_VALUE") {
          this.parameters.set(message.paramId, message.paramValue);
        }
      }
    }
  }
}

/** Distance of what the controller believes from the truth, metres. */
export function beliefErrorM(station: GroundStation): number {
  const truth = station.newest("SIM_STATE"), belief = station.newest("GLOBAL_POSITION_INT");
  if (truth === undefined || belief === undefined) return Infinity;
  const at = (lat: number, lon: number) => ({
    latitudeDeg: lat * 1e-7,
    longitudeDeg: lon * 1e-7,
    heightM: 0,
  });
  const frame = new LocalFrame(at(truth.latInt, truth.lonInt));
  const [east, north] = frame.localFromWgs(at(belief.lat, belief.lon));
  return Math.hypot(east, north);
}

/** The EKF has an absolute position. */
export function hasPosition(station: GroundStation): boolean {
  const flags = station.newest("EKF_STATUS_REPORT")?.flags ?? 0;
  return (flags & EKF_STATUS.POS_HORIZ_ABS) !== 0;
}

export async function setMode(station: GroundStation, mode: number): Promise<void> {
  await station.untilAsked(
    `mode ${mode}`,
    30,
    () => station.command(MAV_CMD.DO_SET_MODE, MAV_MODE_FLAG.CUSTOM_MODE_ENABLED, mode),
    () => station.newest("HEARTBEAT")?.customMode === mode,
  );
}

async function arm(station: GroundStation): Promise<void> {
  await station.untilAsked(
    "armed",
    60,
    () => station.command(MAV_CMD.COMPONENT_ARM_DISARM, 1),
    () => ((station.newest("HEARTBEAT")?.baseMode ?? 0) & MAV_MODE_FLAG.SAFETY_ARMED) !== 0,
  );
}

async function isAbove(station: GroundStation, heightM: number, startM: number): Promise<void> {
  const risenM = () => (station.newest("SIM_STATE")?.alt ?? 0) - startM;
  await station.until(`${heightM} m`, 30 + heightM, () => risenM() > heightM);
}

/** A Copter, in GUIDED, straight up. */
export async function takeOff(station: GroundStation, heightM: number): Promise<void> {
  await setMode(station, MODE.guided);
  await arm(station);
  station.command(MAV_CMD.NAV_TAKEOFF, 0, 0, 0, 0, 0, 0, heightM);
  await isAbove(station, heightM - 2, station.newest("SIM_STATE")?.alt ?? NaN);
}

/** A Plane, to TKOFF_ALT and round in circles. */
export async function takeOffPlane(station: GroundStation, heightM: number): Promise<void> {
  const startM = station.newest("SIM_STATE")?.alt ?? NaN;
  await setMode(station, PLANE_MODE.takeOff);
  await arm(station);
  await isAbove(station, heightM - 10, startM);
  await setMode(station, PLANE_MODE.loiter);
}
