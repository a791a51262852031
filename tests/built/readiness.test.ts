/**
 * Preflight and postflight as built programs, over a real SSH server: an operator that may start ssh and sftp
 * behind the kernel's wall, and the aircraft's own built `airborne`.
 */
import assert from "node:assert/strict";
import { copyFolder } from "../faults/programs.ts";
import { writeFlightMedia } from "../support/flight_media.ts";
import { inScratch } from "../support/scratch.ts";
import { hasSshServer, startSshServer } from "../support/ssh_server.ts";
import { built, runBuilt } from "./built.ts";

const PLACE = ["--procedural", "7", "--centre", "48.5,35.0"];

Deno.test({
  name:
    "the built operator looks at an aircraft before a flight, and brings home what it left, over SSH",
  ignore: !await hasSshServer(),
  fn: () =>
    inScratch(async (folder) => {
      const home = `${folder}/home`,
        there = `${folder}/aircraft`,
        keys = `${folder}/aircraft/trust`;
      for (const path of [`${home}/.ssh`, `${folder}/bin`, keys]) {
        await Deno.mkdir(path, { recursive: true });
      }
      await Deno.chmod(keys, 0o755);
      await Deno.symlink(built("airborne"), `${folder}/bin/airborne`);
      await using server = await startSshServer(`${folder}/ssh`, { path: `${folder}/bin` });
      const env = {
        HOME: home,
        PATH: "/usr/bin:/bin",
        GDN_CACHE: `${folder}/cache`,
        NO_COLOR: "1",
      };
      const run = (...args: string[]) => runBuilt("operator", args, { cwd: home, env });
      const sure = async (...args: string[]) => {
        const outcome = await run(...args, "--quiet");
        assert.equal(outcome.code, 0, `${args.join(" ")}: ${outcome.err}`);
        return outcome.out;
      };
      await sure(
        ...["simulate", "flight", "--out", "flight", ...PLACE],
        ...["--aircraft", "multirotor", "--agl", "130", "--distance", "100"],
      );
      await sure("simulate", "map", "--out", "map", ...PLACE, "--corridor-of", "flight");
      await sure("tiles", "import", "map", "--captured-at", "2020-01-01");
      const made = await sure("provision", "--out", "package", "--agl", "130");
      assert.match(made, /unsigned: .* `operator package sign package --key NAME`/);
      await copyFolder(`${home}/package`, `${there}/packages/field`);
      await Deno.writeTextFile(`${there}/airborne.yaml`, `trust: {folder: ${keys}}\n`);

      const address = `ssh://${server.user}@127.0.0.1:${server.port}${there}`;
      const access = ["--known-hosts", server.knownHosts, "--identity", server.identity];
      const looked = await run(
        ...["preflight", "--aircraft", address, "--aircraft-config", `${there}/airborne.yaml`],
        ...["--package", "package", "--route", "48.5,35;48.5,35.0005", "--agl", "130", ...access],
        ...["--report", "report.json"],
      );
      assert.equal(looked.code, 1, looked.err + looked.out);
      assert.match(looked.out, /FAIL +package +is unsigned/);
      for (const check of ["aircraft", "disk", "recorder", "database", "libraries", "clock"]) {
        assert.match(looked.out, new RegExp(`^pass +${check} `, "m"), looked.out);
      }
      assert.match(looked.out, /1 failed, 0 warnings/);
      const { aircraft } = JSON.parse(await Deno.readTextFile(`${home}/report.json`));
      assert.equal(aircraft, address);
      const here = await run("preflight", "--package", "package");
      assert.equal(here.code, 3, here.err + here.out);

      const { flightId } = await writeFlightMedia(there, { tiles: 10 });
      const brought = await run("postflight", address, ...access);
      assert.equal(brought.code, 0, brought.err);
      assert.match(brought.out, /10 new tiles/);
      assert.match(brought.out, new RegExp(`flight ${flightId}: record complete`));
      assert.ok((await Deno.stat(`${home}/data/reports/${flightId}.html`)).size > 10_000);
      const stranger = await run("postflight", address, "--known-hosts", `${folder}/none`);
      assert.equal(stranger.code, 77, stranger.err);
    }),
});
