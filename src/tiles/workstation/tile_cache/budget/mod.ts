/** The disk budget of the tile cache (C6): reservations, eviction and pins. */
export { BudgetedTileStore } from "./budgeted_tile_store.ts";
export { DiskBudget } from "./disk_budget.ts";
export { CacheBudgetExhaustedError } from "./errors.ts";
export { BudgetLedger, type BudgetState, type EvictedTile } from "./ledger.ts";
export {
  type ManagedTileCache,
  type ManagedTileCacheOptions,
  openManagedTileCache,
} from "./open_managed.ts";
export { TilePins } from "./pins.ts";
