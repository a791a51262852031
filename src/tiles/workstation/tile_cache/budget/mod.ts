/** The disk budget of the tile cache (C6): reservations, eviction and pins. */
export { type BudgetedParts, BudgetedTileStore } from "./budgeted_tile_store.ts";
export { DiskBudget, type DiskBudgetOptions } from "./disk_budget.ts";
export { CacheBudgetExhaustedError } from "./errors.ts";
export { BudgetLedger, type BudgetState, type EvictedTile } from "./ledger.ts";
export {
  BUDGET_BYTES_DEFAULT,
  EVICTION_BATCH_SIZE_DEFAULT,
  type ManagedTileCache,
  type ManagedTileCacheOptions,
  openManagedTileCache,
} from "./open_managed.ts";
export { type PinnedMission, TilePins } from "./pins.ts";
