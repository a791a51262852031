/**
 * Measures memory of the shipped commands over many tiles with files: `operator tiles import` of a
 * folder, `cache verify`, `cache export` to MBTiles and PMTiles, each in its own process, observed
 * from outside; resident memory by tenths of its run. V8 first collects its old generation after
 * some 15,000 tiles and has constant size from then on: fewer tiles only show the growth up to
 * there. On a PostgreSQL server, or on PGlite when GDN_MEMORY_DATABASE is "pglite".
 *
 * @module
 */
import sharp from "sharp";
import { CrashablePostgres } from "../../tests/support/postgres_crashable.ts";
import { operatorCommand } from "../executables.ts";
import type { PartHost, PartResult } from "./part.ts";

const TILES = Number(Deno.env.get("GDN_MEMORY_TILES") ?? 120_000);
const ON_SERVER = Deno.env.get("GDN_MEMORY_DATABASE") !== "pglite";
/** How many of the commands, from the first on. */
const COMMANDS = Number(Deno.env.get("GDN_MEMORY_COMMANDS") ?? 4);
/** For experiments: a flag for V8 in the commands. */
const V8_FLAGS = Deno.env.get("GDN_MEMORY_V8_FLAGS");
const SAMPLE_S = 0.2;
/** Start of the program and connecting are not counted. */
const START_S = 2;
const GROWTH_MAX = 1.05;
const ZOOM = 18, SIDE = 250;
const FIRST = { x: 77_000, y: 106_000 };

export async function tileCacheMemory(_host: PartHost): Promise<PartResult> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-cache-memory-" });
  try {
    await using server = ON_SERVER ? await CrashablePostgres.start() : null;
    const failures: string[] = [];
    await makeTiles(`${folder}/tiles`);
    for (const [name, args] of commands(folder).slice(0, COMMANDS)) {
      const growth = await watch(name, [...args, ...place(folder, server)], folder, server);
      if (growth > GROWTH_MAX) failures.push(`${name}: memory grew ${growth.toFixed(3)}-fold`);
    }
    return { runs: 1, failures };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function commands(folder: string): readonly (readonly [string, readonly string[]])[] {
  return [
    ["import", ["tiles", "import", `${folder}/tiles`]],
    ["verify", ["cache", "verify"]],
    ["export mbtiles", ["cache", "export", "--out", `${folder}/out.mbtiles`]],
    ["export pmtiles", ["cache", "export", "--out", `${folder}/out.pmtiles`]],
  ];
}

function place(folder: string, server: CrashablePostgres | null): string[] {
  return ["--data", `${folder}/data`, ...(server === null ? [] : ["--dsn", server.dsn()])];
}

/** Tiles of some 5 kB in a folder {z}/{x}/{y}.jpg, no two alike. */
async function makeTiles(folder: string): Promise<void> {
  const noise = { type: "gaussian", mean: 128, sigma: 12 } as const;
  const create = { width: 256, height: 256, channels: 3, background: "#777", noise } as const;
  const picture = await sharp({ create }).blur(1.2).jpeg({ quality: 60 }).toBuffer();
  for (let i = 0; i < TILES; i++) {
    const column = `${folder}/${ZOOM}/${FIRST.x + Math.floor(i / SIDE)}`;
    if (i % SIDE === 0) await Deno.mkdir(column, { recursive: true });
    // A comment tells it from every other.
    const comment = new TextEncoder().encode(`tile ${i}`.padEnd(20));
    const head = [0xff, 0xd8, 0xff, 0xfe, 0, comment.length + 2, ...comment];
    const jpeg = new Uint8Array(head.length + picture.length - 2);
    jpeg.set(head);
    jpeg.set(picture.subarray(2), head.length);
    await Deno.writeFile(`${column}/${FIRST.y + i % SIDE}.jpg`, jpeg);
  }
  console.log(`${TILES} tiles of ${picture.length + 24} bytes`);
}

/** Returns the resident memory of the last tenth compared with the first. */
async function watch(
  name: string,
  args: readonly string[],
  folder: string,
  server: CrashablePostgres | null,
): Promise<number> {
  const net = server === null ? [] : [`unix:${server.folder}/.s.PGSQL.5432`];
  const paths = [folder, ...(server === null ? [] : [server.folder])];
  const command = operatorCommand(args, { read: paths, write: paths, net });
  const flags = V8_FLAGS === undefined ? [] : [`--v8-flags=${V8_FLAGS}`];
  const [run, ...rest] = command.args;
  const beginMs = performance.now();
  const child = new Deno.Command(command.command, {
    args: [run, ...flags, ...rest],
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const samples = samplesOf(child.pid);
  const { code } = await child.status;
  const seconds = (performance.now() - beginMs) / 1000;
  const memory = await samples;
  const tenths = Array.from({ length: 10 }, (_, i) => mean(memory, i / 10, (i + 1) / 10));
  console.log(
    `${name}: ${seconds.toFixed(1)} s, ${(TILES / seconds).toFixed(0)} tiles a second, exit code ` +
      `${code}; MiB by tenths of the time after ${START_S} s:`,
  );
  for (const kind of ["resident", "anonymous"] as const) {
    const row = tenths.map((tenth) => (tenth[kind] / 1024).toFixed(0).padStart(5)).join("");
    console.log(`  ${kind.padEnd(10)}${row}`);
  }
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return tenths[9].resident / tenths[0].resident;
}

/** Kibibytes. */
interface Memory {
  readonly resident: number;
  readonly anonymous: number;
}

/**
 * Until the process ends. Through a shell, because the permissions of tasks do not include /proc.
 */
async function samplesOf(pid: number): Promise<readonly Memory[]> {
  const script =
    `while grep -E '^(VmRSS|RssAnon):' /proc/${pid}/status; do sleep ${SAMPLE_S}; done`;
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", script],
    stdout: "piped",
    stderr: "null",
  }).output();
  const text = new TextDecoder().decode(stdout);
  return [...text.matchAll(/VmRSS:\s+(\d+).*\nRssAnon:\s+(\d+)/g)]
    .map(([, resident, anonymous]) => ({ resident: +resident, anonymous: +anonymous }))
    .slice(START_S / SAMPLE_S);
}

function mean(samples: readonly Memory[], from: number, to: number): Memory {
  const part = samples.slice(from * samples.length, Math.ceil(to * samples.length));
  const of = (kind: keyof Memory) =>
    part.reduce((sum, memory) => sum + memory[kind], 0) / Math.max(1, part.length);
  return { resident: of("resident"), anonymous: of("anonymous") };
}
