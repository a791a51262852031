/**
 * Verifies behind the flight what a quick check left out.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";
import type { FlightPackage } from "./contract.ts";
import { PackageError } from "./errors.ts";
import { verifyFile } from "./verify.ts";

interface RestOptions {
  /** Part of the time that it may work, 0 to 1: the flight loop shares its processor. */
  readonly workShare: number;
  /** Hears of each file that is not the one that was signed. */
  readonly onDamaged: (path: string, reason: string) => void;
  readonly signal: AbortSignal;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Shorter pauses are saved up: a timer is no finer. */
const PAUSE_MIN_MS = 4;

/**
 * Tiles that are damaged are taken off the map; other files were checked when they were loaded, and are told.
 * Returns the number of files that were looked at; what the disk does not give is damaged too.
 */
export async function verifyRest(
  { path: root, tiles, unverified }: Pick<FlightPackage, "path" | "tiles" | "unverified">,
  { workShare, onDamaged, signal, sleep }: RestOptions,
): Promise<number> {
  const buffer = new Uint8Array(1 << 18);
  let owedMs = 0, files = 0;
  const pause = (tookMs: number) => {
    signal.throwIfAborted();
    owedMs += tookMs * (1 - workShare) / workShare;
    if (owedMs < PAUSE_MIN_MS) return;
    const ms = owedMs;
    owedMs = 0;
    return sleep(ms);
  };
  for (const file of unverified) {
    if (signal.aborted) return files;
    const beginMs = performance.now();
    let inPiecesMs = 0;
    try {
      await verifyFile(`${root}/${file.path}`, file, buffer, (tookMs) => {
        inPiecesMs += tookMs;
        return pause(tookMs);
      });
    } catch (error) {
      if (signal.aborted) return files;
      tiles.close(file.path);
      onDamaged(file.path, error instanceof PackageError ? error.message : messageOf(error));
    }
    files++;
    if (signal.aborted) return files;
    if (inPiecesMs === 0) await pause(performance.now() - beginMs);
  }
  return files;
}
