/**
 * The whole system flown against a real ArduPilot: SITL, `operator simulate camera` and `airborne fly`,
 * each a process of its own.
 *
 * @module
 */
import { LocalFrame } from "../../src/core/mod.ts";
import { MAV_FRAME } from "../../src/link/mavlink/mod.ts";
import { type Ground, prepareGround } from "../../tasks/scenarios/prepare.ts";
import { freePort } from "../support/line_peers.ts";
import { REPOSITORY } from "../support/paths.ts";
import {
  beliefErrorM,
  COPTER,
  type GroundStation,
  hasPosition,
  type Home,
  Sitl,
} from "./vehicle.ts";

/** The middle of the scenarios' ground. */
const HOME: Home = { latitudeDeg: 48.5, longitudeDeg: 35, altitudeM: 0 };
export const HEIGHT_M = 130;
const CORNERS_M = [[200, 200], [200, -200], [-200, -200], [-200, 200]] as const;
/** For a side at WPNAV_SPEED, and the turn. */
const LEG_S = 50;
/** MAV_CMD_DO_REPOSITION. */
const DO_REPOSITION = 192;

/** A program of the checkout; `text` is what it says. */
export class Program implements AsyncDisposable {
  text = "";
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(
    name: "airborne" | "operator",
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", "--cached-only", `--config=${REPOSITORY}/deno.json`],
        ...[`${REPOSITORY}/src/${name}/main.ts`, ...args],
      ],
      env,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const read = async (stream: ReadableStream<Uint8Array>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) this.text += text;
    };
    this.#reading = Promise.all([read(this.#child.stdout), read(this.#child.stderr)]).then(
      () => {},
    );
  }

  /** @returns its exit code */
  async end(signal: Deno.Signal): Promise<number> {
    this.#child.kill(signal);
    const { code } = await this.#child.status;
    await this.#reading;
    return code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#reading;
  }
}

/** A vehicle with a camera, over known ground; `airborne` is started by the test. */
export class WholeSystem implements AsyncDisposable {
  readonly station: GroundStation;
  readonly #sitl: Sitl;
  readonly #camera: Program;
  readonly #ground: Ground;
  readonly #folder: string;
  readonly #cameraPort: number;

  private constructor(
    sitl: Sitl,
    camera: Program,
    ground: Ground,
    folder: string,
    cameraPort: number,
  ) {
    this.#sitl = sitl;
    this.#camera = camera;
    this.#ground = ground;
    this.#folder = folder;
    this.#cameraPort = cameraPort;
    this.station = sitl.station;
  }

  /** On the ground, with an EKF that knows where it is. */
  static async start(
    folder: string,
    parameters: Readonly<Record<string, number>>,
    airframe = COPTER,
  ): Promise<WholeSystem> {
    const ground = await prepareGround({ flight: "cruise", map: "square" }, {
      signal: new AbortController().signal,
      onStep: () => {},
    });
    await Deno.mkdir(`${folder}/sitl`);
    await Deno.mkdir(`${folder}/record`);
    const sitl = await Sitl.start(`${folder}/sitl`, HOME, parameters, airframe);
    const { station } = sitl;
    await station.untilAsked(
      "the truth",
      60,
      () => station.stream(10, "SIM_STATE", "EKF_STATUS_REPORT", "GLOBAL_POSITION_INT"),
      () => station.newest("SIM_STATE") !== undefined,
    );
    const port = freePort();
    const camera = new Program("operator", [
      ...["simulate", "camera", "--follow", sitl.cameraAddress],
      ...["--serve", `tcpin:127.0.0.1:${port}`],
      ...["--procedural", "7", "--centre", "48.5,35.0", "--ground-altitude", "0"],
      ...["--calibration", `${folder}/camera.json`],
    ]);
    const system = new WholeSystem(sitl, camera, ground, folder, port);
    await station.until("the camera", 60, () => camera.text.includes("the vehicle is at"));
    await station.until("an EKF", 120, () => hasPosition(station) && beliefErrorM(station) < 5);
    return system;
  }

  airborne(env: Readonly<Record<string, string>> = {}): Program {
    const folder = this.#folder;
    return new Program("airborne", [
      ...["fly", "--connect", this.#sitl.companionAddress, "--autopilot", "ardupilot"],
      ...["--camera", `frames:tcp:127.0.0.1:${this.#cameraPort}`],
      ...["--calibration", `${folder}/camera.json`],
      ...["--package", this.#ground.flightPackage, "--allow-unsigned"],
      ...["--recorder", `${folder}/record`],
    ], env);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#camera[Symbol.asyncDispose]();
    await this.#sitl[Symbol.asyncDispose]();
  }
}

/**
 * Flies a square of 400 m around home, for ever: over one place the camera would see one picture only, and a
 * bad one would be bad for the whole test.
 */
export class Square implements Disposable {
  readonly #station: GroundStation;
  readonly #timer: ReturnType<typeof setInterval>;
  #corner = 0;

  constructor(station: GroundStation) {
    this.#station = station;
    this.#goOn();
    this.#timer = setInterval(() => this.#goOn(), LEG_S * 1000);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #goOn(): void {
    const [east, north] = CORNERS_M[this.#corner++ % CORNERS_M.length] ?? [0, 0];
    goTo(this.#station, new LocalFrame({ ...HOME, heightM: 0 }).wgsFromLocal([east, north, 0]));
  }
}

/** A point of the map, at the height of the flight. */
function goTo(
  station: GroundStation,
  { latitudeDeg, longitudeDeg }: { latitudeDeg: number; longitudeDeg: number },
): void {
  station.send({
    name: "COMMAND_INT",
    ...{ targetSystem: 1, targetComponent: 1, frame: MAV_FRAME.GLOBAL_RELATIVE_ALT },
    ...{ command: DO_REPOSITION, current: 0, autocontinue: 0 },
    ...{ param1: -1, param2: 1, param3: 0, param4: NaN, z: HEIGHT_M },
    ...{ x: Math.round(latitudeDeg * 1e7), y: Math.round(longitudeDeg * 1e7) },
  });
}
