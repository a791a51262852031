/** Dates on the operator's command line. */
import assert from "node:assert/strict";
import { UsageError } from "../../src/core/mod.ts";
import { dateOption } from "../../src/operator/options.ts";

Deno.test("dateOption() takes days and moments, and no day that does not exist", () => {
  const taken = [
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
    ["2026-05-31T12:00Z", "2026-05-31T12:00:00.000Z"],
    ["2026-05-31T12:00", "2026-05-31T12:00:00.000Z"],
    ["2026-05-31T01:00:00+03:00", "2026-05-30T22:00:00.000Z"],
  ];
  for (const [text, moment] of taken) {
    assert.equal(dateOption("at", text)?.toISOString(), moment, text);
  }
  for (const text of ["2026-02-29", "2026-02-30T10:00Z", "2026-13-01", "2026-06-31", "yesterday"]) {
    assert.throws(() => dateOption("at", text), UsageError, text);
  }
  assert.equal(dateOption("at", undefined), undefined);
});
