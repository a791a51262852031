import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { type CommandIo, DataError, EXIT, GdnError, UsageError } from "../../src/core/mod.ts";
import { simulateFlightCommand } from "../../src/operator/commands/simulate.ts";
import { simulateMapCommand } from "../../src/operator/commands/simulate_map.ts";
import {
  FlightDescriptionSchema,
  STREAM_COLUMNS,
  type StreamFile,
} from "../../src/flight/replay/contract.ts";
import { readRasterFile, TileFolderGround } from "../../src/workstation/simulation/mod.ts";
import { jpegSize, openVision } from "../../src/native/vision/mod.ts";

const GROUND = ["--procedural", "5", "--centre", "48.5,35"];
const flight = simulateFlightCommand({ openVision });
const map = simulateMapCommand({ openVision });

function terminal(signal: AbortSignal = new AbortController().signal) {
  const lines: string[] = [];
  const io: CommandIo = {
    out: (line) => lines.push(line),
    err: () => {},
    note: () => {},
    detail: () => {},
    progress: () => ({ update() {}, end() {}, [Symbol.dispose]() {} }),
    signal,
    signalEnds: () => {},
  };
  return { io, lines };
}

async function filesOf(folder: string, under = ""): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(`${folder}/${under}`)) {
    const name = under === "" ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory) names.push(...await filesOf(folder, name));
    else names.push(name);
  }
  return names.sort();
}

async function rows(folder: string, stream: StreamFile): Promise<string[][]> {
  const lines = (await Deno.readTextFile(`${folder}/${stream}`)).split("\n");
  assert.equal(lines[0], STREAM_COLUMNS[stream].join(","), stream);
  assert.equal(lines.at(-1), "", `${stream} must end with a line end`);
  return lines.slice(1, -1).map((line) => line.split(","));
}

Deno.test("simulate flight writes the same bytes for the same seed, and others for another", async () => {
  await inScratch(async (scratch) => {
    const fly = (name: string, seed: string) =>
      flight.run([
        ...["--out", `${scratch}/${name}`, ...GROUND, "--distance", "70", "--seed", seed],
        ...["--frame-rate", "1"],
        ...["--name", "same", "--agl", "500", "--start", "2026-06-15T09:30Z"],
      ], terminal().io);
    assert.equal(await fly("a", "1"), EXIT.ok);
    assert.equal(await fly("b", "1"), EXIT.ok);
    assert.equal(await fly("c", "2"), EXIT.ok);
    const names = await filesOf(`${scratch}/a`);
    assert.deepEqual(names, await filesOf(`${scratch}/b`));
    for (const name of names) {
      const [a, b] = [
        await Deno.readFile(`${scratch}/a/${name}`),
        await Deno.readFile(`${scratch}/b/${name}`),
      ];
      assert.deepEqual(a, b, `${name} differs`);
    }
    const imu = (name: string) => Deno.readTextFile(`${scratch}/${name}/imu.csv`);
    assert.notEqual(await imu("a"), await imu("c"));
    assert.deepEqual((await filesOf(scratch)).filter((name) => name.includes("partial")), []);
  });
});

Deno.test("simulate flight --velocity writes velocity.csv too, from the seed; without it there is none", async () => {
  await inScratch(async (scratch) => {
    const fly = (name: string, more: string[] = []) =>
      flight.run([
        ...["--out", `${scratch}/${name}`, ...GROUND, "--duration", "2", "--agl", "500"],
        ...["--frame-rate", "1", ...more],
      ], terminal().io);
    assert.equal(await fly("without"), EXIT.ok);
    assert.equal(await fly("a", ["--velocity"]), EXIT.ok);
    assert.equal(await fly("b", ["--velocity"]), EXIT.ok);
    assert.ok(!(await filesOf(`${scratch}/without`)).includes("velocity.csv"));
    const table = await rows(`${scratch}/a`, "velocity.csv");
    assert.deepEqual(table, await rows(`${scratch}/b`, "velocity.csv"));
    assert.equal(table.length, 21);
    assert.ok(table.every((row) => row.length === STREAM_COLUMNS["velocity.csv"].length));
    assert.ok(Math.abs(Number(table[0][2]) - 16.7) < 6, `forward ${table[0][2]} m/s`);
  });
});

Deno.test("simulate flight keeps the format: schema, columns, order, pictures", async () => {
  await inScratch(async (scratch) => {
    const out = `${scratch}/flight`;
    const args = [
      "--out",
      out,
      ...GROUND,
      "--aircraft",
      "multirotor",
      "--duration",
      "6",
      "--json",
      "--agl",
      "500",
    ];
    const { io, lines } = terminal();
    assert.equal(await flight.run(args, io), EXIT.ok);
    const summary = JSON.parse(lines[0]);
    const description = FlightDescriptionSchema.parse(
      JSON.parse(await Deno.readTextFile(`${out}/flight.json`)),
    );
    assert.equal(description.aircraft, "multirotor");
    assert.notEqual(description.takeoff, null);
    for (const stream of ["imu.csv", "attitude.csv", "baro.csv", "gps.csv"] as const) {
      const table = await rows(out, stream);
      let last = [-1, -1];
      for (const row of table) {
        assert.equal(row.length, STREAM_COLUMNS[stream].length);
        const stamp = [Number(row[0]), Number(row[1])];
        assert.ok(stamp.every(Number.isSafeInteger), `${stream}: ${row}`);
        assert.ok(stamp[0] > last[0] && stamp[1] > last[1], `${stream} is out of order`);
        last = stamp;
      }
    }
    assert.equal((await rows(out, "imu.csv")).length, 1200);
    // GPS: one second at 5 Hz, then silence.
    assert.equal((await rows(out, "gps.csv")).length, 5);
    const frames = await rows(out, "frames.csv");
    assert.equal(frames.length, summary.frames);
    using vision = openVision();
    for (const [sequence, midNs, availableNs, file] of frames) {
      assert.ok(Number(availableNs) > Number(midNs) + 25e6, `picture ${sequence} comes too early`);
      const size = jpegSize(vision, await Deno.readFile(`${out}/${file}`), file);
      assert.deepEqual(size, { widthPx: 1280, heightPx: 960 });
    }
    const truth = await rows(out, "truth.csv");
    assert.ok(Math.abs(Number(truth[0][1]) - 48.5) < 0.02);
  });
});

Deno.test("simulate flight --no-prior writes nothing about the start", async () => {
  await inScratch(async (scratch) => {
    const out = `${scratch}/flight`;
    await flight.run(
      ["--out", out, ...GROUND, "--duration", "3", "--no-prior", "--agl", "500"],
      terminal().io,
    );
    const description = JSON.parse(await Deno.readTextFile(`${out}/flight.json`));
    assert.equal(description.takeoff, null);
    assert.deepEqual(await rows(out, "gps.csv"), []);
  });
});

Deno.test("simulate flight refuses what is there already, what is no image, and half a command", async () => {
  await inScratch(async (scratch) => {
    const { io } = terminal();
    await Deno.mkdir(`${scratch}/taken`);
    await assert.rejects(
      flight.run(["--out", `${scratch}/taken`, ...GROUND, "--duration", "3"], io),
      (error) => error instanceof GdnError && error.exitCode === EXIT.cannotCreate,
    );
    await Deno.writeTextFile(`${scratch}/words.png`, "not a picture");
    const image = ["--image", `${scratch}/words.png`, "--centre", "30,-97", "--gsd", "0.5"];
    await assert.rejects(
      flight.run(["--out", `${scratch}/a`, ...image], io),
      (error) => error instanceof DataError && error.exitCode === EXIT.data,
    );
    for (
      const args of [
        [],
        ["--out", `${scratch}/a`],
        ["--out", `${scratch}/a`, ...image, ...GROUND],
        ["--out", `${scratch}/a`, ...GROUND, "--agl", "high"],
        ["--out", `${scratch}/a`, ...GROUND, "--gps", "spoof:9-3"],
        ["--out", `${scratch}/a`, ...GROUND, "--aircraft", "balloon"],
      ]
    ) await assert.rejects(flight.run(args, io), UsageError, args.join(" "));
    assert.deepEqual(await filesOf(scratch), ["words.png"]);
  });
});

Deno.test("simulate flight leaves nothing behind when it is stopped", async () => {
  await inScratch(async (scratch) => {
    const stop = new AbortController();
    const { io } = terminal(stop.signal);
    const stopping: CommandIo = {
      ...io,
      progress: () => ({
        update: () => stop.abort(new Error("stopped")),
        end() {},
        [Symbol.dispose]() {},
      }),
    };
    await assert.rejects(
      flight.run(
        ["--out", `${scratch}/a`, ...GROUND, "--duration", "20", "--agl", "500"],
        stopping,
      ),
      /stopped/,
    );
    assert.deepEqual([...Deno.readDirSync(scratch)], []);
  });
});

Deno.test("simulate map writes the corridor of a flight, and a flight can look at such tiles", async () => {
  await inScratch(async (scratch) => {
    const { io, lines } = terminal();
    await flight.run(["--out", `${scratch}/a`, ...GROUND, "--duration", "3", "--agl", "500"], io);
    const args = [...GROUND, "--zoom", "16", "--json"];
    const corridor = ["--corridor-of", `${scratch}/a`, "--out", `${scratch}/map`];
    assert.equal(await map.run([...args, ...corridor], io), EXIT.ok);
    const summary = JSON.parse(lines.at(-1) ?? "");
    const files = await filesOf(`${scratch}/map`);
    assert.equal(files.length, summary.tiles);
    assert.ok(files.every((name) => /^16\/\d+\/\d+\.jpg$/.test(name)));
    const ground = await TileFolderGround.open(`${scratch}/map`, {
      groundHeightM: 0,
      decode: readRasterFile,
    });
    assert.ok(ground.box.eastM - ground.box.westM > 1000);
    const over = ["--tiles", `${scratch}/map`, "--duration", "2", "--out", `${scratch}/b`];
    assert.equal(await flight.run(over, io), EXIT.ok);
    await assert.rejects(
      map.run([...args, "--corridor-of", scratch, "--out", `${scratch}/m`], io),
      DataError,
    );
    await assert.rejects(map.run([...args, "--out", `${scratch}/m`], io), UsageError);
  });
});
