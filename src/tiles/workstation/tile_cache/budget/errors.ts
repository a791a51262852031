/**
 * @module
 */
import { EXIT } from "../../../../core/mod.ts";
import { TileCacheError } from "../../../tile_contract/mod.ts";
import type { BudgetState } from "./ledger.ts";

/** All that may go would not make enough room. Nothing was written. Exit 74, as a full disk. */
export class CacheBudgetExhaustedError extends TileCacheError {
  readonly neededBytes: number;
  readonly budgetBytes: number;

  constructor(neededBytes: number, budgetBytes: number, state: BudgetState) {
    const { diskBytes, writingBytes, leavingBytes, tiles } = state;
    super(
      "CACHE_BUDGET_EXHAUSTED",
      `Cannot make room for ${neededBytes} bytes in the tile cache: its budget is ${budgetBytes} ` +
        `bytes, ${tiles} tiles take ${diskBytes}, ${
          writingBytes + leavingBytes
        } are reserved, and ` +
        "what may go is not enough (pending uploads and tiles of missions stay); give a larger " +
        "--budget, upload what is pending, or unpin a mission that was flown",
      { exitCode: EXIT.io },
    );
    this.neededBytes = neededBytes;
    this.budgetBytes = budgetBytes;
  }
}
