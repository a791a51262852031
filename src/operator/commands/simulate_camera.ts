/**
 * `operator simulate camera`: what the nadir camera of anybody's simulated vehicle sees, for `airborne fly`.
 *
 * @module
 */
import {
  type Command,
  type CommandIo,
  defineCommand,
  EXIT,
  type ExitCode,
  option,
  type OptionValues,
  Output,
  OutputFile,
  SystemClock,
} from "../../core/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import { createLink } from "../../link/transport/mod.ts";
import { openDevice } from "../../native/device/mod.ts";
import { followVehicle, LiveRenderer } from "../../workstation/simulated_camera/mod.ts";
import { FrameServer } from "../../workstation/simulated_controller/mod.ts";
import { flightOptions } from "../../workstation/simulation/mod.ts";
import type { SimulateParts } from "./simulate.ts";
import { cameraAddress } from "./simulate_controller.ts";
import { GROUND_OPTIONS, openGround } from "./simulated_ground.ts";

const ABOUT = `
Follows a simulated vehicle that tells its true state by MAVLink (ArduPilot's SITL by SIM_STATE, PX4's by
HIL_STATE_QUATERNION), draws what its nadir camera sees of the ground, in real time, and serves the
pictures to \`airborne fly --camera frames:tcp:HOST:PORT\`. Ends with Ctrl-C.`;

const OPTIONS = {
  follow: option.link({
    required: true,
    help: "line to the vehicle",
    example: "tcp:127.0.0.1:5762",
  }),
  serve: option.link({
    default: "tcpin:127.0.0.1:5770",
    help: "where the pictures are fetched",
  }),
  calibration: option.path({
    access: "create",
    placeholder: "FILE",
    help: "writes the camera's calibration, as `airborne fly` reads it",
  }),
  agl: option.lengthM({
    minimum: 5,
    maximum: 3000,
    default: 130,
    help: "height above ground for which the ground is drawn sharp",
  }),
  groundAltitude: option.lengthM({
    minimum: -500,
    maximum: 9000,
    help: "height of the ground as the vehicle counts it",
    absent: "the vehicle's own when it is first heard: it stands on the ground",
  }),
  fov: option.angleDeg({
    minimum: 10,
    maximum: 120,
    default: 60,
    help: "horizontal field of view",
  }),
  frameRate: option.rateHz({ minimum: 0.1, maximum: 60, default: 3, help: "pictures" }),
  systemId: option.count({
    minimum: 1,
    maximum: 255,
    default: 200,
    help: "MAVLink's id of this program on the line",
  }),
  seed: option.text({ placeholder: "SEED", default: "1", help: "of the camera's errors" }),
  ...GROUND_OPTIONS,
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly json: boolean };

/** `operator simulate camera`. */
export function simulateCameraCommand(parts: SimulateParts): Command {
  return defineCommand({
    name: "simulate camera",
    summary: "a camera under anybody's simulated vehicle, for airborne fly",
    about: ABOUT,
    options: OPTIONS,
    json: "one JSON object instead of the summary",
    examples: [
      "operator simulate camera --follow tcp:127.0.0.1:5762 --procedural 7 --centre 48.5,35.0",
    ],
    run: (values, io) => run(parts, values, io),
  });
}

/** An older one is replaced: it comes from the options alone. */
async function writeCalibration(path: string, calibration: CameraCalibration): Promise<void> {
  await using output = await Output.file(path, { force: true });
  {
    using file = await OutputFile.create(output, output.temporaryPath);
    await file.writeText(JSON.stringify(calibration, null, 2) + "\n");
    await file.flush();
  }
  await output.commit();
}

async function run(parts: SimulateParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const options = flightOptions({
    aircraft: "multirotor",
    seed: values.seed,
    aglM: values.agl,
    fovDeg: values.fov,
    frameRateHz: values.frameRate,
  });
  const ground = await openGround(values);
  using vision = parts.openVision();
  using renderer = new LiveRenderer(options, ground, vision);
  if (values.calibration !== undefined) {
    await writeCalibration(values.calibration, renderer.calibration);
  }
  const clock = new SystemClock();
  await using link = createLink(values.follow, { clock, openDevice });
  await using frames = new FrameServer(cameraAddress(values.serve, "--serve"));
  io.note(
    `camera over ${ground.name} at ${values.serve}: waiting for a vehicle at ${values.follow}`,
  );
  const { ageMsMax, ...counts } = await followVehicle({
    clock,
    link,
    frames,
    renderer,
    frameRateHz: options.frameRateHz,
    systemId: values.systemId,
    groundAltitudeM: values.groundAltitude ?? null,
    onFirst: ({ latitudeDeg, longitudeDeg, altitudeM }) =>
      io.note(
        `the vehicle is at ${latitudeDeg.toFixed(6)},${longitudeDeg.toFixed(6)}, ` +
          `${altitudeM.toFixed(1)} m`,
      ),
  }, io.signal);
  const summary = {
    type: "summary",
    ...counts,
    ageMsMax: Math.round(ageMsMax),
    ...frames.counters,
  };
  io.out(
    values.json
      ? JSON.stringify(summary)
      : `${summary.drawn} pictures drawn from ${summary.truths} true states, ${summary.sent} sent, ` +
        `the oldest ${summary.ageMsMax} ms old`,
  );
  return EXIT.ok;
}
