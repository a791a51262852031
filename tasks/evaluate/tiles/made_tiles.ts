/**
 * Reads the tiles that a flight left in its journals.
 *
 * @module
 */
import * as z from "zod";
import { DataError, messageOf, type SlippyTile } from "../../../src/core/mod.ts";
import { TileJournal } from "../../../src/tiles/tile_journal/mod.ts";

/** As written by orthorectification (`FlightTileQuality`). */
const QualitySchema = z.looseObject({
  misplacementBoundM: z.number(),
  frameSequence: z.int(),
});

export interface MadeTile {
  readonly tile: SlippyTile;
  readonly jpeg: Uint8Array<ArrayBuffer>;
  /** 95 % bound on the misplacement of any of its pixels, as computed in flight. */
  readonly boundM: number;
  readonly frameSequence: number;
}

/** The final tiles: one that was replaced counts once. @throws DataError */
export async function madeTiles(folder: string): Promise<MadeTile[]> {
  const tiles: MadeTile[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !name.endsWith(".journal")) continue;
    using journal = await TileJournal.open(`${folder}/${name}`);
    for (const entry of journal.tiles()) {
      const { tileId, quality } = entry.metadata;
      try {
        const { misplacementBoundM, frameSequence } = QualitySchema.parse(quality);
        const { zoom, x, y } = tileId;
        const jpeg = await journal.read(entry);
        tiles.push({ tile: { zoom, x, y }, jpeg, boundM: misplacementBoundM, frameSequence });
      } catch (error) {
        throw new DataError(`${folder}/${name}`, `holds no tile of a flight: ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
  }
  return tiles;
}
