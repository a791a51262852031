import assert from "node:assert/strict";
import type { MonotonicNs, Vector3 } from "../../src/core/mod.ts";
import { Confirmation } from "../../src/airborne/confirmation.ts";

const at = (seconds: number) => seconds * 1e9 as MonotonicNs;
const HERE: Vector3 = [10, 20, 100];
/** A function call keeps the compiler from remembering what was asserted before. */
const candidateOf = (confirmation: Confirmation) => confirmation.candidate;

Deno.test("Confirmation believes a place after as many further frames as it needs", () => {
  for (const needed of [1, 2, 4]) {
    const confirmation = new Confirmation(needed);
    assert.equal(candidateOf(confirmation), null);
    confirmation.open(at(1), HERE, 0);
    assert.deepEqual(candidateOf(confirmation)?.positionLocalM, HERE);
    for (let i = 1; i < needed; i++) {
      assert.equal(confirmation.agree(at(1 + i), [10 + i, 20, 100]), false);
      assert.equal(
        candidateOf(confirmation)?.timeNs,
        at(1 + i),
        "the candidate moves with the newest frame",
      );
    }
    assert.equal(confirmation.agree(at(9), HERE), true);
    assert.equal(candidateOf(confirmation), null, "confirmed: there is no candidate any more");
  }
});

Deno.test("Confirmation forgives a single frame that saw nothing, and moves the candidate along", () => {
  const confirmation = new Confirmation(2);
  confirmation.open(at(1), HERE, 0);
  confirmation.agree(at(2), HERE);
  confirmation.miss(at(3), [30, 20, 100]);
  assert.deepEqual(candidateOf(confirmation)?.positionLocalM, [30, 20, 100]);
  assert.equal(confirmation.agree(at(4), HERE), true, "what agreed before still counts");
});

Deno.test("Confirmation drops a candidate that is missed again and again", () => {
  const confirmation = new Confirmation(3);
  confirmation.open(at(1), HERE, 0);
  for (let i = 0; i < 10 && candidateOf(confirmation) !== null; i++) {
    confirmation.miss(at(2 + i), HERE);
  }
  assert.equal(candidateOf(confirmation), null);
  confirmation.miss(at(20), HERE);
  assert.equal(candidateOf(confirmation), null, "a miss opens no candidate");
  confirmation.open(at(21), HERE, 0);
  assert.equal(confirmation.agree(at(22), HERE), false, "and a new candidate starts from nothing");
});

Deno.test("Confirmation counts misses in a row only", () => {
  const confirmation = new Confirmation(10);
  confirmation.open(at(1), HERE, 0);
  for (let i = 0; i < 8; i++) {
    confirmation.miss(at(2 * i), HERE);
    assert.equal(confirmation.agree(at(2 * i + 1), HERE), false);
  }
  assert.notEqual(candidateOf(confirmation), null);
  confirmation.drop();
  assert.equal(candidateOf(confirmation), null);
});

Deno.test("Confirmation over a way: neighbours that see the same ground are not enough", () => {
  const confirmation = new Confirmation(2);
  confirmation.open(at(1), HERE, 50);
  for (let i = 1; i <= 4; i++) {
    assert.equal(confirmation.agree(at(1 + i), [10 + 10 * i, 20, 100]), false, `${10 * i} m`);
  }
  assert.equal(confirmation.agree(at(6), [60, 20, 100]), true);
});
