/**
 * The opt-in guard of a ring: its producer and its consumer each leave a token in it.
 *
 * @module
 */
import { FdrSpscViolationError } from "./errors.ts";
import { WORD } from "./ring_layout.ts";

type Side = "producer" | "consumer";
const TOKEN_WORD = { producer: WORD.producerToken, consumer: WORD.consumerToken } as const;

/**
 * Claims a side at its first use, and verifies at every later one that it is still held.
 *
 * @throws FdrSpscViolationError when another producer or consumer holds it.
 */
export function claimSide(words: Int32Array, side: Side, token: number, producerId: string): void {
  const holder = Atomics.compareExchange(words, TOKEN_WORD[side], 0, token);
  if (holder !== 0 && holder !== token) throw new FdrSpscViolationError(producerId, side);
}

export function releaseSide(words: Int32Array, side: Side, token: number): void {
  Atomics.compareExchange(words, TOKEN_WORD[side], token, 0);
}

/** Never zero; two tokens are equal once in four billion. */
export function newToken(): number {
  const [random] = crypto.getRandomValues(new Int32Array(1));
  return random === 0 ? 1 : random;
}
