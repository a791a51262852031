/**
 * Properties: laws checked over many cases that a seed decides. The seed is `GDN_TEST_SEED` where set
 * (to repeat a failure), else fixed: the same cases on every machine.
 *
 * - A law about values goes through npm:fast-check (MIT): `fc.assert(fc.property(…))`. It also tries
 *   the values where laws break (bounds, zeros, the smallest numbers), and shrinks what fails; its
 *   message holds seed, path and case.
 * - A law about a long scene that draws as it goes takes `property`, which gives it a `Random`.
 *
 * @module
 */
import fc from "fast-check";
import { type Random, seededRandom } from "../../src/core/mod.ts";

const SEED = Deno.env.get("GDN_TEST_SEED") ?? "1";

fc.configureGlobal({ seed: Number.parseInt(SEED) || 0, numRuns: 300 });
export { fc };

/** Finite numbers, both bounds among them. */
export function real(min: number, max: number): fc.Arbitrary<number> {
  return fc.double({ min, max, noNaN: true });
}

/** Runs `law` `cases` times; a failure prints the seed and the case. */
export function property(law: (random: Random, index: number) => void, cases = 300): void {
  for (let index = 0; index < cases; index++) {
    try {
      law(seededRandom(`${SEED}/${index}`), index);
    } catch (error) {
      throw new Error(`property fails at GDN_TEST_SEED=${SEED}, case ${index}`, { cause: error });
    }
  }
}

/** Uniform in [low, high). */
export function between(random: Random, low: number, high: number): number {
  return low + (high - low) * random.uniform();
}
