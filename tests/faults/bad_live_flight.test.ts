/**
 * `airborne fly` where something is missing or wrong: what keeps a flight on the ground does so with a
 * reason and an exit code, and what can come later is waited for.
 */
import assert from "node:assert/strict";
import { airborneCommand } from "../../tasks/executables.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import { worldForFile } from "./fixture.ts";
import { copyFolder, filesBelow, type Outcome, run } from "./programs.ts";

const world = worldForFile();
/** Nobody listens there. */
const NOWHERE = "tcp:127.0.0.1:9";

interface FlyArgs {
  readonly scratch: string;
  readonly more?: readonly string[];
  readonly read?: readonly string[];
  readonly packagePath?: string;
  readonly recorder?: string;
}

function fly({ scratch, more = [], read = [], packagePath, recorder }: FlyArgs): Promise<Outcome> {
  const { package: own } = world();
  const flown = packagePath ?? own, recorded = recorder ?? `${scratch}/records`;
  const args = [
    "fly",
    "--connect",
    NOWHERE,
    "--package",
    flown,
    "--allow-unsigned",
    "--recorder",
    recorded,
    ...more,
  ];
  return run("airborne", args, {
    read: [flown, ...read],
    write: [recorded],
    net: [NOWHERE.slice("tcp:".length)],
  });
}

const CASES: readonly {
  readonly name: string;
  readonly make: (scratch: string) => Promise<Omit<FlyArgs, "scratch">>;
  readonly code: number;
  readonly says: RegExp;
}[] = [
  {
    name: "the recorder cannot open",
    make: async (scratch) => {
      await Deno.writeTextFile(`${scratch}/file`, "no folder");
      return { recorder: `${scratch}/file` };
    },
    code: 2,
    says: /FATAL.*recorder|recorder/i,
  },
  {
    name: "a file of the package was altered",
    make: async (scratch) => {
      await copyFolder(world().package, `${scratch}/package`);
      const [name] = (await filesBelow(`${scratch}/package`)).filter((f) => /\.jpg /.test(f));
      const path = `${scratch}/package/${name.split(" ")[0]}`;
      const bytes = await Deno.readFile(path);
      bytes[bytes.length >> 1] ^= 1;
      await Deno.writeFile(path, bytes);
      return { packagePath: `${scratch}/package` };
    },
    code: 65,
    says: /SHA-256|altered|does not match/i,
  },
  {
    name: "a camera without a calibration",
    make: () => Promise.resolve({ more: ["--camera", "frames:tcp:127.0.0.1:9"] }),
    code: 64,
    says: /--calibration is missing/,
  },
  {
    name: "a video that is a named pipe",
    make: async (scratch) => {
      const pipe = `${scratch}/pipe`, calibration = `${world().flight}/flight.json`;
      assert.ok((await new Deno.Command("mkfifo", { args: [pipe] }).output()).success);
      return {
        more: ["--camera", `video:${pipe}`, "--calibration", calibration],
        read: [pipe, calibration],
      };
    },
    code: 65,
    says: /pipe: is no plain file but a named pipe/,
  },
  {
    name: "a key that others may read",
    make: async (scratch) => {
      await Deno.writeFile(`${scratch}/key`, new Uint8Array(32).fill(0x41), { mode: 0o644 });
      return { more: ["--signing-key", `${scratch}/key`], read: [`${scratch}/key`] };
    },
    code: 77,
    says: /others may read this key \(chmod 600 it\)/,
  },
  {
    name: "a key that is none",
    make: async (scratch) => {
      await Deno.writeTextFile(`${scratch}/key`, "hunter2", { mode: 0o600 });
      return { more: ["--signing-key", `${scratch}/key`], read: [`${scratch}/key`] };
    },
    code: 77,
    says: /this is no key/,
  },
];

Deno.test("a flight does not begin without what it needs", async (t) => {
  for (const { name, make, code, says } of CASES) {
    await t.step(name, () =>
      inScratch(async (scratch) => {
        const outcome = await fly({ scratch, ...(await make(scratch)) });
        assert.equal(outcome.code, code, outcome.err);
        assert.match(outcome.err, says);
        assert.doesNotMatch(outcome.err, /hunter2/);
      }));
  }
});

Deno.test("a controller that cannot come, since another program has the port, is told and waited for; a signal ends the flight, and its record is whole", () =>
  inScratch(async (scratch) => {
    using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const host = `127.0.0.1:${taken.addr.port}`;
    const { package: packagePath } = world();
    const recorder = `${scratch}/records`;
    const { command, args } = airborneCommand(
      [
        ...["fly", "--connect", `tcpin:${host}`, "--package", packagePath],
        ...["--recorder", recorder, "--json", "--allow-unsigned"],
      ],
      { read: [packagePath], write: [recorder], net: [host] },
    );
    const child = new Deno.Command(command, {
      args,
      cwd: REPOSITORY,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const status = async () =>
      await run("airborne", ["status", "--recorder", recorder, "--json"], { read: [recorder] });
    let said = await status();
    // The reason is told once it has stood for two seconds.
    const isEarly = () => said.code !== 0 || JSON.parse(said.out).status.upS < 4;
    for (let tries = 0; isEarly(); tries++) {
      assert.ok(tries < 200, said.err);
      await new Promise((resolve) => setTimeout(resolve, 200));
      said = await status();
    }
    const { live, status: { controller, output } } = JSON.parse(said.out);
    assert.equal(live, true);
    assert.equal(controller.connected, false);
    assert.equal(output.withheld, "no_estimate");
    // The terminal goes away: nothing ends.
    child.kill("SIGHUP");
    const { upS } = JSON.parse(said.out).status;
    // On a busy machine its state may be too old for an answer for a moment.
    const isLater = () => said.code === 0 && JSON.parse(said.out).status.upS >= upS + 2;
    for (let tries = 0; !isLater(); tries++) {
      assert.ok(tries < 200, said.err);
      said = await status();
    }
    child.kill("SIGTERM");
    const ended = await child.output();
    const errors = new TextDecoder().decode(ended.stderr);
    assert.equal(ended.code, 0, errors);
    assert.match(errors, new RegExp(`controller tcpin:${host}: another program has the port: end`));
    assert.match(errors, /the terminal has gone \(SIGHUP\): the flight goes on/);
    const summary = JSON.parse(new TextDecoder().decode(ended.stdout).trim().split("\n").at(-1)!);
    assert.deepEqual([summary.completed, summary.recorderBroken, summary.recorderLost], [
      true,
      false,
      0,
    ]);
    const after = await status();
    assert.equal(after.code, 1);
    assert.equal(JSON.parse(after.out).ended, true);
  }));

Deno.test("a simulated controller or camera whose port is taken says so and ends", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${taken.addr.port}`;
  for (const option of ["--link", "--camera-link"]) {
    const args = ["simulate", "controller", world().flight, option, `tcpin:${address}`];
    const { code, err } = await run("operator", args, {
      read: [world().flight],
      net: ["127.0.0.1"],
    });
    assert.equal(code, 75, err);
    assert.match(err, new RegExp(`Cannot listen at tcpin:${address}: another program does`));
  }
});
