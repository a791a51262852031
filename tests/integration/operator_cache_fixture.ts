/** Runs `operator cache …` in this process, on caches that the test fills. */
import { checkJsonOutput } from "../support/json_results.ts";
import sharp from "sharp";
import { runProgram, sha256Hex } from "../../src/core/mod.ts";
import { commands } from "../../src/operator/compose.ts";
import type { TileId, TileMetadata } from "../../src/tiles/tile_contract/mod.ts";
import { openTileCache } from "../../src/tiles/workstation/tile_cache/mod.ts";
import { emptyCache } from "../support/empty_cache.ts";

export const FLIGHT = "3f2504e0-4f89-11d3-9a0c-0305e82c3301";

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line, as `src/operator/main.ts` does. */
export async function operate(args: readonly string[]): Promise<Outcome> {
  let out = "", err = "";
  const code = await runProgram({
    name: "operator",
    version: "0",
    summary: "",
    permissionSet: "operator",
    commands: commands(),
    args: ["--quiet", ...args],
    terminal: {
      out: (line) => void (out += `${line}\n`),
      progress: { write: (text) => void (err += text), interactive: false, now: () => 0 },
      isColoured: false,
      onSignal: () => ({ [Symbol.dispose]: () => {} }),
    },
  });
  checkJsonOutput("operator", args, out);
  return { code, out, err };
}

/** The output lines parsed as JSON. */
export function linesOf({ out }: Outcome): Record<string, unknown>[] {
  return out.trim().split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

export async function jpegOf(shade: number): Promise<Uint8Array<ArrayBuffer>> {
  const background = { r: shade, g: 255 - shade, b: 128 };
  const create = { width: 256, height: 256, channels: 3, background } as const;
  return new Uint8Array(await sharp({ create }).jpeg().toBuffer());
}

export interface Place {
  readonly dataFolder: string;
  readonly dsn?: string;
}

/** Fills a cache with tiles of real JPEGs. */
export async function fill(
  place: Place,
  tiles: readonly { readonly tileId: TileId; readonly jpeg: Uint8Array }[],
  change: Partial<TileMetadata> = {},
): Promise<void> {
  if (place.dsn === undefined) await emptyCache(place.dataFolder);
  await using cache = await openTileCache(place);
  const all = tiles.map(({ tileId, jpeg }) => ({
    jpeg,
    metadata: {
      tileId,
      tileSizePx: 256 as const,
      sourceGsdM: 0.5,
      capturedAt: new Date("2024-05-31"),
      contentSha256: sha256Hex(jpeg),
      diskBytes: jpeg.length,
      coverage: 1,
      attribution: "a survey",
      ...change,
    },
  }));
  await cache.store.writeTiles(all);
}
