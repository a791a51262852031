/**
 * `operator postflight` where something is wrong at either end (`deno task campaign --only postflight`): a full
 * disk, a flight that goes on, two at once, another record of the same name.
 */
import assert from "node:assert/strict";
import { filesBelow, run } from "../faults/programs.ts";
import { emptyCache } from "../support/empty_cache.ts";
import { type FlightMedia, writeFlightMedia } from "../support/flight_media.ts";
import { inScratch } from "../support/scratch.ts";
import { canMountSmallDisk, onSmallDisk } from "../support/small_disk.ts";
import { hasSshServer, type SshServer, startSshServer } from "../support/ssh_server.ts";

const ignore = Number(Deno.env.get("GDN_POSTFLIGHT_KILLS") ?? 0) === 0 || !await hasSshServer();

interface There {
  readonly home: FlightMedia;
  readonly data: string;
  readonly server: SshServer;
  bring(data?: string): ReturnType<typeof run>;
}

function withAircraft(body: (there: There, scratch: string) => Promise<void>): () => Promise<void> {
  return () =>
    inScratch(async (scratch) => {
      const home = await writeFlightMedia(`${scratch}/aircraft`, { tiles: 20 });
      await using server = await startSshServer(`${scratch}/ssh`);
      const data = await emptyCache(`${scratch}/data`);
      const bring = (into = data) =>
        run("operator", [
          ...["postflight", `ssh://${server.user}@127.0.0.1:${server.port}${home.folder}`],
          ...["--data", into, "--known-hosts", server.knownHosts, "--identity", server.identity],
        ], {
          read: [scratch, into],
          write: [scratch, into],
          run: ["/usr/bin/ssh", "/usr/bin/sftp"],
        });
      await body({ home, data, server, bring }, scratch);
    });
}

Deno.test({
  name:
    "postflight while the aircraft still writes ends with 75 and says so; after it all of it comes",
  ignore,
  fn: withAircraft(async ({ home, data, bring }) => {
    // As a recorder does: it appends all the time.
    const writing = new Deno.Command("sh", {
      args: ["-c", `while sleep 0.02; do head -c 999 /dev/urandom >> '${home.journal}'; done`],
    }).spawn();
    try {
      const early = await bring();
      assert.equal(early.code, 75, early.err);
      assert.match(
        early.err,
        /is it still being written\? Run the command again after the landing/,
      );
      assert.deepEqual(await filesBelow(`${data}/flight_records`), []);
    } finally {
      writing.kill("SIGKILL");
      await writing.status;
    }
    await Deno.truncate(home.journal, home.ends.at(-1));
    const late = await bring();
    assert.equal(late.code, 0, late.err);
    assert.match(late.out, /20 new tiles/);
  }),
});

Deno.test({
  name: "two postflights at once: one brings all of it, the other ends with 75 or finds it done",
  ignore,
  fn: withAircraft(async ({ bring }) => {
    const ended = await Promise.all([bring(), bring()]);
    assert.ok(ended.some(({ code }) => code === 0), ended.map(({ err }) => err).join("\n"));
    for (const { code, err } of ended) assert.ok(code === 0 || code === 75, err);
    const again = await bring();
    assert.equal(again.code, 0, again.err);
    assert.match(again.out, /0 files .*, \d+ here before/);
  }),
});

Deno.test({
  name: "postflight onto a disk that is too small ends with 74 before the first byte",
  ignore: ignore || !await canMountSmallDisk(),
  fn: withAircraft(({ bring }) =>
    onSmallDisk({ kilobytes: 64 }, async ({ path }) => {
      const { code, err } = await bring(`${path}/data`);
      assert.equal(code, 74, err);
      assert.match(err, /Cannot copy .* from the aircraft: .* are free at .*; make room/);
    })
  ),
});

Deno.test({
  name:
    "postflight leaves packages there, and lays no other record over one of the same name that is here",
  ignore,
  fn: withAircraft(async ({ home, data, bring }) => {
    const tiles = `${home.folder}/packages/field/tiles/18/1`;
    await Deno.mkdir(tiles, { recursive: true });
    await Deno.writeTextFile(`${tiles}/2.jpg`, "a tile of a package");
    const first = await bring();
    assert.equal(first.code, 0, first.err);
    assert.doesNotMatch((await filesBelow(`${data}/aircraft`)).join("\n"), /packages/);
    const kept = await filesBelow(`${data}/flight_records`);
    const segment = `${home.flight}/segment_0000.mcap`;
    const bytes = await Deno.readFile(segment);
    bytes[bytes.length >> 1] ^= 1;
    await Deno.writeFile(segment, bytes);
    const second = await bring();
    assert.equal(second.code, 65, second.out);
    assert.match(second.out, /1 file of \S+ differ from what was here: both are kept/);
    const after = await filesBelow(`${data}/flight_records`);
    assert.deepEqual(kept.filter((line) => !after.includes(line)), []);
    assert.equal(after.length, kept.length + 1);
  }),
});
