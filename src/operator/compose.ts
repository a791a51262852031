/**
 * The composition root of `operator`: the only place that constructs its parts.
 *
 * @module
 */
import type { Command } from "../core/mod.ts";

/** The commands of `operator`. */
export function commands(): readonly Command[] {
  return [];
}
