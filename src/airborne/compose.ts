/**
 * The composition root of `airborne`: the only place that constructs its parts.
 *
 * @module
 */
import type { Command } from "../core/mod.ts";

/** The commands of `airborne`. */
export function commands(): readonly Command[] {
  return [];
}
