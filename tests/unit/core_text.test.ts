import assert from "node:assert/strict";
import { bytesText, countText } from "../../src/core/mod.ts";

Deno.test("bytesText() has three digits and the unit that fits, below zero too", () => {
  const cases: [number, string][] = [
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [12_345, "12.3 kB"],
    [999_499, "999 kB"],
    [999_500, "1.00 MB"],
    [-1_500_000, "-1.50 MB"],
    [123e9, "123 GB"],
    [4e15, "4000 TB"],
  ];
  for (const [bytes, text] of cases) assert.equal(bytesText(bytes), text);
});

Deno.test("countText() has one of a thing, and several things", () => {
  assert.equal(countText(1, "record"), "1 record");
  assert.equal(countText(0, "record"), "0 records");
  assert.equal(countText(12_345, "record"), "12,345 records");
});
