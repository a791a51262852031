/**
 * Records the outcome of writes in the flight recorder: `c6.write`, `c6.write_failed`.
 *
 * @module
 */
import { causes, messageOf, monotonicNs } from "../../core/mod.ts";
import type { NewTile, TileStoreCollaborators } from "./contract.ts";
import { TileCacheError } from "./errors.ts";
import { tileKey } from "./identity.ts";

export class WriteJournal {
  readonly #collaborators: TileStoreCollaborators;

  /** @throws TypeError for a recorder without the clock that its records need. */
  constructor(collaborators: TileStoreCollaborators) {
    if (collaborators.fdr !== undefined && collaborators.clock === undefined) {
      throw new TypeError("a tile store that records needs a clock beside its recorder");
    }
    this.#collaborators = collaborators;
  }

  /** Runs a write and records what was written, or what made it fail. */
  async watch<T>(
    tiles: readonly NewTile[],
    write: () => Promise<{ result: T; written: readonly NewTile[] }>,
  ): Promise<T> {
    const { fdr, clock } = this.#collaborators;
    if (fdr === undefined || clock === undefined) return (await write()).result;
    const beginMs = performance.now();
    try {
      const { result, written } = await write();
      const tookMs = performance.now() - beginMs;
      for (const { metadata } of written) {
        const { tileId, diskBytes, contentSha256, freshnessLabel } = metadata;
        const payload = { tileId, diskBytes, contentSha256, freshnessLabel, tookMs };
        fdr.enqueue({ kind: "c6.write", timestampNs: clock.now(), payload });
      }
      return result;
    } catch (error) {
      this.failed(tiles, error);
      throw error;
    }
  }

  /**
   * Records tiles that were not written: the one that the error names, else all of them. The others
   * beside a named one were not refused themselves; a caller that writes them again without it gets
   * their own outcome.
   */
  failed(tiles: readonly NewTile[], error: unknown): void {
    const { fdr, clock } = this.#collaborators;
    if (fdr === undefined || clock === undefined) return;
    const timestampNs = monotonicNs(clock.now());
    const fault = { type: typeOf(error), message: messageOf(error), causes: causesOf(error) };
    for (const { metadata: { tileId } } of tilesAtFault(tiles, error)) {
      fdr.enqueue({ kind: "c6.write_failed", timestampNs, payload: { tileId, error: fault } });
    }
  }
}

function tilesAtFault(tiles: readonly NewTile[], error: unknown): readonly NewTile[] {
  // FreshnessRejectionError is defined in a component above this one, so its field is tested, not
  // its class.
  if (!(error instanceof TileCacheError) || !("tileId" in error)) return tiles;
  const { tileId } = error as { readonly tileId: NewTile["metadata"]["tileId"] | null };
  if (tileId === null) return tiles;
  const key = tileKey(tileId);
  const named = tiles.find(({ metadata }) => tileKey(metadata.tileId) === key);
  return named === undefined ? tiles : [named];
}

const typeOf = (error: unknown) => error instanceof Error ? error.name : typeof error;

function causesOf(error: unknown): string[] {
  return causes(error).slice(1).map((cause) => `${typeOf(cause)}: ${messageOf(cause)}`);
}
