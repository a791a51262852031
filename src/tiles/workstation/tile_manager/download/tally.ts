/**
 * Counters of a download, and the rule by which repeated failures end it.
 *
 * @module
 */
import { messageOf } from "../../../../core/mod.ts";
import type { TileId } from "../../../tile_contract/mod.ts";
import type { RefusedTile } from "../contract.ts";
import { RateLimitedError, SatelliteProviderError } from "../errors.ts";

/**
 * This many failures in a row are an outage: the run ends, and the rest is left for another run.
 */
const OUTAGE = 16;

/** The counters while a download runs. */
export class Tally {
  fetched = 0;
  kept = 0;
  absent = 0;
  unchanged = 0;
  bytes = 0;
  retryCount = 0;
  readonly refused: RefusedTile[] = [];
  readonly failed: RefusedTile[] = [];
  failedInARow = 0;
  /** Of all tiles, those that are held or absent too. */
  done = 0;
}

/** @throws what ends the whole run: an outage, a provider that asks us to wait, a refused login. */
export function failed(tally: Tally, tileId: TileId, error: unknown): void {
  const goesOn = error instanceof SatelliteProviderError && error.exitCode === 75;
  if (!goesOn || error instanceof RateLimitedError) throw error;
  tally.failed.push({ tileId, reason: messageOf(error) });
  if (++tally.failedInARow < OUTAGE) return;
  throw new SatelliteProviderError(
    `${OUTAGE} tiles in a row could not be fetched (${messageOf(error)}); what was fetched is ` +
      "kept: run the command again later, it continues where it stopped",
    { cause: error },
  );
}
