/**
 * The whole system flown against a real ArduPilot: SITL, `operator simulate camera`, `airborne fly`. GPS is
 * lost in flight, and Copter flies on by our positions. Skipped where GDN_ARDUPILOT_SITL is not set.
 *
 * @module
 */
import assert from "node:assert/strict";
import { MAV_FRAME } from "../../src/link/mavlink/mod.ts";
import { prepareGround } from "../../tasks/scenarios/prepare.ts";
import { freePort } from "../support/line_peers.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import {
  beliefErrorM,
  hasPosition,
  type Home,
  MODE,
  Sitl,
  SITL_ABSENT,
  takeOff,
} from "./vehicle.ts";

/** The middle of the scenarios' ground. */
const HOME: Home = { latitudeDeg: 48.5, longitudeDeg: 35, altitudeM: 0 };
const HEIGHT_M = 130;
/** Criterion 1.1. */
const ERROR_M_MAX = 20;
const WITHOUT_GPS_S = 60;
/** MAV_CMD_DO_REPOSITION. */
const DO_REPOSITION = 192;

/** A program of the checkout; its stderr is what it says. */
class Program implements AsyncDisposable {
  text = "";
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;

  constructor(name: "airborne" | "operator", args: readonly string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", "--cached-only", `--config=${REPOSITORY}/deno.json`],
        ...[`${REPOSITORY}/src/${name}/main.ts`, ...args],
      ],
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

  async end(): Promise<number> {
    this.#child.kill("SIGINT");
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

Deno.test({
  name: "a real Copter loses GPS and flies on by the companion" +
    (SITL_ABSENT === null ? "" : ` (${SITL_ABSENT})`),
  ignore: SITL_ABSENT !== null,
  fn: () => inScratch(flyWithoutGps),
});

async function flyWithoutGps(folder: string): Promise<void> {
  const ground = await prepareGround({ flight: "cruise", map: "square" }, {
    signal: new AbortController().signal,
    onStep: () => {},
  });
  await Deno.mkdir(`${folder}/sitl`);
  await Deno.mkdir(`${folder}/record`);
  await using sitl = await Sitl.start(`${folder}/sitl`, HOME, {
    GPS2_TYPE: 14,
    GPS2_DELAY_MS: 100,
    GPS_AUTO_SWITCH: 0,
    WPNAV_SPEED_UP: 800,
  });
  const { station } = sitl;
  await station.untilAsked(
    "the truth",
    60,
    () => station.stream(10, "SIM_STATE", "EKF_STATUS_REPORT", "GLOBAL_POSITION_INT"),
    () => station.newest("SIM_STATE") !== undefined,
  );
  const port = freePort(), calibration = `${folder}/camera.json`;
  await using camera = new Program("operator", [
    ...["simulate", "camera", "--follow", sitl.cameraAddress, "--serve", `tcpin:127.0.0.1:${port}`],
    ...["--procedural", "7", "--centre", "48.5,35.0", "--ground-altitude", "0"],
    ...["--calibration", calibration],
  ]);
  await station.until("the camera", 60, () => camera.text.includes("the vehicle is at"));
  await station.until("an EKF", 120, () => hasPosition(station) && beliefErrorM(station) < 5);
  await using airborne = new Program("airborne", [
    ...["fly", "--connect", sitl.companionAddress, "--autopilot", "ardupilot"],
    ...["--camera", `frames:tcp:127.0.0.1:${port}`, "--calibration", calibration],
    ...["--package", ground.flightPackage, "--recorder", `${folder}/record`],
  ]);
  await takeOff(station, HEIGHT_M);
  await station.untilAsked(
    "positions of the companion",
    60,
    () => station.stream(5, "GPS2_RAW"),
    () => (station.newest("GPS2_RAW")?.fixType ?? 0) >= 3,
  );
  station.setParameter("SIM_GPS1_ENABLE", 0);
  goTo(station, 48.5018, 35.0);
  await station.untilAsked(
    "the companion's receiver is flown by",
    30,
    () => station.askParameter("GPS_PRIMARY"),
    () => station.parameters.get("GPS_PRIMARY") === 1,
  );
  const worstM = await worstErrorM(station);
  const code = await airborne.end();
  assert.ok(code === 0 || code === 130, airborne.text.slice(-2000));
  console.log(`worst error of the EKF in ${WITHOUT_GPS_S} s without GPS: ${worstM.toFixed(1)} m`);
  assert.ok(worstM < ERROR_M_MAX, `${worstM} m`);
}

/** Of the controller's own position, while it stays in GUIDED and has one. */
async function worstErrorM(station: Sitl["station"]): Promise<number> {
  let worstM = 0;
  for (const startMs = performance.now(); performance.now() - startMs < 1000 * WITHOUT_GPS_S;) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    worstM = Math.max(worstM, beliefErrorM(station));
    assert.equal(station.newest("HEARTBEAT")?.customMode, MODE.guided, station.texts.join(" | "));
    assert.ok(hasPosition(station), station.texts.join(" | "));
  }
  return worstM;
}

function goTo(station: Sitl["station"], latitudeDeg: number, longitudeDeg: number): void {
  station.send({
    name: "COMMAND_INT",
    ...{ targetSystem: 1, targetComponent: 1, frame: MAV_FRAME.GLOBAL_RELATIVE_ALT },
    ...{ command: DO_REPOSITION, current: 0, autocontinue: 0 },
    ...{ param1: -1, param2: 1, param3: 0, param4: NaN, z: HEIGHT_M },
    ...{ x: Math.round(latitudeDeg * 1e7), y: Math.round(longitudeDeg * 1e7) },
  });
}
