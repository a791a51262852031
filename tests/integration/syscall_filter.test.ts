/** The shipped airborne flies behind the filter of system calls, and says so where it does not. */
import assert from "node:assert/strict";
import { worldForFile } from "../faults/fixture.ts";
import { filesBelow, run } from "../faults/programs.ts";
import { airborneCommand } from "../../tasks/executables.ts";
import { PYTHON } from "../support/python.ts";
import { startServiceManager } from "../support/service_manager.ts";

const world = worldForFile();

/** The kernel's words on every thread of a process. Deno itself may not read /proc. */
async function threadsOf(pid: number): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `cat /proc/${pid}/task/*/status`],
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name:
    "before the first frame every thread is behind the filter (recorder, TBB, V8), and little memory is in use",
  ignore: PYTHON === undefined,
  fn: async () => {
    const { folder, flight, package: packagePath } = world();
    const NOTIFY_SOCKET = `${folder}/notify`;
    await using peer = await startServiceManager(NOTIFY_SOCKET);
    const recorder = `${folder}/recorded`;
    const args = ["replay", flight, "--package", packagePath, "--recorder", recorder];
    const { command, args: all } = airborneCommand(args, {
      read: [flight, packagePath],
      write: [recorder],
    });
    const child = new Deno.Command(command, {
      args: all,
      env: { NOTIFY_SOCKET },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    await peer.until((received) => received.length > 0);
    const status = await threadsOf(child.pid);
    const { code, stderr } = await child.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const threads = status.match(/^NoNewPrivs:\t\d\nSeccomp:\t\d$/gm) ?? [];
    assert.ok(threads.length >= 4, `${threads.length} threads`);
    assert.deepEqual([...new Set(threads)], ["NoNewPrivs:\t1\nSeccomp:\t2"]);
    const residentKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
    assert.ok(residentKiB * 1024 < 200e6, `${residentKiB} KiB when it is ready`);
    assert.ok((await filesBelow(recorder)).some((name) => /\.mcap \d/.test(name)));
  },
});

Deno.test("--no-syscall-filter flies as well, and both terminal and record say so", async () => {
  const { folder, flight, package: packagePath } = world();
  const recorder = `${folder}/recorded_without`;
  const args = ["replay", flight, "--package", packagePath, "--recorder", recorder];
  const outcome = await run("airborne", [...args, "--no-syscall-filter"], {
    read: [flight, packagePath],
    write: [recorder],
  });
  assert.equal(outcome.code, 0, outcome.err);
  assert.match(outcome.err, /^system calls are not filtered \(--no-syscall-filter\)/m);
  const entries = await Array.fromAsync(Deno.readDir(recorder));
  const [record] = entries.filter(({ isDirectory }) => isDirectory);
  const path = `${recorder}/${record.name}`;
  const log = await run("operator", ["fdr", "cat", path, "--kind", "log"], { read: [path] });
  assert.match(log.out, /flight\.syscalls_not_filtered/, log.err);
});
