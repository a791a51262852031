/**
 * Rules that every implementation of the contracts has in common.
 *
 * @module
 */
import { z } from "zod";
import { messageOf } from "../core/mod.ts";
import type { TileId, TileMetadata, TilePage, VotingStatus } from "./contract.ts";
import { TileMetadataError } from "./errors.ts";
import { tileKey } from "./identity.ts";

/** The one change of a vote that this program makes is to give an upload up. */
export const GIVE_UP_FROM: readonly VotingStatus[] = ["pending", "trusted"];

export function refusedVote(id: TileId, from: string | null, to: string): TileMetadataError {
  return new TileMetadataError(
    `Cannot set the voting status of tile ${tileKey(id)} from ${from ?? "none"} to ${to}: only ` +
      `${
        GIVE_UP_FROM.join(" or ")
      } → upload_giveup is set here, words of trust come from the provider`,
  );
}

/** A known capture is newer than an unknown one. */
export function newerCapture(metadata: TileMetadata, old: TileMetadata): boolean {
  if (metadata.capturedAt === null) return false;
  return old.capturedAt === null || metadata.capturedAt > old.capturedAt;
}

const PAGE_TILES_MAX = 10_000;
const PageSchema = z.strictObject({
  limit: z.int().min(1).max(PAGE_TILES_MAX),
  after: z.uuid().optional(),
  source: z.string().max(40).optional(),
  zoom: z.int().min(0).max(22).optional(),
});

export function checkPage(page: TilePage): TilePage {
  return checked("page of tiles", PageSchema, page);
}

/** Null stands for every flight. */
export function checkFlightId(flightId: string | null): string | null {
  return checked("flight id", z.uuid().nullable(), flightId)?.toLowerCase() ?? null;
}

function checked<T>(what: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new TileMetadataError(
    `Cannot use the ${what} ${JSON.stringify(value)}: ${messageOf(parsed.error)}`,
    { cause: parsed.error },
  );
}
