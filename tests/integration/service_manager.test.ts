/** What a service manager hears from the shipped program, and from a flight loop that hangs. */
import assert from "node:assert/strict";
import { worldForFile } from "../faults/fixture.ts";
import { run } from "../faults/programs.ts";
import { REPOSITORY } from "../support/paths.ts";
import { PYTHON } from "../support/python.ts";
import { inScratch } from "../support/scratch.ts";
import { startServiceManager } from "../support/service_manager.ts";

const world = worldForFile();
const ignore = PYTHON === undefined;

Deno.test({
  name:
    "airborne says that it is ready before the first frame, that it is alive, how it goes, and that it stops",
  ignore,
  fn: () =>
    inScratch(async (folder) => {
      const NOTIFY_SOCKET = `${folder}/notify`;
      await using peer = await startServiceManager(NOTIFY_SOCKET);
      const { flight, package: packagePath } = world();
      const args = ["replay", flight, "--package", packagePath];
      const env = { NOTIFY_SOCKET, WATCHDOG_USEC: "1000000" };
      const { code, err } = await run("airborne", args, { read: [flight, packagePath], env });
      assert.equal(code, 0, err);
      await peer.until((received) => received.some(({ text }) => text.startsWith("STOPPING=1\n")));
      const texts = peer.received.map(({ text }) => text);
      assert.equal(texts[0], "READY=1\nSTATUS=ready, no frame yet\n");
      assert.equal(texts.at(-1), "STOPPING=1\nSTATUS=stopping: writing what is left\n");
      const alive = peer.received.filter(({ text }) => text === "WATCHDOG=1\n");
      assert.ok(alive.length >= 2, `${alive.length} signs of life`);
      const longestS = Math.max(...alive.slice(1).map(({ atS }, i) => atS - alive[i].atS));
      assert.ok(longestS < 1, `silent for ${longestS} s`);
      const status = texts.filter((text) => text.startsWith("STATUS="));
      assert.ok(status.length >= 1);
      for (const text of status) assert.match(text, /^STATUS=.*; \d+ frames, .* \d+ MB\n$/);
    }),
});

for (const how of ["busy", "waiting"]) {
  Deno.test({
    name: `a flight loop that hangs (${how}) says no more that it is alive`,
    ignore,
    fn: () =>
      inScratch(async (folder) => {
        const NOTIFY_SOCKET = `${folder}/notify`;
        await using peer = await startServiceManager(NOTIFY_SOCKET);
        const child = new Deno.Command(Deno.execPath(), {
          args: [
            ...["run", "--no-prompt", "--no-check", "--cached-only"],
            `--config=${REPOSITORY}/deno.json`,
            `--allow-ffi=${REPOSITORY}/build/lib/libgdn_device.so`,
            `${REPOSITORY}/tests/support/hanging_flight.ts`,
            how,
          ],
          env: { NOTIFY_SOCKET, WATCHDOG_USEC: "400000" },
          stdout: "piped",
        }).spawn();
        try {
          const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
          assert.match((await reader.read()).value ?? "", /hangs/);
          const alive = () => peer.received.filter(({ text }) => text === "WATCHDOG=1\n").length;
          const before = alive();
          assert.ok(before >= 4, `${before} signs of life in a second of flight`);
          // Half of the watchdog's time for the frame, and then three times the whole of it.
          await new Promise((resolve) => setTimeout(resolve, 250));
          const atSilence = alive();
          await new Promise((resolve) => setTimeout(resolve, 1200));
          assert.equal(alive(), atSilence);
          await reader.cancel();
        } finally {
          child.kill("SIGKILL");
          await child.status;
        }
      }),
  });
}
