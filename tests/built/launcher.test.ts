/** How the built executables unpack themselves, start, and end. */
import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { onSmallDisk } from "../support/small_disk.ts";
import { built, runBuilt, startBuilt } from "./built.ts";

/** Names of what is in a cache, without the runtime's own. */
function trees(cache: string): string[] {
  return [...Deno.readDirSync(cache)].map(({ name }) => name)
    .filter((name) => name !== "compiled").sort();
}

Deno.test("--version, --help and a wrong command in an empty environment", () =>
  inScratch(async (folder) => {
    for (const program of ["airborne", "operator"] as const) {
      const version = await runBuilt(program, ["--version"], { cwd: folder });
      assert.equal(version.code, 0, version.err);
      assert.match(version.out, new RegExp(`^${program} \\d+\\.\\d+\\.\\d+\n.*portable build`));
      const json = JSON.parse(
        (await runBuilt(program, ["--version", "--json"], { cwd: folder })).out,
      );
      assert.equal(json.kind, "portable");
      const help = await runBuilt(program, ["--help"], { cwd: folder });
      assert.match(help.out, new RegExp(`usage: ${program} COMMAND`));
      const unknown = await runBuilt(program, ["flap", "away"], { cwd: folder });
      assert.equal(unknown.code, 64);
      assert.match(unknown.err, /there is no command/);
    }
  }));

Deno.test("four cold starts at once unpack one tree, and all of them run", () =>
  inScratch(async (folder) => {
    const outcomes = await Promise.all(
      [1, 2, 3, 4].map(() => runBuilt("airborne", ["--version"], { cwd: folder })),
    );
    for (const { code, out, err } of outcomes) assert.equal(code, 0, out + err);
    const found = trees(`${folder}/cache`);
    assert.equal(found.length, 1, found.join());
    assert.match(found[0], /^airborne-[0-9a-f]{32}$/);
  }));

/** How much of an executable comes before its payload, by the payload's size in the trailer. */
function launcherBytes(bytes: Uint8Array): number {
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 72, 72);
  return bytes.length - 72 - Number(trailer.getBigUint64(32, true));
}

Deno.test("a damaged or cut file ends with 70 and leaves nothing behind", () =>
  inScratch(async (folder) => {
    const whole = await Deno.readFile(built("airborne"));
    const file = `${folder}/airborne`;
    const damages: [string, (bytes: Uint8Array) => Uint8Array][] = [
      ["one bit of the payload", (b) => (b[b.length >> 1] ^= 1, b)],
      ["the last bytes of the payload", (b) => (b[b.length - 100] ^= 255, b)],
      ["the hash", (b) => (b[b.length - 1] ^= 1, b)],
      ["cut at its end", (b) => b.subarray(0, b.length - 1000)],
      ["cut in the middle", (b) => b.subarray(0, b.length >> 1)],
      ["nothing but the launcher", (b) => b.subarray(0, launcherBytes(b))],
    ];
    for (const [name, damage] of damages) {
      await Deno.writeFile(file, damage(whole.slice()), { mode: 0o755 });
      const { code, signal, out, err } = await runBuilt({ file }, ["--version"], { cwd: folder });
      assert.equal(signal, null, name);
      assert.equal(code, 70, `${name}: ${err}`);
      assert.match(err, /this file is damaged or cut: copy it again/, name);
      assert.equal(out, "", name);
      assert.deepEqual(trees(`${folder}/cache`).filter((t) => !t.startsWith("x")), [], name);
    }
  }));

Deno.test("an upgrade removes the tree of the version before, unless it still runs", () =>
  inScratch(async (folder) => {
    const cache = `${folder}/cache`;
    await runBuilt("airborne", ["--version"], { cwd: folder });
    const [tree] = trees(cache);
    const older = "airborne-00000000000000000000000000000000";
    const used = "airborne-11111111111111111111111111111111";
    for (const name of [older, used]) {
      await Deno.mkdir(`${cache}/${name}/bin`, { recursive: true });
      await Deno.writeTextFile(`${cache}/${name}/lock`, "");
    }
    await Deno.mkdir(`${cache}/operator-00000000000000000000000000000000`);
    await Deno.rename(`${cache}/${tree}`, `${folder}/aside`);
    using lock = await Deno.open(`${cache}/${used}/lock`);
    await lock.lock(false);
    const { code, err } = await runBuilt("airborne", ["--version"], { cwd: folder });
    assert.equal(code, 0, err);
    assert.deepEqual(
      trees(cache),
      [used, tree, "operator-00000000000000000000000000000000"].sort(),
    );
  }));

Deno.test("a tree that may not have reached the disk before the machine stopped is unpacked again", () =>
  inScratch(async (folder) => {
    await runBuilt("airborne", ["--version"], { cwd: folder });
    const [tree] = trees(`${folder}/cache`).map((name) => `${folder}/cache/${name}`);
    const bundle = `${tree}/src/airborne/main.js`;
    for (let tries = 0; tries < 600 && !exists(`${tree}/synced`); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.ok(exists(`${tree}/synced`), "it is written through beside the program");
    await Deno.remove(`${tree}/synced`);
    const whole = await Deno.readTextFile(bundle);
    await Deno.writeTextFile(bundle, "");
    await Deno.writeTextFile(`${tree}/boot`, "another boot");
    const { code, out, err } = await runBuilt("airborne", ["--version"], { cwd: folder });
    assert.equal(code, 0, err);
    assert.match(out, /^airborne /);
    assert.equal(await Deno.readTextFile(bundle), whole);
    assert.deepEqual(trees(`${folder}/cache`).length, 1);
  }));

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

Deno.test("an installation and a moved file: the tree beside the program is used, without any cache", () =>
  inScratch(async (folder) => {
    const file = `${folder}/opt/bin/airborne`;
    await Deno.mkdir(`${folder}/opt/bin`, { recursive: true });
    await Deno.mkdir(`${folder}/opt/lib/gdn`, { recursive: true });
    await Deno.copyFile(built("airborne"), file);
    const extracted = await runBuilt({ file }, ["--extract", `${folder}/tree`], { cwd: folder });
    assert.equal(extracted.code, 0, extracted.err);
    await Deno.rename(`${folder}/tree`, `${folder}/opt/lib/gdn/${extracted.out.trim()}`);
    const env = { GDN_CACHE: "/proc/none" };
    const installed = await runBuilt({ file }, ["--version"], { cwd: "/", env });
    assert.equal(installed.code, 0, installed.err);

    await Deno.rename(`${folder}/opt`, `${folder}/other`);
    const moved = { file: `${folder}/other/bin/airborne` };
    assert.equal((await runBuilt(moved, ["--version"], { cwd: "/", env })).code, 0);
    const again = await runBuilt(moved, ["--extract", folder], { cwd: folder });
    assert.equal(again.code, 73);
    assert.match(again.err, /File exists/);
  }));

Deno.test("a tree or a cache that others may write is not used, and the message says so", () =>
  inScratch(async (folder) => {
    const cache = `${folder}/cache`;
    await runBuilt("airborne", ["--version"], { cwd: folder });
    const [tree] = trees(cache);
    await Deno.chmod(`${cache}/${tree}`, 0o777);
    const planted = await runBuilt("airborne", ["--version"], { cwd: folder });
    assert.equal(planted.code, 73, planted.out);
    assert.match(planted.err, /not used: .*others can write it/);
    await Deno.chmod(`${cache}/${tree}`, 0o755);
    await Deno.chown(`${cache}/${tree}`, 12345, 12345);
    const foreign = await runBuilt("airborne", ["--version"], { cwd: folder });
    assert.equal(foreign.code, 73, foreign.out);
    assert.match(foreign.err, /not used: .*it belongs to another user/);
    await Deno.remove(`${cache}/${tree}`, { recursive: true });
    await Deno.chmod(cache, 0o777);
    const open = await runBuilt("airborne", ["--version"], { cwd: folder });
    assert.equal(open.code, 73, open.out);
    assert.match(open.err, /cache: others can write it/);
    assert.deepEqual(trees(cache), []);
  }));

Deno.test("no place to unpack to, and a full disk, are said with what to do", async () => {
  const none = await runBuilt("airborne", ["--version"], {
    cwd: "/",
    env: { GDN_CACHE: "/proc/none" },
  });
  assert.equal(none.code, 73);
  assert.match(none.err, /no place to unpack to; name a folder of your own in GDN_CACHE/);
  await onSmallDisk({ kilobytes: 60_000 }, async ({ path, enlarge }) => {
    const env = { GDN_CACHE: `${path}/cache` };
    const full = await runBuilt("airborne", ["--version"], { cwd: "/", env });
    assert.equal(full.code, 74, full.err);
    assert.match(full.err, /No space left on device; free about 300 MB there/);
    assert.deepEqual(trees(env.GDN_CACHE), []);
    await enlarge();
    assert.equal((await runBuilt("airborne", ["--version"], { cwd: "/", env })).code, 0);
  });
});

Deno.test("a signal reaches the program itself: one process, the shell's exit codes", () =>
  inScratch(async (folder) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const work = `${folder}/${signal}`;
      await Deno.mkdir(work);
      const ground = [
        "--procedural",
        "1",
        "--centre",
        "48,35",
        "--extent",
        "40000",
        "--zoom",
        "19",
      ];
      await using child = startBuilt(
        "operator",
        ["simulate", "map", "--out", `${work}/map-1`, ...ground],
        { cwd: folder },
      );
      await works(child.pid, work);
      child.kill(signal);
      const { code, stderr } = await child.output();
      assert.equal(code, 130, new TextDecoder().decode(stderr));
    }
  }));

/** A file of the kernel; Deno itself refuses to read it without every permission. */
async function procFile(path: string): Promise<string> {
  const { code, stdout } = await new Deno.Command("cat", { args: [path] }).output();
  assert.equal(code, 0, path);
  return new TextDecoder().decode(stdout);
}

/** Resolves when the program works, in the process that was started and without another one. */
async function works(pid: number, folder: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const begun = [...Deno.readDirSync(folder)].some(({ name }) => name.includes("map-"));
    if (begun) {
      assert.match(await procFile(`/proc/${pid}/status`), /^Name:\s+deno$/m);
      assert.equal(await procFile(`/proc/${pid}/task/${pid}/children`), "");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not start within 30 s");
}

Deno.test("only the file decides what it runs: the runtime's variables are not passed on", () =>
  inScratch(async (folder) => {
    const env = {
      GDN_CACHE: `${folder}/cache`,
      DENO_V8_FLAGS: "--no-such-flag",
      NODE_OPTIONS: `--require ${folder}/x.js`,
      DENO_DIR: `${folder}/elsewhere`,
    };
    const { code, err } = await runBuilt("airborne", ["--version"], { cwd: folder, env });
    assert.equal(code, 0, err);
    assert.equal(err, "");
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["cache"]);
  }));

Deno.test("a path with a comma is refused in words", () =>
  inScratch(async (folder) => {
    const { code, err } = await runBuilt(
      "airborne",
      ["replay", "a,b", "--package", "p"],
      { cwd: folder },
    );
    assert.equal(code, 64);
    assert.match(err, /a path with a comma cannot be granted/);
  }));

Deno.test("a configuration grants the paths that it names, and no flag of the runtime", () =>
  inScratch(async (folder) => {
    const planned = (config: string) => {
      Deno.writeTextFileSync(`${folder}/config.yaml`, config);
      const absent = ["replay", "absent", "--package", "absent", "--config", "config.yaml"];
      return runBuilt("airborne", absent, { cwd: folder });
    };
    const named = await planned('modelPath: "a,b"');
    assert.equal(named.code, 64, named.err);
    assert.match(named.err, /Cannot grant access to .*a,b/);
    await Deno.writeTextFile(`${folder}/other.js`, "console.log('another program')");
    for (const setting of ["modelPath", "inference.ortTrtCacheDir"]) {
      const [key, ...rest] = setting.split(".").reverse();
      const value = `${key}: "m\\0--allow-run\\0${folder}/other.js\\0"`;
      const hostile = await planned(rest.length === 0 ? value : `${rest[0]}: { ${value} }`);
      assert.equal(hostile.code, 64, hostile.out);
      assert.match(hostile.err, /a path cannot hold NUL/);
      assert.equal(hostile.out, "");
    }
  }));

/** A shell that changes its own state and becomes `airborne ARGS`. */
function afterShell(line: string, args: readonly string[], folder: string, env = {}) {
  const shell = ["-c", `${line}; exec "$0" "$@"`, built("airborne"), ...args];
  const all = { GDN_CACHE: `${folder}/cache`, ...env };
  return runBuilt({ file: "/bin/bash" }, shell, { cwd: folder, env: all });
}

Deno.test("a cache below a folder of another user, or one that others may write, is not used", () =>
  inScratch(async (folder) => {
    const way = `${folder}/way`;
    await Deno.mkdir(`${way}/cache`, { recursive: true });
    const cases: [() => Promise<void>, RegExp][] = [
      [() => Deno.chmod(way, 0o777), /others can write .*\/way, and exchange what is below/],
      [() => Deno.chmod(way, 0o755), /^$/],
      [() => Deno.chown(way, 12345, 12345), /\/way belongs to another user/],
    ];
    await Deno.symlink(`${way}/cache`, `${folder}/link`);
    for (const [prepare, message] of cases) {
      await prepare();
      for (const cache of [`${way}/cache`, `${folder}/link`]) {
        const env = { GDN_CACHE: cache };
        const { code, err } = await runBuilt("airborne", ["--version"], { cwd: folder, env });
        assert.match(err, message);
        assert.equal(code, err === "" ? 0 : 73);
      }
    }
  }));

Deno.test("what is unpacked under a narrow mask can be run by every user", () =>
  inScratch(async (folder) => {
    await Deno.chmod(folder, 0o755);
    for (const args of [["--version"], ["--extract", `${folder}/tree`]]) {
      const { code, err } = await afterShell("umask 077", args, folder);
      assert.equal(code, 0, err);
    }
    const [tree] = trees(`${folder}/cache`);
    for (const place of [`${folder}/cache/${tree}`, `${folder}/tree`]) {
      const find = [
        "-c",
        `find "$0" ! -perm -444 ! -name synced; find "$0" -type d ! -perm -555`,
        place,
      ];
      const { out } = await runBuilt({ file: "/bin/sh" }, find, { cwd: folder });
      assert.equal(out, "");
    }
  }));

Deno.test("a tree that somebody began to remove is unpacked again", () =>
  inScratch(async (folder) => {
    await runBuilt("airborne", ["--version"], { cwd: folder });
    const tree = `${folder}/cache/${trees(`${folder}/cache`)[0]}`;
    await Deno.remove(`${tree}/lock`);
    await Deno.remove(`${tree}/bin`, { recursive: true });
    const { code, err } = await runBuilt("airborne", ["--version"], { cwd: folder });
    assert.equal(code, 0, err);
  }));

Deno.test("too little memory is told as such, not as a damaged file", () =>
  inScratch(async (folder) => {
    for (const kilobytes of [30_000, 150_000]) {
      const { code, err } = await afterShell(`ulimit -v ${kilobytes}`, ["--version"], folder);
      assert.equal(code, 75, err);
      assert.match(err, /not enough memory/);
    }
  }));

Deno.test("a cache with a comma in its name is refused: permissions cannot name it", () =>
  inScratch(async (folder) => {
    const env = { GDN_CACHE: `${folder}/a,b` };
    const { code, err } = await runBuilt("airborne", ["--version"], { cwd: folder, env });
    assert.equal(code, 73);
    assert.match(err, /cannot hold a name with a comma/);
  }));

Deno.test("a caller that ignores the end of its children gets the program's exit code", () =>
  inScratch(async (folder) => {
    const perl = ["-e", '$SIG{CHLD} = "IGNORE"; exec @ARGV', built("airborne")];
    const refused = [...perl, "replay", "a,b", "--package", "p"];
    const { code, err } = await runBuilt({ file: "/usr/bin/perl" }, refused, { cwd: folder });
    assert.equal(code, 64, err);
  }));

Deno.test("no keys of TLS are written where a variable says", () =>
  inScratch(async (folder) => {
    const { code } = await afterShell("true", ["replay", "a", "--package", "b"], folder, {
      SSLKEYLOGFILE: `${folder}/keys`,
    });
    assert.equal(code, 66);
    assert.equal(exists(`${folder}/keys`), false);
  }));
