/**
 * Pins the tiles of a mission in the cache from the moment that they are chosen.
 *
 * @module
 */
import type { TileId } from "../../tiles/tile_contract/mod.ts";
import type { MissionPins } from "./contract.ts";

/**
 * Pins while the package is being made, so that no chosen tile is evicted. `keep()` once the
 * package is complete: tiles that only an older package of that name needed are unpinned. When
 * disposed of without `keep()`, a new mission is unpinned again; an existing one keeps all of its
 * pins.
 */
export async function pinMission(
  pins: MissionPins,
  mission: string,
  tileIds: readonly TileId[],
): Promise<AsyncDisposable & { keep(): Promise<void> }> {
  const known = (await pins.missions()).some((other) => other.mission === mission);
  let kept = false;
  await pins.pinTiles(mission, tileIds);
  return {
    async keep() {
      await pins.unpinOthers(mission, tileIds);
      kept = true;
    },
    async [Symbol.asyncDispose]() {
      if (!kept && !known) await pins.unpinMission(mission);
    },
  };
}
