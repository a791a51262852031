/**
 * The recorder of the shipped `airborne`: without one it does not fly, and with a failing one it
 * flies on.
 */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { FolderLock } from "../../src/core/mod.ts";
import { airborneCommand } from "../../tasks/executables.ts";
import { worldForFile } from "./fixture.ts";
import { filesBelow, run } from "./programs.ts";

const world = worldForFile();

async function fly(recorder: string, write: readonly string[]) {
  const { flight, package: packagePath } = world();
  const args = ["replay", flight, "--package", packagePath, "--recorder", recorder, "--json"];
  return await run("airborne", args, { read: [flight, packagePath], write });
}

interface Refusal {
  readonly name: string;
  /** Gives the folder to record in, what may be written, and what takes it all back. */
  readonly prepare: (scratch: string) => Promise<{
    readonly recorder: string;
    readonly write: readonly string[];
    readonly end?: () => void;
  }>;
  readonly says: RegExp;
}

const REFUSALS: readonly Refusal[] = [
  {
    name: "a file stands in its place",
    prepare: async (scratch) => {
      await Deno.writeTextFile(`${scratch}/file`, "no folder");
      return { recorder: `${scratch}/file`, write: [`${scratch}/file`] };
    },
    says: /File exists|Not a directory/,
  },
  {
    name: "it may not be written",
    prepare: (scratch) => Promise.resolve({ recorder: `${scratch}/records`, write: [] }),
    says: /Requires write access to "\S+\/records"/,
  },
  {
    name: "another process has it",
    prepare: async (scratch) => {
      const lock = await FolderLock.alone(`${scratch}/recorder.lock`);
      return { recorder: scratch, write: [scratch], end: () => lock[Symbol.dispose]() };
    },
    says: new RegExp(`process ${Deno.pid} holds it; wait until it ends`),
  },
];

Deno.test("airborne replay does not fly without its recorder: exit code 2, FATAL, an ERROR line", async (t) => {
  for (const { name, prepare, says } of REFUSALS) {
    await t.step(name, () =>
      inScratch(async (scratch) => {
        const { recorder, write, end } = await prepare(scratch);
        try {
          const before = await filesBelow(scratch);
          const { code, out, err } = await fly(recorder, write);
          assert.equal(code, 2, err);
          assert.equal(out, "", "no frame is flown");
          const lines = err.split("\n");
          const fatal = lines.find((line) =>
            line.startsWith(`FATAL: flight recorder cannot open ${recorder}: `)
          );
          assert.match(fatal ?? err, says);
          const error = lines.find((line) => line.includes('"c13.open_failed"'));
          assert.equal(JSON.parse(error ?? "{}").level, "error", err);
          assert.deepEqual(await filesBelow(scratch), before, "nothing is left");
        } finally {
          end?.();
        }
      }));
  }
});

/** With a configuration, and with stderr where `stderr` says. */
async function flyConfigured(scratch: string, yaml: string, stderr = "/dev/null") {
  const { flight, package: packagePath } = world();
  const recorder = `${scratch}/records`, config = `${scratch}/config.yaml`;
  await Deno.writeTextFile(config, yaml);
  const args = ["--quiet", "replay", flight, "--package", packagePath, "--config", config];
  const { command, args: all } = airborneCommand([...args, "--recorder", recorder, "--json"], {
    read: [flight, packagePath, config],
    write: [recorder],
  });
  const { code, stdout } = await new Deno.Command("sh", {
    args: ["-c", `exec "$@" 2>${stderr}`, "sh", command, ...all],
  }).output();
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return { code, lines, summary: JSON.parse(lines.at(-1) || "{}") };
}

Deno.test("airborne replay flies on when records do not fit their slots, and says how many", () =>
  inScratch(async (scratch) => {
    const { code, lines, summary } = await flyConfigured(scratch, "fdr: { slotBytes: 512 }");
    assert.equal(code, 0);
    assert.equal(lines.length, 11, "every frame and a summary");
    assert.ok(summary.recorderLost > 50, `${summary.recorderLost} lost`);
    const args = ["fdr", "cat", summary.recorderFolder, "--kind", "log"];
    const { out } = await run("operator", args, { read: [summary.recorderFolder] });
    const told = out.trim().split("\n").map((line) => JSON.parse(line).payload)
      .filter(({ kind }) => kind === "c13.record_refused");
    const last = new Map(told.map(({ fields }) => [fields.producerId, fields.refusedTotal]));
    const sum = [...last.values()].reduce((total, count) => total + count, 0);
    assert.equal(sum, summary.recorderLost, "the record counts each of them");
    assert.match(told[0].message, /sensor\.imu that takes more than the 512 bytes/);
    const doctor = await run("operator", ["fdr", "doctor", summary.recorderFolder], {
      read: [summary.recorderFolder],
    });
    assert.equal(doctor.code, 0, doctor.out);
  }));

Deno.test({
  name: "airborne replay flies on when an alert of its recorder cannot be printed",
  ignore: Deno.build.os !== "linux",
  fn: () =>
    inScratch(async (scratch) => {
      // stderr on a disk that is full, and a configuration that alerts.
      const yaml = "fdr: { flightCapBytes: 1048576 }";
      const { code, lines, summary } = await flyConfigured(scratch, yaml, "/dev/full");
      assert.equal(code, 0);
      assert.equal(lines.length, 11);
      assert.deepEqual([summary.recorderLost, summary.recorderBroken], [0, false]);
    }),
});
