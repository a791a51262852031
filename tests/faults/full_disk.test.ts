/**
 * A full disk under every command that writes: exit code 74, a message that says so, no partial output,
 * and a second run that succeeds once there is room. The disk is a small tmpfs, which only root may
 * mount.
 */
import assert from "node:assert/strict";
import { canMountSmallDisk, onSmallDisk } from "../support/small_disk.ts";
import { PLACE, worldForFile } from "./fixture.ts";
import { copyFolder, filesBelow, run } from "./programs.ts";
import { emptyCache } from "../support/empty_cache.ts";

const world = worldForFile();

const ignore = !await canMountSmallDisk();

interface WritingCommand {
  readonly name: string;
  readonly args: (out: string) => string[];
  readonly read: () => string[];
}

const COMMANDS: readonly WritingCommand[] = [
  {
    name: "provision",
    args: (out) => ["provision", "--out", out, "--data", world().data, "--footprint", "200"],
    read: () => [],
  },
  {
    name: "simulate flight",
    args: (out) => [
      ...["simulate", "flight", "--out", out, "--image", world().ground, ...PLACE],
      ...["--aircraft", "multirotor", "--duration", "10", "--frame-rate", "1"],
    ],
    read: () => [world().ground],
  },
  {
    name: "simulate map",
    args: (out) => [
      ...["simulate", "map", "--out", out, "--procedural", "3", "--centre", "50,30"],
      ...["--extent", "400"],
    ],
    read: () => [],
  },
];

for (const { name, args, read } of COMMANDS) {
  Deno.test({
    name: `operator ${name} on a full disk ends with 74, leaves nothing, and works with more room`,
    ignore,
    fn: () =>
      onSmallDisk({ kilobytes: 200 }, async ({ path: disk, enlarge }) => {
        const grants = { read: read(), write: [disk, world().data] };
        const full = await run("operator", args(`${disk}/out`), grants);
        assert.equal(full.code, 74, full.err);
        assert.match(full.err, new RegExp(`operator ${name}: .*${disk}/out.*(space|disk)`));
        assert.deepEqual(await filesBelow(disk), []);
        await enlarge();
        const again = await run("operator", args(`${disk}/out`), grants);
        assert.equal(again.code, 0, again.err);
      }),
  });
}

Deno.test({
  name: "operator provision on a full disk keeps the older package whole",
  ignore,
  fn: () =>
    onSmallDisk({ kilobytes: 3200 }, async ({ path: disk }) => {
      await copyFolder(world().package, `${disk}/out`);
      const before = await filesBelow(disk);
      const full = await run("operator", COMMANDS[0].args(`${disk}/out`), {
        write: [disk, world().data],
      });
      assert.equal(full.code, 74, full.err);
      assert.deepEqual(await filesBelow(disk), before);
      const verified = await run("operator", ["package", "verify", `${disk}/out`], {
        read: [disk],
      });
      assert.equal(verified.code, 0, verified.err);
    }),
});

const importArgs = (disk: string, source: string) => [
  ...["tiles", "import", world().ground, ...PLACE, "--data", `${disk}/data`],
  ...["--source", source, "--json"],
];

async function importsAllWithRoom(disk: string, source: string): Promise<void> {
  const grants = { read: [world().ground], write: [`${disk}/data`] };
  const { code, out, err } = await run("operator", importArgs(disk, source), grants);
  assert.equal(code, 0, err);
  assert.equal(JSON.parse(out).written, 30);
  const files = await filesBelow(`${disk}/data/tiles`);
  assert.deepEqual(files.filter((file) => file.includes(".tmp-")), []);
}

async function importIsRefused(disk: string, source: string): Promise<void> {
  const grants = { read: [world().ground], write: [`${disk}/data`] };
  const { code, out, err } = await run("operator", importArgs(disk, source), grants);
  assert.equal(code, 74, err);
  assert.match(err, /operator tiles import: Cannot .*: the disk is full; free some/);
  assert.ok(err.includes(`${disk}/data`), err);
  assert.equal(out, "");
}

Deno.test({
  name: "operator tiles import on a disk without room for its database, and then with more room",
  ignore,
  // The embedded database alone takes about 40 MB.
  fn: () =>
    onSmallDisk({ kilobytes: 20_000 }, async ({ path: disk, enlarge }) => {
      await importIsRefused(disk, "first");
      await enlarge();
      await importsAllWithRoom(disk, "first");
    }),
});

Deno.test({
  name:
    "operator tiles import on a disk that fills keeps the tiles that were there and no half ones",
  ignore,
  fn: () =>
    onSmallDisk({ kilobytes: 80_000 }, async ({ path: disk, enlarge }) => {
      await emptyCache(`${disk}/data`);
      await importsAllWithRoom(disk, "first");
      const before = await filesBelow(`${disk}/data/tiles`);
      await fill(`${disk}/filler`, 100_000);
      await importIsRefused(disk, "second");
      const kept = (await filesBelow(`${disk}/data/tiles`)).filter((file) => !file.endsWith("/"));
      assert.deepEqual(kept, before.filter((file) => !file.endsWith("/")));
      await enlarge();
      await importsAllWithRoom(disk, "second");
    }),
});

/** A file as large as the disk allows, less some bytes. */
async function fill(path: string, leaveBytes: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  const block = new Uint8Array(64 * 1024);
  let size = 0;
  try {
    for (;;) size += await file.write(block);
  } catch {
    await file.truncate(Math.max(0, size - leaveBytes));
  }
}

function replay(recorder: string) {
  const args = ["replay", world().flight, "--package", world().package, "--json"];
  return run("airborne", [...args, "--recorder", recorder], {
    read: [world().flight, world().package],
    write: [recorder],
  });
}

Deno.test({
  name: "airborne replay continues when the recorder's disk fills, reports it, and ends with 74",
  ignore,
  fn: () =>
    // Room for several chunks: where they are cut depends on the time that frames took.
    onSmallDisk({ kilobytes: 48 }, async ({ path: disk }) => {
      const { code, out, err } = await replay(disk);
      assert.equal(code, 74, err);
      assert.match(
        err,
        /the flight recorder cannot .* in .*; the flight continues and lost records are counted/,
      );
      const lines = out.trim().split("\n").map((line) => JSON.parse(line));
      assert.equal(lines.length, 11, "ten frames and a summary");
      assert.equal(lines[10].recorderBroken, true);
      const [file] = (await filesBelow(disk)).filter((entry) => entry.includes(".mcap"));
      const records = await readableRecords(`${disk}/${file.split(" ")[0]}`);
      assert.ok(records >= 5, `${records} records: what fitted is there`);
    }),
});

/** Records of a flight that can still be read, those in the chunk that the full disk cut as well. */
async function readableRecords(path: string): Promise<number> {
  const { code, out, err } = await run("operator", ["fdr", "cat", path], { read: [path] });
  // 0 where the disk was full just behind a chunk: nothing that is there is damaged.
  assert.ok(code === 3 || code === 0, err);
  return out.trim().split("\n").length;
}

Deno.test({
  name: "airborne replay does not fly when the recorder cannot open on a full disk",
  ignore,
  fn: () =>
    onSmallDisk({ kilobytes: 4 }, async ({ path: disk }) => {
      await Deno.writeFile(`${disk}/full`, new Uint8Array(4096));
      const { code, out, err } = await replay(`${disk}/recorder`);
      assert.equal(code, 2, err);
      assert.match(err, /^FATAL: flight recorder cannot open /m);
      assert.match(err, /flight recorder cannot open .*: the disk is full; free some space/);
      assert.equal(out, "");
      assert.deepEqual((await filesBelow(disk)).filter((file) => file.includes("mcap")), []);
    }),
});
