/**
 * Reads an open tile cache for the operator's commands; changes nothing, not even times of use.
 *
 * @module
 */
import { GarbageBound } from "../../../../core/mod.ts";
import { checkTileId, type TileMetadata, tileUuid } from "../../../tile_contract/mod.ts";
import { databaseFault, type SqlDatabase } from "../sql/database.ts";
import { readTileFile } from "../tile_files.ts";
import { tilePath } from "../tile_path.ts";
import type { CacheStatistics, ListedTile, TileFilter, TileGroup, TileName } from "./contract.ts";
import { type ListPosition, selectByUuid, selectGroups, selectPages } from "./queries.ts";
import { cacheStatistics } from "./statistics.ts";

const PAGE_TILES = 500;

export interface OpenCache {
  readonly database: SqlDatabase;
  readonly dataFolder: string;
}

export class CacheInspection {
  readonly #cache: OpenCache;

  constructor(cache: OpenCache) {
    this.#cache = cache;
  }

  statistics(): Promise<CacheStatistics> {
    return this.#ask(() => cacheStatistics(this.#cache.database));
  }

  /** Counts and extents of the tiles that the filter selects. */
  groups(filter: TileFilter): Promise<readonly TileGroup[]> {
    return this.#ask(() => selectGroups(this.#cache.database, filter));
  }

  async find(name: TileName): Promise<ListedTile | null> {
    const uuid = "uuid" in name ? name.uuid : tileUuid(checkTileId(name.tileId));
    const found = await this.#ask(() => selectByUuid(this.#cache.database, uuid));
    return found?.tile ?? null;
  }

  /**
   * In the order of zoom, y, x; one page of tiles is held at a time. `after`: continue behind this
   * tile.
   */
  async *list(
    filter: TileFilter,
    options: { readonly after?: ListedTile; readonly limit?: number } = {},
  ): AsyncGenerator<ListedTile> {
    const { after, limit = Infinity } = options;
    let position: ListPosition | null = null;
    if (after !== undefined) {
      const found = await this.#ask(() => selectByUuid(this.#cache.database, after.tileUuid));
      position = found?.position ?? null;
    }
    const garbage = new GarbageBound();
    let left = limit;
    const pages = selectPages(this.#cache.database, filter, position, Math.min(PAGE_TILES, limit));
    try {
      for await (const page of pages) {
        for (const { tile } of page) {
          if (left-- <= 0) return;
          yield tile;
        }
        if (left <= 0) return;
        garbage.add(page.length);
      }
    } catch (error) {
      throw databaseFault(error);
    }
  }

  /** @throws TileFsError | ContentHashMismatchError */
  readFile(
    tile: Pick<TileMetadata, "tileId" | "contentSha256">,
  ): Promise<Uint8Array<ArrayBuffer>> {
    // Reading needs only id and hash.
    return readTileFile(this.#cache.dataFolder, tile as TileMetadata);
  }

  /** Path of the picture; its sidecars are beside it. */
  pathOf(tile: Pick<TileMetadata, "tileId">): string {
    return `${this.#cache.dataFolder}/${tilePath(tile.tileId)}`;
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await question();
    } catch (error) {
      throw databaseFault(error);
    }
  }
}
