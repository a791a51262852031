/**
 * `operator preflight --aircraft ssh://…` at the aircraft's own line to its flight controller, and beside a
 * flight that goes on (`deno task campaign --only preflight`).
 */
import assert from "node:assert/strict";
import { airborneCommand, operatorCommand } from "../../tasks/executables.ts";
import { worldForFile } from "../faults/fixture.ts";
import { inScratch } from "../support/scratch.ts";
import { startAircraft } from "../support/ssh_aircraft.ts";
import { hasSshServer } from "../support/ssh_server.ts";

const world = worldForFile();
const isFull = Deno.env.get("GDN_PREFLIGHT") === "full";
const ignore = !await hasSshServer();
/** Of 32 000 to 60 000, below those that are given out to clients. */
const PORT = 31_400 + Deno.pid % 300 * 2;
const aircraft = (scratch: string) => startAircraft(scratch, world().package);

interface Flying {
  readonly name: string;
  readonly firmware: string;
  readonly autopilot: string;
  readonly isSerial: boolean;
  readonly parameters: readonly string[];
  readonly status: string;
}

const CONTROLLERS: readonly Flying[] = [
  {
    name: "ardupilot on a serial line, right",
    firmware: "ardupilot-copter",
    autopilot: "ardupilot",
    isSerial: true,
    parameters: ["EK3_OPTIONS=1", "GPS2_DELAY_MS=5"],
    status: "pass",
  },
  {
    name: "px4, wrong",
    firmware: "px4",
    autopilot: "px4",
    isSerial: false,
    parameters: ["EKF2_AGP0_CTRL=0"],
    status: "fail",
  },
  {
    name: "inav on a serial line, wrong",
    firmware: "inav-own-gps",
    autopilot: "inav",
    isSerial: true,
    parameters: [],
    status: "fail",
  },
];

for (const { name, firmware, autopilot, isSerial, parameters, status } of CONTROLLERS) {
  Deno.test({
    name: `preflight over SSH, the aircraft's own line: ${name}`,
    ignore: ignore || !isFull,
    fn: () =>
      inScratch(async (scratch) => {
        await using there = await aircraft(scratch);
        await using controller = await startController([
          ...["--firmware", firmware, "--start-in-air", "--start-at-once"],
          ...["--link", isSerial ? "pty:" : `tcpin:127.0.0.1:${PORT}`],
          ...parameters.flatMap((parameter) => ["--parameter", parameter]),
        ]);
        const looked = await there.look(
          ...["--connect", isSerial ? controller.link : `tcp:127.0.0.1:${PORT}`],
          ...["--autopilot", autopilot],
        );
        assert.equal(looked.status("controller_link"), "pass", looked.text);
        assert.equal(looked.status("controller_parameters"), status, looked.text);
      }),
  });
}

Deno.test({
  name:
    "preflight over SSH leaves controller and camera to a flight that goes on, and shows its state",
  ignore: ignore || !isFull,
  fn: () =>
    inScratch(async (scratch) => {
      await using there = await aircraft(scratch);
      await using _controller = await startController([
        ...["--start-in-air", "--link", `tcpin:127.0.0.1:${PORT}`],
      ]);
      const { folder, flight } = world();
      const recorder = `${there.folder}/records`;
      const { command, args } = airborneCommand([
        ...["fly", "--connect", `tcp:127.0.0.1:${PORT}`, "--package", there.package],
        ...["--camera", `frames:tcp:127.0.0.1:${PORT + 1}`, "--recorder", recorder],
        ...["--calibration", `${flight}/flight.json`, "--config", there.configuration],
      ], {
        read: [folder, scratch],
        write: [scratch],
        net: [`127.0.0.1:${PORT}`, `127.0.0.1:${PORT + 1}`],
      });
      const flying = new Deno.Command(command, { args, stdout: "null", stderr: "null" }).spawn();
      try {
        const state = async () =>
          JSON.parse(await Deno.readTextFile(`${recorder}/live_state.json`).catch(() => "{}"));
        for (let tries = 0; tries < 600; tries++) {
          const { status } = await state();
          if (status?.controller.flightState === "in_flight" && status.camera.connected) break;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        const looked = await there.look("--connect", `tcp:127.0.0.1:${PORT}`);
        assert.equal(looked.status("aircraft"), "fail", looked.text);
        assert.match(looked.found("aircraft"), /a flight goes on \(in flight\)/);
        assert.equal(looked.status("controller_link"), "pass", looked.text);
        assert.match(looked.found("controller_parameters"), /airborne fly has the line/);
        assert.equal(looked.status("calibration"), "pass", looked.text);
        assert.equal((await state()).status.controller.reconnects, 0);
      } finally {
        flying.kill("SIGKILL");
        await flying.status;
      }
    }),
});

async function startController(
  more: readonly string[],
): Promise<AsyncDisposable & { readonly link: string }> {
  const { folder, flight } = world();
  const { command, args } = operatorCommand([
    ...["simulate", "controller", flight, "--camera-link", `tcpin:127.0.0.1:${PORT + 1}`, ...more],
  ], { read: [folder], net: [`127.0.0.1:${PORT}`, `127.0.0.1:${PORT + 1}`] });
  const child = new Deno.Command(command, { args, stdout: "null", stderr: "piped" }).spawn();
  let told = "";
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  while (!/ at \S+, its camera/.test(told)) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`the controller ended: ${told}`);
    told += value;
  }
  // Read on: a pipe that nobody empties would hold it up.
  const emptied = (async () => {
    while (!(await reader.read()).done);
  })();
  return {
    link: / at (\S+), its camera/.exec(told)?.[1] ?? "",
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await emptied;
    },
  };
}
