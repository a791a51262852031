/**
 * `operator preflight --aircraft ssh://…` over a real SSH server whose user finds the shipped `airborne`. `deno
 * task test` looks once at an aircraft that is ready and once at one that is not who it was;
 * GDN_PREFLIGHT=full (`deno task campaign --only preflight`) at all else.
 */
import assert from "node:assert/strict";
import type { PreflightReport } from "../../src/workstation/preflight/mod.ts";
import { airborneCommand, operatorCommand } from "../../tasks/executables.ts";
import { copyFolder, filesBelow, run } from "../faults/programs.ts";
import { worldForFile } from "../faults/fixture.ts";
import {
  signManifest,
  signTestPackage,
  testKey,
  trustTestKeys,
} from "../support/package_signing.ts";
import { inScratch } from "../support/scratch.ts";
import { hasSshServer, type SshServer, startSshServer } from "../support/ssh_server.ts";

const world = worldForFile();
const isFull = Deno.env.get("GDN_PREFLIGHT") === "full";
const ignore = !await hasSshServer();
/** Of 32 000 to 60 000, below those that are given out to clients. */
const PORT = 31_400 + Deno.pid % 300 * 2;

interface Aircraft extends AsyncDisposable {
  readonly folder: string;
  readonly configuration: string;
  readonly package: string;
  readonly key: ReturnType<typeof testKey>;
  readonly server: SshServer;
  look(...args: readonly string[]): Promise<Looked>;
}

interface Looked {
  readonly code: number;
  readonly report: PreflightReport;
  readonly text: string;
  status(check: string): string | undefined;
  found(check: string): string;
}

/** An aircraft with a signed package and the key that it trusts; `airborne` of this checkout. */
async function aircraft(scratch: string): Promise<Aircraft> {
  const folder = `${scratch}/aircraft`, flightPackage = `${scratch}/package`;
  const key = testKey("airfield");
  await copyFolder(world().package, flightPackage);
  await signTestPackage(flightPackage, key);
  await copyFolder(flightPackage, `${folder}/packages/field`);
  await trustTestKeys(`${folder}/trust`, [key]);
  const configuration = `${folder}/airborne.yaml`;
  await Deno.writeTextFile(
    configuration,
    `trust: {folder: ${folder}/trust, aircraftId: a7}\nlive: {package: packages/field}\n`,
  );
  await writeShellCommand(`${scratch}/bin`, "airborne", airborneCommand([]));
  const server = await startSshServer(`${scratch}/ssh`, { path: `${scratch}/bin` });
  const look = async (...more: readonly string[]): Promise<Looked> => {
    const { code, out, err } = await run(
      "operator",
      [
        ...["preflight", "--json", "--aircraft", `ssh://${server.user}@127.0.0.1:${server.port}`],
        ...["--aircraft-config", configuration, "--package", flightPackage],
        ...["--known-hosts", server.knownHosts, "--identity", server.identity],
        ...["--data", `${scratch}/none`, "--keys", `${scratch}/keys`, ...more],
      ].map((arg) => arg.startsWith("ssh://") ? arg + folder : arg),
      {
        read: [scratch],
        write: [scratch],
        run: ["/usr/bin/ssh", "/usr/bin/sftp"],
      },
    );
    assert.ok(out.startsWith("{"), `${code} ${err}`);
    const report = JSON.parse(out) as PreflightReport;
    assert.equal(code, { passed: 0, warnings: 3, failed: 1 }[report.verdict]);
    const text = report.checks.map(({ check, status, found }) => `${status} ${check}: ${found}`)
      .join("\n");
    const of = (check: string) => report.checks.find((each) => each.check === check);
    return {
      code,
      report,
      text,
      status: (check) => of(check)?.status,
      found: (check) => of(check)?.found ?? "",
    };
  };
  return {
    folder,
    configuration,
    package: flightPackage,
    key,
    server,
    look,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A program of the user's that runs another command. */
async function writeShellCommand(
  folder: string,
  name: string,
  { command, args }: { readonly command: string; readonly args: readonly string[] },
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const words = [command, ...args].map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
}

Deno.test({
  name:
    "preflight over SSH: an aircraft that is ready passes and is as it was; another host key fails",
  ignore,
  fn: () =>
    inScratch(async (scratch) => {
      await using there = await aircraft(scratch);
      const before = await filesBelow(there.folder);
      const ready = await there.look();
      assert.equal(ready.code, 0, ready.text);
      assert.match(ready.found("package"), /signed by airfield; the same at .*packages\/field/);
      for (const check of ["aircraft", "disk", "recorder", "libraries", "clock"]) {
        assert.equal(ready.status(check), "pass", ready.text);
      }
      assert.match(ready.found("recorder"), /aircraft\/flights: writes are on the disk/);
      assert.match(ready.found("libraries"), /OpenCV/);
      assert.match(ready.found("clock"), /the workstation is \d+\.\d s/);
      assert.deepEqual(await filesBelow(there.folder), before);

      const other = (await Deno.readTextFile(`${there.server.identity}.pub`)).split(" ")[1];
      const known = await Deno.readTextFile(there.server.knownHosts);
      await Deno.writeTextFile(there.server.knownHosts, known.replace(/\S+\n$/, `${other}\n`));
      const stranger = await there.look();
      assert.equal(stranger.code, 1, stranger.text);
      assert.match(stranger.found("aircraft"), /host key is another one than before/);
      assert.equal(stranger.status("disk"), "not_checked");
      assert.equal(stranger.status("clock"), "not_checked");
    }),
});

interface Case {
  readonly name: string;
  arrange(there: Aircraft, scratch: string): Promise<void>;
  readonly args?: readonly string[];
  readonly check: string;
  readonly status: string;
  readonly found: RegExp;
}

const CASES: readonly Case[] = [
  {
    name: "a key that it does not trust",
    arrange: ({ folder }) => Deno.remove(`${folder}/trust/airfield.pub`),
    check: "package",
    status: "fail",
    found: /is not trusted here/,
  },
  {
    name: "a key that it has revoked",
    arrange: ({ folder, key }) =>
      Deno.writeTextFile(`${folder}/trust/revoked_keys.txt`, `${key.id} lost\n`, { mode: 0o644 }),
    check: "package",
    status: "fail",
    found: /is revoked/,
  },
  {
    name: "a key folder that others may write",
    arrange: ({ folder }) => Deno.chmod(`${folder}/trust`, 0o777),
    check: "package",
    status: "fail",
    found: /others than its owner may write it/,
  },
  {
    name: "a package for another aircraft",
    arrange: (there) => signManifest(there.package, there.key, { aircraft: ["b1"] }),
    check: "package",
    status: "fail",
    found: /is for aircraft b1 alone, and this is a7/,
  },
  {
    name: "a newer version that was flown there",
    arrange: async ({ folder, package: path }) => {
      const { name } = JSON.parse(await Deno.readTextFile(`${path}/manifest.json`));
      await Deno.mkdir(`${folder}/records`);
      const packages = [{ name, counter: 7, manifestSha256: "0".repeat(64) }];
      const flown = { format: "gdn-packages-flown", formatVersion: 1, packages, revokedKeys: [] };
      await Deno.writeTextFile(`${folder}/records/packages_flown.json`, JSON.stringify(flown));
    },
    check: "package",
    status: "fail",
    found: /version 1 is older than version 7, which was flown here/,
  },
  {
    name: "a copy that is not whole",
    arrange: async ({ folder }) => {
      await Deno.remove(`${folder}/packages/field/tiles.json`);
      await Deno.writeTextFile(`${folder}/packages/field/place/vocabulary.bin`, "other");
      await Deno.writeTextFile(`${folder}/packages/field/more`, "");
    },
    check: "package",
    status: "fail",
    found: /missing tiles\.json; altered place\/vocabulary\.bin; unexpected more/,
  },
  {
    name: "no copy",
    arrange: ({ folder }) => Deno.remove(`${folder}/packages`, { recursive: true }),
    check: "package",
    status: "fail",
    found: /has no such package below/,
  },
  {
    name: "another package in its configuration",
    arrange: ({ configuration, folder }) =>
      Deno.writeTextFile(
        configuration,
        `trust: {folder: ${folder}/trust}\nlive: {package: packages/old}\n`,
      ),
    check: "package",
    status: "warning",
    found: /configuration flies .*packages\/old/,
  },
  {
    name: "a configuration that is none",
    arrange: ({ configuration }) => Deno.writeTextFile(configuration, "trust: [1"),
    check: "aircraft",
    status: "fail",
    found: /airborne\.yaml cannot be used/,
  },
  {
    name: "a recorder that cannot be written",
    arrange: () => Promise.resolve(),
    args: ["--recorder", "/dev/null/flights"],
    check: "recorder",
    status: "fail",
    found: /\/dev\/null\/flights cannot be written: .*Not a directory/,
  },
  {
    name: "no airborne",
    arrange: (_, scratch) => Deno.remove(`${scratch}/bin/airborne`),
    check: "libraries",
    status: "fail",
    found: /airborne does not start there: .*not found/,
  },
  {
    name: "a clock that is an hour ahead",
    arrange: (_, scratch) =>
      writeShellCommand(`${scratch}/bin`, "date", {
        command: "/usr/bin/date",
        args: ["--date=now + 1 hour"],
      }),
    check: "clock",
    status: "fail",
    found: /the workstation is 3(599|600)\.\d s behind/,
  },
  {
    name: "a clock that is ten seconds behind",
    arrange: (_, scratch) =>
      writeShellCommand(`${scratch}/bin`, "date", {
        command: "/usr/bin/date",
        args: ["--date=now - 10 seconds"],
      }),
    check: "clock",
    status: "warning",
    found: /the workstation is (9|10)\.\d s ahead/,
  },
  {
    name: "a folder that is not there",
    arrange: ({ folder }) => Deno.rename(folder, `${folder}-away`),
    check: "aircraft",
    status: "fail",
    found: /can't cd to|No such file/,
  },
  {
    name: "a server that does not let in",
    arrange: (_, scratch) => Deno.writeTextFile(`${scratch}/ssh/authorized_keys`, ""),
    check: "aircraft",
    status: "fail",
    found: /does not let us in: give --identity/,
  },
];

for (const { name, arrange, args = [], check, status, found } of CASES) {
  Deno.test({
    name: `preflight over SSH: ${name}`,
    ignore: ignore || !isFull,
    fn: () =>
      inScratch(async (scratch) => {
        await using there = await aircraft(scratch);
        await arrange(there, scratch);
        const looked = await there.look(...args);
        assert.equal(looked.status(check), status, looked.text);
        assert.match(looked.found(check), found);
      }),
  });
}

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
  reader.releaseLock();
  return {
    link: / at (\S+), its camera/.exec(told)?.[1] ?? "",
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await child.stderr.cancel();
    },
  };
}
