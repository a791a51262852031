/**
 * The tiles of a mission are held in the cache from the moment that they were chosen.
 *
 * @module
 */
import type { TileId } from "../../tiles/tile_contract/mod.ts";
import type { MissionPins } from "./contract.ts";

/**
 * Pins while the package is being made, so that no eviction takes a tile that was chosen. `keep()`
 * once it is whole: what an older package of that name needed beside is let go. Disposed without
 * it, a mission that was not there before is let go again; one that was keeps all of its pins.
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
