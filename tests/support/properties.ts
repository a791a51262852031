/**
 * Properties: a law checked over seeded random cases; a failure prints the seed and the case.
 *
 * @module
 */
import { type Random, seededRandom } from "../../src/core/mod.ts";

/**
 * Runs `law` `cases` times. The seed is `GDN_TEST_SEED` where set (to replay a failure), else fixed:
 * the same cases on every machine.
 */
export function property(law: (random: Random, index: number) => void, cases = 300): void {
  const seed = Deno.env.get("GDN_TEST_SEED") ?? "1";
  for (let index = 0; index < cases; index++) {
    try {
      law(seededRandom(`${seed}/${index}`), index);
    } catch (error) {
      throw new Error(`property fails at GDN_TEST_SEED=${seed}, case ${index}`, { cause: error });
    }
  }
}

/** Uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}
