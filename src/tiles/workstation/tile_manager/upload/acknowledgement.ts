/**
 * Reads from the provider's answer the outcome of each tile that was sent.
 *
 * @module
 */
import type { PerTileStatus } from "../contract.ts";
import type { IngestAnswer } from "./ingest_wire.ts";
import type { TileToSend } from "./batch_request.ts";

/** Statuses after which the provider holds a tile, so that it is never sent again. */
export const ARRIVED: ReadonlySet<string> = new Set(["queued", "duplicate", "superseded"]);

interface Acknowledged {
  /** One outcome for each tile that was sent, in that order. */
  readonly statuses: readonly PerTileStatus[];
  /**
   * Inconsistencies for the log: tiles that were never sent, two outcomes for one tile, unknown
   * status words.
   */
  readonly oddities: readonly string[];
}

/** A tile counts as delivered only if the answer says so exactly once, without contradiction. */
export function acknowledge(sent: readonly TileToSend[], answer: IngestAnswer): Acknowledged {
  const oddities: string[] = [];
  const answers = new Map<string, { status: string; rejectionReason: string | null }>();
  const known = new Set(sent.map(({ tileUuid }) => tileUuid));
  for (const { tileId, status, rejectionReason } of answer.tiles) {
    const id = tileId.toLowerCase();
    const before = answers.get(id);
    if (!known.has(id)) {
      oddities.push(`${tileId} was acknowledged but never sent`);
    } else if (before !== undefined && before.status !== status) {
      oddities.push(`${tileId} has two outcomes: ${before.status} and ${status}`);
      answers.set(id, { status: "rejected", rejectionReason: "contradicting acknowledgements" });
    } else if (before === undefined) {
      if (!ARRIVED.has(status) && status !== "rejected") {
        oddities.push(`${tileId} has the unknown status "${status}"`);
      }
      answers.set(id, { status, rejectionReason });
    }
  }
  const statuses = sent.map(({ tileId, tileUuid }): PerTileStatus => {
    const found = answers.get(tileUuid);
    if (found === undefined) oddities.push(`${tileUuid} was sent but not acknowledged`);
    return {
      tileId,
      ...(found ?? { status: "rejected", rejectionReason: "not acknowledged" }),
    };
  });
  return { statuses, oddities };
}
