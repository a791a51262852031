/**
 * Rules that every implementation of the contracts shares.
 *
 * @module
 */
import * as z from "zod";
import { messageOf } from "../../core/mod.ts";
import type {
  NewTile,
  TileId,
  TileMetadata,
  TilePage,
  TileStoreCollaborators,
  VotingStatus,
  WriteFreshnessGate,
} from "./contract.ts";
import { TileMetadataError } from "./errors.ts";
import { tileKey } from "./identity.ts";

/** The only change of a voting status that this program makes is to give an upload up. */
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

/** The tiles that may be used at a moment, with their label at that time. */
export function asOf(
  tiles: readonly TileMetadata[],
  gate: WriteFreshnessGate | undefined,
  at: Date | undefined,
): readonly TileMetadata[] {
  if (at === undefined || gate === undefined) return tiles;
  return tiles.flatMap((metadata) => {
    const { outcome } = gate.judgeAt(metadata, at);
    return outcome === "rejected" ? [] : [{ ...metadata, freshnessLabel: outcome }];
  });
}

/** The tile with its label, when a gate is configured. @throws FreshnessRejectionError */
export function admitted(tile: NewTile, gate: WriteFreshnessGate | undefined): NewTile {
  if (gate === undefined) return tile;
  const freshnessLabel = gate.admit(tile.metadata);
  return { ...tile, metadata: { ...tile.metadata, freshnessLabel } };
}

/** Decodes every picture when a decoder is configured. @throws TileMetadataError */
export async function checkPictures(
  tiles: readonly NewTile[],
  { decodePicture }: Pick<TileStoreCollaborators, "decodePicture">,
): Promise<void> {
  if (decodePicture === undefined) return;
  for (const { metadata, jpeg } of tiles) {
    const key = tileKey(metadata.tileId);
    try {
      await decodePicture(new Uint8Array(jpeg), `tile ${key}`);
    } catch (error) {
      throw new TileMetadataError(`Cannot write tile ${key}: ${messageOf(error)}`, {
        cause: error,
        tileId: metadata.tileId,
      });
    }
  }
}

/** @throws TileMetadataError */
export function refuseDuplicates(tiles: readonly NewTile[]): void {
  const seen = new Set<string>();
  for (const { metadata } of tiles) {
    const key = tileKey(metadata.tileId);
    if (seen.has(key)) throw new TileMetadataError(`Cannot write tile ${key} twice in one batch`);
    seen.add(key);
  }
}

const PAGE_TILES_MAX = 10_000;
const PageSchema = z.strictObject({
  limit: z.int().min(1).max(PAGE_TILES_MAX),
  after: z.guid().optional(),
  source: z.string().max(40).optional(),
  zoom: z.int().min(0).max(22).optional(),
});

export function checkPage(page: TilePage): TilePage {
  return checked("page of tiles", PageSchema, page);
}

/** null stands for every flight. */
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
