/**
 * `operator preflight` of a package and a route; with GDN_PREFLIGHT=full (`deno task campaign --only preflight`)
 * against simulated flight controllers and cameras, as processes.
 */
import assert from "node:assert/strict";
import type { PreflightReport } from "../../src/workstation/preflight/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { run } from "../faults/programs.ts";
import { CENTRE, worldForFile } from "../faults/fixture.ts";
import { canMountSmallDisk, onSmallDisk } from "../support/small_disk.ts";
import { inScratch } from "../support/scratch.ts";
import { procText } from "../support/proc_text.ts";

const world = worldForFile();
const isFull = Deno.env.get("GDN_PREFLIGHT") === "full";
/** Of 32 000 to 60 000, below those that are given out to clients. */
const PORT = 30_400 + Deno.pid % 500 * 2;

interface Expected {
  readonly name: string;
  readonly autopilot: string;
  readonly controller: readonly string[];
  /** null: the recorded flight's own ground. */
  readonly ground?: string;
  readonly status: Readonly<Record<string, string>>;
  readonly found?: RegExp;
}

const CASES: readonly Expected[] = [
  {
    name: "ardupilot, wrong",
    autopilot: "ardupilot",
    controller: ["--parameter", "GPS_AUTO_SWITCH=1", "--wrong-clock", "3600"],
    status: {
      controller_link: "pass",
      controller_parameters: "fail",
      clock: "fail",
      light: "pass",
    },
    found: /GPS_AUTO_SWITCH is 1/,
  },
  {
    name: "ardupilot, right",
    autopilot: "ardupilot",
    controller: ["--parameter", "EK3_OPTIONS=1", "--parameter", "GPS2_DELAY_MS=5"],
    status: { controller_link: "pass", controller_parameters: "pass", clock: "pass" },
  },
  {
    name: "plane, as it comes",
    autopilot: "ardupilot",
    controller: ["--firmware", "ardupilot-plane", "--wrong-clock", "-10"],
    status: { controller_link: "pass", controller_parameters: "warning", clock: "warning" },
    found: /EK3_OPTIONS/,
  },
  {
    name: "px4, right, in the dark",
    autopilot: "px4",
    controller: ["--firmware", "px4"],
    ground: "night:7",
    status: { controller_parameters: "pass", calibration: "pass", light: "fail" },
    found: /dark/,
  },
  {
    name: "px4 of the older generation, wrong",
    autopilot: "px4",
    controller: [
      ...["--firmware", "px4", "--parameter", "EKF2_AGP0_ID=none"],
      ...["--parameter", "EKF2_AGP0_CTRL=none", "--parameter", "EKF2_AGP_CTRL=0"],
    ],
    status: { controller_link: "pass", controller_parameters: "fail" },
    found: /EKF2_AGP_CTRL is 0/,
  },
  {
    name: "inav, right",
    autopilot: "inav",
    controller: ["--firmware", "inav"],
    status: { controller_link: "pass", controller_parameters: "pass" },
  },
  {
    name: "inav with a receiver of its own",
    autopilot: "inav",
    controller: ["--firmware", "inav-own-gps"],
    status: { controller_link: "pass", controller_parameters: "fail" },
    found: /gps_provider is UBLOX/,
  },
  {
    name: "another firmware than was named",
    autopilot: "px4",
    controller: [],
    status: { controller_link: "fail", controller_parameters: "not_checked" },
    found: /is ardupilot, not px4/,
  },
];

async function preflight(args: readonly string[], folders: { readonly write: readonly string[] }) {
  const { folder } = world();
  const { code, out, err } = await run("operator", ["preflight", ...args, "--json"], {
    read: [folder],
    write: folders.write,
    net: [`127.0.0.1:${PORT}`, `127.0.0.1:${PORT + 1}`],
  });
  assert.ok(out.startsWith("{"), `${code} ${err}`);
  const report = JSON.parse(out) as PreflightReport;
  assert.equal(code, { passed: 0, warnings: 3, failed: 1 }[report.verdict]);
  return {
    report,
    statusOf: (check: string) => report.checks.find((each) => each.check === check)?.status,
    foundOf: (check: string) => report.checks.find((each) => each.check === check)?.found ?? "",
    text: report.checks.map(({ check, found }) => `${check}: ${found}`).join("\n"),
  };
}

async function untilItListens(port: number): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    const text = procText("/proc/net/tcp");
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    if (new RegExp(`:${hex} 00000000:0000 0A`).test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`nobody listens at ${port}`);
}

for (const { name, autopilot, controller, ground, status, found } of CASES) {
  Deno.test({
    name: `preflight against a simulated controller: ${name}`,
    ignore: !isFull,
    fn: () =>
      inScratch(async (scratch) => {
        const { folder, flight } = world();
        const what = ground === undefined ? [flight] : ["--procedural", ground, "--centre", CENTRE];
        const { command, args } = operatorCommand([
          ...["simulate", "controller", ...what, "--start-in-air", "--start-at-once"],
          ...["--link", `tcpin:127.0.0.1:${PORT}`, "--camera-link", `tcpin:127.0.0.1:${PORT + 1}`],
          ...controller,
        ], { read: [folder], net: [`127.0.0.1:${PORT}`, `127.0.0.1:${PORT + 1}`] });
        const child = new Deno.Command(command, { args, stdout: "null", stderr: "null" }).spawn();
        try {
          await untilItListens(PORT + 1);
          const look = () =>
            preflight([
              ...["--connect", `tcp:127.0.0.1:${PORT}`, "--autopilot", autopilot],
              ...["--camera", `frames:tcp:127.0.0.1:${PORT + 1}`],
              ...["--calibration", `${flight}/flight.json`, "--recorder", `${scratch}/flights`],
              ...["--data", `${scratch}/none`],
            ], { write: [scratch] });
          let looked = await look();
          // On a busy machine simulator and camera may take longer than a real one is waited for.
          const isSilent = () => /nothing is heard|no whole picture/.test(looked.text);
          for (let tries = 0; tries < 3 && isSilent(); tries++) looked = await look();
          const { statusOf, text } = looked;
          for (const [check, expected] of Object.entries(status)) {
            assert.equal(statusOf(check), expected, `${check}\n${text}`);
          }
          if (found !== undefined) assert.match(text, found);
        } finally {
          child.kill("SIGKILL");
          await child.status;
        }
      }),
  });
}

Deno.test("preflight: package, route over the edge, full disk, refused recorder; the report lies in the file", () =>
  inScratch(async (scratch) => {
    const { package: flightPackage, data } = world();
    const report = `${scratch}/report.json`;
    const beganMs = performance.now();
    const { statusOf, foundOf, report: printed } = await preflight([
      ...["--package", flightPackage, "--route", "50,30;50,30.1", "--agl", "40"],
      ...["--recorder", "/dev/null/flights", "--data", data, "--report", report],
    ], { write: [scratch, data] });
    assert.equal(statusOf("package"), "warning", "it is unsigned");
    assert.equal(statusOf("recorder"), "fail");
    assert.equal(statusOf("disk"), "fail");
    assert.equal(statusOf("database"), "pass");
    assert.equal(statusOf("coverage"), "fail");
    assert.match(
      foundOf("coverage"),
      /hole of \d+ m from 0\.\d+ km \(50[.\d]*,30\.00\d+\) to the end: 4\d m of error/,
    );
    const { type: _, ...kept } = printed as PreflightReport & { type: string };
    assert.deepEqual(JSON.parse(await Deno.readTextFile(report)), kept);
    // 20 s on a machine of its own; here others run beside it.
    assert.ok(performance.now() - beganMs < 120_000);
  }));

Deno.test({
  name: "preflight on a disk that is nearly full fails, and names it",
  ignore: !isFull || !await canMountSmallDisk(),
  fn: () =>
    onSmallDisk({ kilobytes: 512 }, async ({ path }) => {
      const { statusOf, foundOf } = await preflight(
        ["--recorder", `${path}/flights`, "--data", `${path}/none`],
        { write: [path] },
      );
      assert.equal(statusOf("disk"), "fail");
      assert.match(foundOf("disk"), /free at /);
    }),
});

Deno.test({
  name: "preflight signs its report, and minisign verifies it",
  ignore: !isFull,
  fn: () =>
    inScratch(async (scratch) => {
      const { data } = world();
      const keys = `${scratch}/keys`, report = `${scratch}/r.json`, passphrase = `${scratch}/pass`;
      await Deno.writeTextFile(passphrase, "many words in a row\n");
      const withPassphrase = async (args: readonly string[]) => {
        const { command, args: all } = operatorCommand(args, { write: [scratch, data] });
        const script = `exec "$0" "$@" 3<'${passphrase}'`;
        const { stderr, code } = await new Deno.Command("sh", {
          args: ["-c", script, command, ...all, "--passphrase-fd", "3"],
        }).output();
        return { code, err: new TextDecoder().decode(stderr) };
      };
      const made = await withPassphrase(["keys", "create", "field", "--keys", keys]);
      assert.equal(made.code, 0, made.err);
      const signed = await withPassphrase([
        ...["preflight", "--recorder", `${scratch}/flights`, "--data", `${scratch}/none`],
        ...[
          "--keys",
          keys,
          "--key",
          "field",
          "--report",
          report,
          "--signature",
          `${report}.minisig`,
        ],
      ]);
      assert.equal(signed.code, 0, signed.err);
      const minisign = async () => {
        const { success } = await new Deno.Command("minisign", {
          args: ["-V", "-q", "-m", report, "-p", `${keys}/field.pub`],
        }).output();
        return success;
      };
      assert.ok(await minisign());
      await Deno.writeTextFile(report, (await Deno.readTextFile(report)).replace("local", "other"));
      assert.equal(await minisign(), false);
    }),
});
