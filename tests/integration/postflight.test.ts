/**
 * `operator postflight` from an aircraft over a real SSH server: host key, cut connections, kills, and what it
 * sums up. `deno task test` cuts the connection once; GDN_POSTFLIGHT_KILLS kills it at random moments as well.
 */
import assert from "node:assert/strict";
import { seededRandom, sha256Hex } from "../../src/core/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { filesBelow, type Outcome, run } from "../faults/programs.ts";
import { emptyCache } from "../support/empty_cache.ts";
import { writeFlightMedia } from "../support/flight_media.ts";
import { inScratch } from "../support/scratch.ts";
import { hasSshServer, type SshServer, startSshServer } from "../support/ssh_server.ts";

const KILLS = Number(Deno.env.get("GDN_POSTFLIGHT_KILLS") ?? 0);
const isLong = KILLS > 0;
const TILES = isLong ? 600 : 40;
const SSH_PROGRAMS = ["/usr/bin/ssh", "/usr/bin/sftp"];
const ignore = !await hasSshServer();

function grants(folder: string) {
  return { read: [folder], write: [folder], run: SSH_PROGRAMS };
}

function argumentsOf(server: SshServer, home: string, data: string, ...more: string[]): string[] {
  return [
    ...["postflight", `ssh://${server.user}@127.0.0.1:${server.port}${home}`, "--data", data],
    ...["--known-hosts", server.knownHosts, "--identity", server.identity, ...more],
  ];
}

interface Told {
  readonly steps: readonly {
    readonly step: string;
    readonly exitCode: number | null;
    readonly text: string;
  }[];
  readonly flights: readonly {
    readonly flightId: string;
    readonly record: string;
    readonly report: string;
  }[];
}

function told({ out, err }: Outcome): Told {
  assert.ok(out.startsWith("{"), err);
  return JSON.parse(out);
}

/** Each file of the flight records with its hash; the pictures of the tiles in the cache. */
async function broughtHome(data: string): Promise<string[]> {
  const root = `${data}/flight_records`;
  const files = (await filesBelow(root)).filter((line) => !line.endsWith("/"));
  const records = await Promise.all(files.map(async (line) => {
    const path = line.slice(0, line.lastIndexOf(" "));
    return `${path} ${sha256Hex(await Deno.readFile(`${root}/${path}`))}`;
  }));
  await using cache = await openTileCache({ dataFolder: data });
  const tiles = await cache.metadata.pendingUploads(null);
  return [...records, ...tiles.map(({ tileId, contentSha256 }) => `${tileId.x} ${contentSha256}`)]
    .sort();
}

Deno.test({
  name:
    "postflight over SSH: refuses an unknown host, goes on after a cut and after kills, nothing lost, nothing twice",
  ignore,
  fn: () =>
    inScratch(async (scratch) => {
      const home = await writeFlightMedia(`${scratch}/aircraft`, { tiles: TILES });
      const before = await filesBelow(home.folder);
      await using server = await startSshServer(`${scratch}/ssh`);
      const data = await emptyCache(`${scratch}/data`);
      const args = argumentsOf(server, home.folder, data);

      if (isLong) {
        const stranger = args.with(args.indexOf("--known-hosts") + 1, "/dev/null");
        const unknown = await run("operator", stranger, grants(scratch));
        assert.equal(unknown.code, 77, unknown.err);
        assert.match(unknown.err, /host key is not known/);
        assert.deepEqual(await filesBelow(`${data}/aircraft`), []);
      }

      const journal = `${home.folder}/tiles.journal`;
      const { size } = await Deno.stat(journal);
      server.cutAfter(20_000 + Math.floor(size / 2));
      const cut = await run("operator", args, grants(scratch));
      assert.equal(cut.code, 75, cut.err);
      assert.match(cut.err, /run the command again, it goes on/);

      const seed = Deno.env.get("GDN_TEST_SEED") ?? Date.now() % 100_000;
      const random = seededRandom(`kills of postflight ${seed}`);
      for (let round = 0; round < KILLS; round++) {
        const { command, args: all } = operatorCommand(["--quiet", ...args], grants(scratch));
        const child = new Deno.Command(command, { args: all, stdout: "null", stderr: "null" })
          .spawn();
        await new Promise((resolve) => setTimeout(resolve, 800 + 6000 * random.uniform()));
        try {
          child.kill("SIGKILL");
        } catch {
          // It had ended.
        }
        await child.status;
      }
      const first = await run("operator", [...args, "--json"], grants(scratch));
      assert.equal(first.code, 0, `seed ${seed}: ${first.err}`);
      const home1 = await broughtHome(data);
      const expected = [
        ...home.tiles.map(({ metadata }) => `${metadata.tileId.x} ${metadata.contentSha256}`),
        ...await Promise.all(
          before.filter((line) => line.includes(`${home.flightId}/`) && !line.endsWith("/")).map(
            async (line) => {
              const path = line.slice(0, line.lastIndexOf(" "));
              const name = path.slice(path.indexOf(home.flightId));
              return `${name} ${sha256Hex(await Deno.readFile(`${home.folder}/${path}`))}`;
            },
          ),
        ),
      ].sort();
      assert.deepEqual(home1, expected, `seed ${seed}`);
      const { flights } = told(first);
      assert.deepEqual(flights.map(({ flightId, record }) => [flightId, record]), [
        [home.flightId, "complete"],
      ]);
      assert.ok((await Deno.stat(flights[0].report)).size > 10_000);

      if (!isLong) return;

      const sentBytes = server.bytesOut();
      const second = await run("operator", args, grants(scratch));
      assert.equal(second.code, 0, second.err);
      assert.ok(server.bytesOut() - sentBytes < 20_000, "nothing is copied twice");
      assert.ok(second.out.trimEnd().split("\n").length <= 24, second.out);
      assert.match(second.out, /0 files .*, \d+ here before/);
      assert.deepEqual(await broughtHome(data), expected);
      assert.deepEqual(await filesBelow(home.folder), before, "the aircraft is as it was");
    }),
});

Deno.test({
  name:
    "postflight: a damaged journal ends with 65, a changed host key with 77, no flights with 66, a dead host with 75",
  ignore: ignore || !isLong,
  fn: () =>
    inScratch(async (scratch) => {
      const home = await writeFlightMedia(`${scratch}/aircraft`, { tiles: 8 });
      await using server = await startSshServer(`${scratch}/ssh`);
      const data = await emptyCache(`${scratch}/data`);
      const args = argumentsOf(server, home.folder, data);
      const journal = await Deno.readFile(home.journal);
      journal[home.ends[3] - 400] ^= 1;
      await Deno.writeFile(home.journal, journal);
      const damaged = await run("operator", [...args, "--json"], grants(scratch));
      assert.equal(damaged.code, 65, damaged.err);
      assert.deepEqual(told(damaged).steps.map(({ exitCode }) => exitCode), [0, 65, null, 0]);

      const known = await Deno.readTextFile(server.knownHosts);
      const other = (await Deno.readTextFile(`${server.identity}.pub`)).split(" ")[1];
      await Deno.writeTextFile(server.knownHosts, known.replace(/\S+\n$/, `${other}\n`));
      const changed = await run("operator", args, grants(scratch));
      assert.equal(changed.code, 77, changed.err);
      assert.match(changed.err, /another one than before/);
      await Deno.writeTextFile(server.knownHosts, known);

      await Deno.mkdir(`${scratch}/empty`);
      const none = await run(
        "operator",
        argumentsOf(server, `${scratch}/empty`, data),
        grants(scratch),
      );
      assert.equal(none.code, 66, none.err);
      await server[Symbol.asyncDispose]();
      const dead = await run("operator", args, grants(scratch));
      assert.equal(dead.code, 75, dead.err);
    }),
});
