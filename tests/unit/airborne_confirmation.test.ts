import assert from "node:assert/strict";
import type { MonotonicNs, Vector3 } from "../../src/core/mod.ts";
import { Confirmation } from "../../src/airborne/confirmation.ts";

const at = (seconds: number) => seconds * 1e9 as MonotonicNs;
const HERE: Vector3 = [10, 20, 100];
/** A function call keeps the compiler from remembering what was asserted before. */
const claimOf = (confirmation: Confirmation) => confirmation.claim;

Deno.test("Confirmation believes a place after as many further frames as it needs", () => {
  for (const needed of [1, 2, 4]) {
    const confirmation = new Confirmation(needed);
    assert.equal(claimOf(confirmation), null);
    confirmation.open(at(1), HERE);
    assert.deepEqual(claimOf(confirmation)?.positionLocalM, HERE);
    for (let i = 1; i < needed; i++) {
      assert.equal(confirmation.agree(at(1 + i), [10 + i, 20, 100]), false);
      assert.equal(
        claimOf(confirmation)?.timeNs,
        at(1 + i),
        "the claim moves with the newest frame",
      );
    }
    assert.equal(confirmation.agree(at(9), HERE), true);
    assert.equal(claimOf(confirmation), null, "believed: nothing is claimed any more");
  }
});

Deno.test("Confirmation forgives a single frame that saw nothing, and moves the claim along", () => {
  const confirmation = new Confirmation(2);
  confirmation.open(at(1), HERE);
  confirmation.agree(at(2), HERE);
  confirmation.miss(at(3), [30, 20, 100]);
  assert.deepEqual(claimOf(confirmation)?.positionLocalM, [30, 20, 100]);
  assert.equal(confirmation.agree(at(4), HERE), true, "what agreed before still counts");
});

Deno.test("Confirmation drops a claim that is missed again and again", () => {
  const confirmation = new Confirmation(3);
  confirmation.open(at(1), HERE);
  for (let i = 0; i < 10 && claimOf(confirmation) !== null; i++) confirmation.miss(at(2 + i), HERE);
  assert.equal(claimOf(confirmation), null);
  confirmation.miss(at(20), HERE);
  assert.equal(claimOf(confirmation), null, "a miss claims nothing");
  confirmation.open(at(21), HERE);
  assert.equal(confirmation.agree(at(22), HERE), false, "and a new claim starts from nothing");
});

Deno.test("Confirmation counts misses in a row only", () => {
  const confirmation = new Confirmation(10);
  confirmation.open(at(1), HERE);
  for (let i = 0; i < 8; i++) {
    confirmation.miss(at(2 * i), HERE);
    assert.equal(confirmation.agree(at(2 * i + 1), HERE), false);
  }
  assert.notEqual(claimOf(confirmation), null);
  confirmation.drop();
  assert.equal(claimOf(confirmation), null);
});
