/** The contract of every output: it is complete or absent, and an older one stays until then. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { inScratch } from "../support/scratch.ts";
import {
  exists,
  Output,
  OutputBusyError,
  type OutputOptions,
  OutputTakenError,
  OutputWriteError,
  seededRandom,
} from "../../src/core/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import { canMountSmallDisk, onSmallDisk } from "../support/small_disk.ts";

const KINDS = ["file", "folder"] as const;
type Kind = (typeof KINDS)[number];
const UUID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
const FORCE: OutputOptions = { force: true, refuseFolder: () => Promise.resolve(null) };

const namesIn = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
/** Where the text of an output of this kind stands. */
const inside = (kind: Kind, path: string) => kind === "file" ? path : `${path}/a`;
const textOf = (kind: Kind, path: string) => Deno.readTextFile(inside(kind, path));

async function fill(kind: Kind, output: Output, text: string): Promise<void> {
  const path = inside(kind, output.temporaryPath);
  await output.guard(() => Deno.writeTextFile(path, text));
}

async function write(kind: Kind, path: string, text: string, options?: OutputOptions) {
  await using output = await Output[kind](path, options);
  await fill(kind, output, text);
  await output.commit();
}

for (const kind of KINDS) {
  const test = (name: string, body: (folder: string) => Promise<void>) =>
    Deno.test(`${kind}: ${name}`, () => inScratch(body));

  test("it is absent until it is committed, and nothing stands beside it then", async (folder) => {
    const path = `${folder}/made/on the way/out`;
    await using output = await Output[kind](`${path}/`);
    assert.equal(output.path, path);
    await fill(kind, output, "one");
    assert.equal(await exists(path), false);
    await output.commit();
    assert.equal(await textOf(kind, path), "one");
    assert.deepEqual(namesIn(`${folder}/made/on the way`), ["out"]);
  });

  test("one that is not committed leaves nothing, and the old one in its place", async (folder) => {
    const path = `${folder}/out`;
    for (const expected of [[], ["out"]]) {
      {
        await using output = await Output[kind](path, FORCE);
        await fill(kind, output, "half");
      }
      assert.deepEqual(namesIn(folder), expected);
      await write(kind, path, "old", FORCE);
    }
    assert.equal(await textOf(kind, path), "old");
  });

  test("without force a taken name is refused, at the beginning and at the end", async (folder) => {
    const path = `${folder}/out`;
    await using late = await Output[kind](path);
    await fill(kind, late, "late");
    await write(kind, path, "first");
    await assert.rejects(late.commit(), OutputTakenError);
    for (const options of [{}, { force: false }]) {
      await assert.rejects(Output[kind](path, options), OutputTakenError);
    }
    assert.equal(await textOf(kind, path), "first");
  });

  test("with force the old one is replaced", async (folder) => {
    await write(kind, `${folder}/out`, "old");
    await write(kind, `${folder}/out`, "new", FORCE);
    assert.equal(await textOf(kind, `${folder}/out`), "new");
    assert.deepEqual(namesIn(folder), ["out"]);
  });

  test("a link or another kind of thing is never replaced, nor what it leads to", async (folder) => {
    const other = KINDS[1 - KINDS.indexOf(kind)];
    await write(other, `${folder}/other`, "mine");
    await write(kind, `${folder}/same`, "mine");
    await Deno.symlink(`${folder}/same`, `${folder}/link`);
    await Deno.symlink(`${folder}/nothing`, `${folder}/dangling`);
    for (const name of ["other", "link", "dangling"]) {
      await assert.rejects(Output[kind](`${folder}/${name}`), OutputTakenError, name);
      await assert.rejects(Output[kind](`${folder}/${name}`, FORCE), OutputTakenError, name);
    }
    assert.equal(await textOf(kind, `${folder}/same`), "mine");
    assert.deepEqual(namesIn(folder), ["dangling", "link", "other", "same"]);
  });

  test("what cannot be made is OutputWriteError", async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    await assert.rejects(Output[kind](`${folder}/file/out`), OutputWriteError);
    assert.deepEqual(namesIn(folder), ["file"]);
  });

  test("two writers at once: both are whole, the last to commit stays", async (folder) => {
    const path = `${folder}/out`;
    await using a = await Output[kind](path, FORCE);
    await using b = await Output[kind](path, FORCE);
    await fill(kind, a, "a");
    await fill(kind, b, "b");
    await b.commit();
    assert.equal(await textOf(kind, path), "b");
    await a.commit();
    assert.equal(await textOf(kind, path), "a");
    assert.deepEqual(namesIn(folder), ["out"]);
  });

  test("an exclusive output has one writer at a time", async (folder) => {
    const options = { ...FORCE, exclusive: true };
    {
      await using _first = await Output[kind](`${folder}/out`, options);
      await assert.rejects(Output[kind](`${folder}/out`, options), OutputBusyError);
      await using _other = await Output[kind](`${folder}/out2`, options);
    }
    await write(kind, `${folder}/out`, "second", options);
  });

  test("a folder that another program keeps locked is not waited for without end", async (folder) => {
    await Deno.mkdir(`${folder}/out.tmp`);
    using held = await Deno.open(`${folder}/out.tmp`, { read: true });
    await held.lock(true);
    const startedMs = performance.now();
    await assert.rejects(Output[kind](`${folder}/out`), OutputBusyError);
    assert.ok(performance.now() - startedMs < 20_000);
    await held.unlock();
    await write(kind, `${folder}/out`, "new");
  });

  test("leftovers of a killed writer are removed; files of unknown origin are kept", async (folder) => {
    await Deno.mkdir(`${folder}/out.tmp/${UUID}/new`, { recursive: true });
    await Deno.mkdir(`${folder}/out.tmp/letters`);
    await Deno.writeTextFile(`${folder}/out.tmp/${UUID.replace("3", "4")}`, "a file");
    await write(kind, `${folder}/out`, "new");
    assert.deepEqual(namesIn(folder), ["out", "out.tmp"]);
    assert.deepEqual(namesIn(`${folder}/out.tmp`), [UUID.replace("3", "4"), "letters"].sort());
  });

  test("a link or a file where it would be written first is refused", async (folder) => {
    await Deno.mkdir(`${folder}/victim`);
    await Deno.symlink(`${folder}/victim`, `${folder}/out.tmp`);
    await Deno.writeTextFile(`${folder}/other.tmp`, "letters");
    for (const name of ["out", "other"]) {
      await assert.rejects(Output[kind](`${folder}/${name}`), /\.tmp, .* is no folder; remove it/);
    }
    assert.deepEqual(namesIn(folder), ["other.tmp", "out.tmp", "victim"]);
    assert.deepEqual(namesIn(`${folder}/victim`), []);
  });

  test("killed at any moment, it is whole; the next writer clears up", async (folder) => {
    const random = seededRandom("output kill");
    const path = `${folder}/out`;
    for (let i = 0; i < 6; i++) {
      const child = new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", `${REPOSITORY}/tests/contract/output_child.ts`, kind, path],
        stdout: "piped",
      }).spawn();
      const reader = child.stdout.getReader();
      await reader.read();
      await sleep(random.uniform() * 20);
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
      // Whole, or between two renames: then the next writer puts it back.
      await using _next = await Output[kind](path, FORCE);
      const contents = kind === "file"
        ? (await Deno.readTextFile(path)).trimEnd().split("\n")
        : await Promise.all(namesIn(path).map((name) => Deno.readTextFile(`${path}/${name}`)));
      assert.equal(contents.length, 20);
      assert.equal(new Set(contents).size, 1, contents.join(" "));
    }
    assert.deepEqual(namesIn(folder), ["out"]);
  });
}

Deno.test("folder: an older one that stood between the renames is put back, and said so", () =>
  inScratch(async (folder) => {
    const path = `${folder}/out`, staging = `${path}.tmp/${UUID}`;
    await write("folder", path, "old");
    await Deno.mkdir(`${staging}/new`, { recursive: true });
    await Deno.rename(path, `${staging}/old`);
    await assert.rejects(Output.folder(path), /has been restored/);
    assert.equal(await textOf("folder", path), "old");
    assert.deepEqual(namesIn(folder), ["out"]);
    // When the name was taken meanwhile, both are kept.
    await Deno.mkdir(`${staging}/new`, { recursive: true });
    await Deno.rename(path, `${staging}/old`);
    await Deno.mkdir(path);
    await write("folder", path, "new", FORCE);
    assert.deepEqual(namesIn(staging), ["new", "old"]);
    assert.equal(await textOf("folder", path), "new");
  }));

Deno.test("folder: only one that its owner knows is replaced", () =>
  inScratch(async (folder) => {
    await write("folder", `${folder}/out`, "precious");
    const refuseFolder = () => Promise.resolve("it holds letters");
    for (const options of [{ force: true }, { force: true, refuseFolder }]) {
      await assert.rejects(Output.folder(`${folder}/out`, options), /and is not replaced/);
    }
    assert.equal(await textOf("folder", `${folder}/out`), "precious");
  }));

Deno.test({
  name: "on a full disk nothing is left, the old one stays, and it works with more room",
  ignore: !await canMountSmallDisk(),
  fn: () =>
    onSmallDisk({ kilobytes: 64 }, async ({ path: disk, enlarge }) => {
      for (const kind of KINDS) {
        await write(kind, `${disk}/${kind}`, "old");
        await assert.rejects(
          write(kind, `${disk}/${kind}`, "x".repeat(100_000), FORCE),
          OutputWriteError,
        );
        assert.equal(await textOf(kind, `${disk}/${kind}`), "old");
      }
      assert.deepEqual(namesIn(disk), ["file", "folder"]);
      await enlarge();
      for (const kind of KINDS) {
        await write(kind, `${disk}/${kind}`, "x".repeat(100_000), FORCE);
      }
    }),
});
