/**
 * `operator cache …` over a million rows (without files) on a private PostgreSQL server: seconds,
 * lines and memory of each command, as its process.
 *
 *     deno run -A tests/bench/tile_cache_million.ts [ROWS]
 *
 * @module
 */
import { createHash } from "node:crypto";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { operatorCommand } from "../../tasks/executables.ts";
import { startPostgres } from "../support/postgres.ts";

const SAMPLE_MS = 50;

/** Rows as tiles have them, on a square of 1000 columns; the UUIDs are not those of the keys. */
async function fill(dataFolder: string, dsn: string, rows: number): Promise<void> {
  await using cache = await openTileCache({ dataFolder, dsn });
  // The books of the disk budget are kept row by row; here they would only take time.
  await cache.database.query("ALTER TABLE tiles DISABLE TRIGGER USER");
  await cache.database.query(
    `INSERT INTO tiles (zoom, x, y, tile_size_px, source, latitude_deg, longitude_deg, source_gsd_m,
      captured_at, coverage, attribution, tile_uuid, location_hash, content_sha256, disk_bytes,
      sidecar_bytes)
    SELECT 18, 77000 + i % 1000, 106000 + i / 1000, 256,
      CASE WHEN i % 5 = 0 THEN 'esri' ELSE 'bing' END, 30, -97, 0.5, timestamptz '2024-05-31', 1,
      'a survey', md5('t' || i)::uuid, md5('l' || i)::uuid, repeat(md5('h' || i), 2), 40000, 600
    FROM generate_series(0, $1::integer - 1) AS i`,
    [rows],
  );
  await cache.database.query("ANALYZE tiles");
}

/** UUID of the row `i`, as `fill` makes it. */
function uuidOf(i: number): string {
  return createHash("md5").update(`t${i}`).digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function memoryMb(pid: number): number | undefined {
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/status`);
    const kilobytes = /VmRSS:\s+(\d+)/.exec(text)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) / 1024;
  } catch {
    return undefined; // It has ended.
  }
}

async function measure(
  title: string,
  args: readonly string[],
  grants: Parameters<typeof operatorCommand>[1],
): Promise<void> {
  const { command, args: all } = operatorCommand(args, grants);
  const beginMs = performance.now();
  const options = { args: all, stdout: "piped", stderr: "null" } as const;
  const child = new Deno.Command(command, options).spawn();
  const samples: number[] = [];
  const timer = setInterval(() => {
    const value = memoryMb(child.pid);
    if (value !== undefined) samples.push(value);
  }, SAMPLE_MS);
  let lines = 0;
  for await (const chunk of child.stdout) for (const byte of chunk) if (byte === 10) lines++;
  const { code } = await child.status;
  clearInterval(timer);
  const seconds = ((performance.now() - beginMs) / 1000).toFixed(2);
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const mean = (from: number, to?: number) => {
    const part = samples.slice(from, to);
    return (part.reduce((sum, value) => sum + value, 0) / Math.max(1, part.length)).toFixed(0);
  };
  console.log(
    `${title.padEnd(28)} ${seconds} s, ${lines} lines, exit code ${code}, memory in MB: ` +
      `second tenth ${mean(tenth, 2 * tenth)}, last tenth ${mean(-tenth)}`,
  );
}

const rows = Number(Deno.args[0] ?? 1_000_000);
const folder = await Deno.makeTempDir({ prefix: "gdn-million-" });
try {
  await using postgres = await startPostgres();
  const dsn = await postgres.createDatabase();
  const data = `${folder}/data`;
  await fill(data, dsn, rows);
  const paths = [folder, postgres.folder];
  const grants = { read: paths, write: paths, net: [`unix:${postgres.folder}/.s.PGSQL.5432`] };
  const box = "31.9,-74.2,31.95,-74.1";
  for (
    const [title, ...args] of [
      ["stats", "stats"],
      ["ls, first page", "ls"],
      ["ls, last page", "ls", "--after", uuidOf(rows - 200)],
      ["ls, a box", "ls", "--bbox", box],
      ["ls, nothing fits", "ls", "--source", "osm"],
      ["show", "show", uuidOf(Math.floor(rows / 2))],
      ["gc --dry-run", "gc", "--dry-run", "--to-bytes", `${rows * 20_000}`],
      ["ls --all --json", "ls", "--all", "--json"],
    ]
  ) await measure(title, ["cache", ...args, "--quiet", "--data", data, "--dsn", dsn], grants);
} finally {
  await Deno.remove(folder, { recursive: true });
}
