/**
 * A restart in flight with a large package: the first output does not wait for its verification, which goes on
 * behind the flight; what turns out to be damaged is told and left out, and the flight goes on.
 *
 * `GDN_REBOOT_BYTES`: size of the package (sparse; `deno task campaign --only trust` takes 10 GB).
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { encodeManifest, type Manifest } from "../../src/flight/flight_package/mod.ts";
import { airborneCommand } from "../../tasks/executables.ts";
import { signManifest, testKey, trustTestKeys } from "../support/package_signing.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import { worldForFile } from "./fixture.ts";
import { runInProcess } from "./in_process.ts";
import { copyFolder } from "./programs.ts";

const world = worldForFile();

const BYTES = Number(Deno.env.get("GDN_REBOOT_BYTES") ?? 1e9);
/** Nobody listens there. */
const NOWHERE = "127.0.0.1:9";
/** Files of the package that nothing loads. */
const LARGE = ["models/one.onnx", "models/two.onnx"];

/** Of that many zeros. */
function sha256OfZeros(bytes: number): string {
  const hash = createHash("sha256"), piece = new Uint8Array(1 << 20);
  for (let left = bytes; left > 0; left -= piece.length) {
    hash.update(piece.subarray(0, Math.min(left, piece.length)));
  }
  return hash.digest("hex");
}

async function enlarge(folder: string, bytes: number): Promise<Manifest> {
  const manifest: Manifest = JSON.parse(await Deno.readTextFile(`${folder}/manifest.json`));
  const sha256 = sha256OfZeros(bytes / LARGE.length);
  await Deno.mkdir(`${folder}/models`);
  for (const path of LARGE) {
    using file = await Deno.open(`${folder}/${path}`, { write: true, createNew: true });
    await file.truncate(bytes / LARGE.length);
  }
  const large = LARGE.map((path) => ({ path, bytes: bytes / LARGE.length, sha256 }));
  const whole = { ...manifest, files: [...manifest.files, ...large] };
  await Deno.writeFile(`${folder}/manifest.json`, encodeManifest(whole));
  return whole;
}

async function flipBit(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true, write: true });
  const at = (await file.stat()).size >> 1, byte = new Uint8Array(1);
  await file.seek(at, Deno.SeekMode.Start);
  await file.read(byte);
  byte[0] ^= 1;
  await file.seek(at, Deno.SeekMode.Start);
  await file.write(byte);
}

interface Places {
  readonly package: string;
  readonly trust: string;
  readonly records: string;
}

/** `airborne fly` as a process, and what it says. */
class Flight {
  readonly #child: Deno.ChildProcess;
  readonly #reading: Promise<void>;
  readonly #records: string;
  readonly #fromMs = Date.now();
  said = "";

  constructor(places: Places) {
    const { command, args } = airborneCommand([
      ...["fly", "--connect", `tcp:${NOWHERE}`, "--package", places.package],
      ...["--trust", places.trust, "--recorder", places.records],
    ], { read: [places.package, places.trust], write: [places.records], net: [NOWHERE] });
    this.#records = places.records;
    this.#child = new Deno.Command(command, {
      args,
      cwd: REPOSITORY,
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  /** Seconds until it has sent its first position: the state of the flight is written with it. */
  async firstOutputS(): Promise<number> {
    const path = `${this.#records}/live_state.json`;
    await this.#until(async () => {
      const info = await Deno.stat(path).catch(() => null);
      return (info?.mtime?.getTime() ?? 0) > this.#fromMs;
    });
    return (Date.now() - this.#fromMs) / 1000;
  }

  says(words: RegExp): Promise<void> {
    return this.#until(() => Promise.resolve(words.test(this.said)));
  }

  async end(signal: Deno.Signal): Promise<number> {
    this.#child.kill(signal);
    await this.#reading;
    return (await this.#child.status).code;
  }

  async #until(isSo: () => Promise<boolean>): Promise<void> {
    let hasEnded = false;
    this.#child.status.then(() => hasEnded = true);
    while (!await isSo()) {
      assert.ok(!hasEnded, this.said);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #read(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.said += text;
    }
  }
}

async function recorded(records: string, kind: string): Promise<Record<string, unknown>[]> {
  const folders = [];
  for await (const entry of Deno.readDir(records)) {
    if (!entry.isDirectory) continue;
    const path = `${records}/${entry.name}`;
    folders.push({ path, madeMs: (await Deno.stat(path)).birthtime?.getTime() ?? 0 });
  }
  const { path } = folders.sort((a, b) => b.madeMs - a.madeMs)[0];
  const { out, err } = await runInProcess("operator", [
    "fdr",
    "cat",
    path,
    "--kind",
    kind,
    "--json",
  ]);
  const lines = out.trim().split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line)
  );
  assert.ok(lines.length > 0, `${kind}: ${err}`);
  return lines.map(({ payload }) => payload);
}

Deno.test("airborne fly goes on at once after a restart in flight, verifies the package behind it, and leaves out what was damaged", () =>
  inScratch(async (folder) => {
    const places = {
      package: `${folder}/package`,
      trust: `${folder}/trust`,
      records: `${folder}/records`,
    };
    await copyFolder(world().package, places.package);
    const { files } = await enlarge(places.package, BYTES);
    const key = testKey("airfield");
    await trustTestKeys(places.trust, [key]);
    await signManifest(places.package, key);

    const before = new Flight(places);
    await before.firstOutputS();
    assert.doesNotMatch(
      before.said,
      /restarted in flight/,
      "a first boot verifies everything before",
    );
    await before.end("SIGKILL");

    const tile = files.filter(({ path }) => path.startsWith("tiles/"))[3].path;
    await flipBit(`${places.package}/${tile}`);
    await flipBit(`${places.package}/${LARGE[1]}`);
    // It expired meanwhile: in flight that is a warning.
    await signManifest(places.package, key, { expiresInS: -1 });

    const after = new Flight(places);
    const firstS = await after.firstOutputS();
    await after.says(/restarted in flight/);
    assert.match(after.said, /the package is flown although it expired on/);
    if (BYTES >= 1e9) assert.doesNotMatch(after.said, /verified the rest/, "it goes on behind");
    await after.says(/verified the rest of the package: \d+ files, 2 damaged/);
    assert.equal(await after.end("SIGTERM"), 0, after.said);
    console.log(`first output ${firstS.toFixed(1)} s after the restart, package of ${BYTES} bytes`);
    assert.ok(firstS < 30, `${firstS} s`);
    const damaged = await recorded(places.records, "package.file_damaged");
    assert.deepEqual(damaged.map(({ path, isTile }) => [path, isTile]).sort(), [
      [LARGE[1], false],
      [tile, true],
    ]);
    const alerts = await recorded(places.records, "c8.alert");
    assert.ok(alerts.some(({ text }) => String(text).startsWith("MAP DAMAGED")));
    const [verified] = await recorded(places.records, "package.verified");
    assert.equal(verified.scope, "quick");
    assert.equal(verified.trust, "trusted");
  }));
