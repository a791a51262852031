/**
 * Metadata in a recovered file that states how it was made.
 *
 * @module
 */
import { type Damage, describeDamage } from "./damage.ts";
import type { Metadata } from "./mcap_format.ts";

/** Name of the metadata record. */
export const RECOVERY_METADATA = "fdr_recovery";

export function recoveryNote(records: number, damage: readonly Damage[]): Metadata {
  return {
    name: RECOVERY_METADATA,
    values: new Map([
      ["records", String(records)],
      ["damage", JSON.stringify(damage.map(describeDamage))],
    ]),
  };
}
