/**
 * Errors of the disk budget.
 *
 * @module
 */
import { EXIT } from "../../../../core/mod.ts";
import { TileCacheError } from "../../../tile_contract/mod.ts";
import type { BudgetState } from "./ledger.ts";

/**
 * Evicting all evictable tiles would not free enough space. Nothing was written. Exit code 74, as
 * for a full disk.
 */
export class CacheBudgetExhaustedError extends TileCacheError {
  readonly neededBytes: number;
  readonly budgetBytes: number;

  constructor(neededBytes: number, budgetBytes: number, state: BudgetState) {
    const { diskBytes, writingBytes, leavingBytes, tiles } = state;
    super(
      "CACHE_BUDGET_EXHAUSTED",
      `Cannot free ${neededBytes} bytes in the tile cache: its budget is ${budgetBytes} ` +
        `bytes, ${tiles} tiles take ${diskBytes}, ${
          writingBytes + leavingBytes
        } are reserved, and ` +
        "evicting everything that may go is not enough (pending uploads and tiles of missions are kept); set a larger " +
        "--budget, upload the pending tiles, or unpin a mission that was flown",
      { exitCode: EXIT.io },
    );
    this.neededBytes = neededBytes;
    this.budgetBytes = budgetBytes;
  }
}
