import assert from "node:assert/strict";
import { parseBoundedJson } from "../../src/core/mod.ts";
import { fc } from "../support/properties.ts";

Deno.test("parseBoundedJson() reads what JSON.parse reads (property)", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 10 }), fc.nat(4), (value, indent) => {
    const text = JSON.stringify(value, null, indent);
    assert.deepEqual(parseBoundedJson(text), JSON.parse(text));
  }));
});

Deno.test("parseBoundedJson() refuses what is nested deeply, a key that stands twice, and no JSON", () => {
  const refused = [
    "[".repeat(1_000_000),
    '{"a":'.repeat(17),
    '{"a": 1, "b": {"a": 2}, "a": 3}',
    String.raw`{"a": 1, "\u0061": 2}`,
    '[{"": 0, "": 0}]',
    `"${'\\"'.repeat(1_000_000)}`,
    '{"a}',
    "",
  ];
  for (const text of refused) assert.throws(() => parseBoundedJson(text), SyntaxError);
  const twins = '[{"a": "a", "b": ["a", {"a": 1}]}, {"a": ","}]';
  assert.deepEqual(parseBoundedJson(twins), JSON.parse(twins));
});
