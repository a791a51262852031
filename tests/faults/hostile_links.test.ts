/** Folders that somebody else prepared: links that lead out of them, pipes that never answer. */
import assert from "node:assert/strict";
import { DataError } from "../../src/core/mod.ts";
import { openRecordedFlight } from "../../src/flight/replay/mod.ts";
import { copyFolder, type Outcome, run } from "./programs.ts";
import { worldForFile } from "./fixture.ts";
import { inScratch } from "../support/scratch.ts";

const world = worldForFile();
const SECRET = "root-of-the-secret";

/** `airborne replay` of a copy of the flight that `prepare` has changed, with a secret outside. */
async function replayed(
  prepare: (flight: string, secret: string) => Promise<void> | void,
  extra: (folder: string) => readonly string[] = () => [],
): Promise<Outcome & { readonly secret: string }> {
  let outcome: Outcome | undefined, secret = "";
  await inScratch(async (folder) => {
    const flight = `${folder}/flight`;
    await copyFolder(world().flight, flight);
    await Deno.mkdir(`${folder}/home`);
    await Deno.writeTextFile(`${folder}/secret`, SECRET);
    await prepare(flight, `${folder}/secret`);
    const more = extra(folder);
    outcome = await run("airborne", ["replay", flight, "--package", world().package, ...more], {
      read: [flight, world().package, ...more.filter((arg) => arg.startsWith("/"))],
      write: [`${folder}/home`],
    });
    secret = await Deno.readTextFile(`${folder}/secret`);
  });
  return { ...outcome as Outcome, secret };
}

async function replaceByLink(path: string, target: string): Promise<void> {
  await Deno.remove(path);
  await Deno.symlink(target, path);
}

async function replaceByPipe(path: string): Promise<void> {
  await Deno.remove(path).catch(() => {});
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert.ok(success);
}

/** Reads a copy of the flight that `prepare` has changed to its end. */
async function readThrough(prepare: (flight: string) => Promise<void>): Promise<unknown> {
  let error: unknown;
  await inScratch(async (folder) => {
    const flight = `${folder}/flight`;
    await copyFolder(world().flight, flight);
    await Deno.writeTextFile(`${folder}/secret`, SECRET);
    await prepare(flight);
    error = await openRecordedFlight(flight)
      .then(async (opened) => void await Array.fromAsync(opened.events()))
      .catch((caught) => caught);
  });
  return error;
}

Deno.test("a flight with a file that is a link that leads out is refused, and nothing of it is told", async () => {
  for (const name of ["flight.json", "imu.csv", "attitude.csv", "gps.csv", "frames.csv"]) {
    const error = await readThrough((flight) =>
      replaceByLink(`${flight}/${name}`, `${flight}/../secret`)
    );
    assert.ok(error instanceof DataError, `${name}: ${error}`);
    assert.match(error.message, new RegExp(`${name}: is a link that leads out of `));
    assert.ok(!error.message.includes(SECRET), error.message);
  }
  const { code, out, err } = await replayed((flight, secret) =>
    replaceByLink(`${flight}/imu.csv`, secret)
  );
  assert.equal(code, 65, err);
  assert.match(err, /imu\.csv: is a link that leads out of /);
  assert.ok(!`${out}${err}`.includes(SECRET), err);
});

Deno.test("named pipes in a flight are refused at once", async () => {
  for (const name of ["flight.json", "imu.csv"]) {
    const error = await readThrough((flight) => replaceByPipe(`${flight}/${name}`));
    assert.ok(error instanceof DataError, `${name}: ${error}`);
    assert.match(error.message, new RegExp(`${name}: is no plain file but a named pipe`));
  }
  const { code, err } = await replayed((flight) => replaceByPipe(`${flight}/frames/000001.jpg`));
  assert.equal(code, 3, err);
  assert.match(err, /frame 1 is left out: .* is no plain file but a named pipe/);
});

Deno.test("a named pipe as configuration is refused at once", async () => {
  const { code, err } = await replayed(
    (flight) => replaceByPipe(`${flight}/../pipe.yaml`),
    (folder) => ["--config", `${folder}/pipe.yaml`],
  );
  assert.equal(code, 65, err);
  assert.match(err, /pipe\.yaml: is no plain file/);
});

Deno.test("a recorder's lock that is a link is not followed: the file it leads to stays", async () => {
  const { code, err, secret } = await replayed(
    (flight, secret) => Deno.symlink(secret, `${flight}/../home/recorder.lock`),
    (folder) => ["--recorder", `${folder}/home`],
  );
  assert.notEqual(code, 0);
  assert.match(err, /recorder\.lock: it is a symbolic link/);
  assert.equal(secret, SECRET);
});

Deno.test("a photograph that is a named pipe, and one that is a link, are refused at once", async () => {
  await inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/secret`, SECRET);
    const photographs = `${folder}/photographs`;
    await Deno.mkdir(photographs);
    await replaceByPipe(`${photographs}/1.jpg`);
    const args = ["replay", photographs, "--package", world().package];
    const grants = { read: [photographs, world().package] };
    const piped = await run("airborne", args, grants);
    assert.equal(piped.code, 65, piped.err);
    assert.match(piped.err, /1\.jpg: is no plain file but a named pipe/);
    await replaceByLink(`${photographs}/1.jpg`, `${folder}/secret`);
    const linked = await run("airborne", args, grants);
    assert.equal(linked.code, 65, linked.err);
    assert.match(linked.err, /1\.jpg: is a link that leads out of/);
  });
});

Deno.test("the lock of a data folder that is a link is not followed", async () => {
  await inScratch(async (folder) => {
    const data = `${folder}/data`;
    await copyFolder(world().data, data);
    const locks = [...Deno.readDirSync(data)].filter(({ name }) => /lock/.test(name));
    assert.ok(locks.length > 0);
    await Deno.writeTextFile(`${folder}/victim`, SECRET);
    for (const { name } of locks) await replaceByLink(`${data}/${name}`, `${folder}/victim`);
    const { code, err } = await run("operator", ["cache", "stats", "--data", data], {
      write: [data, `${folder}/victim`],
    });
    assert.notEqual(code, 0);
    assert.match(err, /is a symbolic link/);
    assert.equal(await Deno.readTextFile(`${folder}/victim`), SECRET);
  });
});

Deno.test("a named pipe among the documents of a data folder is refused at once", () =>
  inScratch(async (folder) => {
    const data = `${folder}/data`;
    await copyFolder(world().data, data);
    await replaceByPipe(`${data}/cache.json`);
    const { code, err } = await run("operator", ["cache", "stats", "--data", data], {
      write: [data],
    });
    assert.equal(code, 78, err);
    assert.match(err, /cache\.json: is no plain file but a named pipe/);
  }));

Deno.test("pictures and archives that are named pipes are refused at once", () =>
  inScratch(async (folder) => {
    for (const name of ["a.png", "a.mbtiles"]) {
      await replaceByPipe(`${folder}/${name}`);
      const args = ["tiles", "import", `${folder}/${name}`, "--data", `${folder}/data`];
      const { code, err } = await run("operator", args, { write: [folder] });
      assert.equal(code, 65, err);
      assert.match(err, /a\.\w+: is no plain file but a named pipe/);
    }
  }));

Deno.test("the list of failed tiles and a simulation's report are written through no link", () =>
  inScratch(async (folder) => {
    const victim = `${folder}/victim`;
    await Deno.writeTextFile(victim, SECRET);
    await Deno.symlink(victim, `${folder}/out`);
    const area = ["--zoom", "18", "--area", "50,30,50.0001,30.0001"];
    const lines = [
      ["tiles", "download", "--url", "http://127.0.0.1:9/{z}/{x}/{y}.png", ...area, "--failed"],
      ["simulate", "controller", world().flight, "--report"],
    ];
    for (const line of lines) {
      const data = line[0] === "tiles" ? ["--data", `${folder}/data`] : [];
      const args = [...line, `${folder}/out`, ...data];
      const { code, err } = await run("operator", args, {
        read: [world().flight],
        write: [folder],
      });
      assert.equal(code, 65, err);
      assert.match(err, /out: is a symbolic link; remove it/);
      assert.equal(await Deno.readTextFile(victim), SECRET);
    }
  }));
