import assert from "node:assert/strict";
import { readList, readNumber, Refused } from "../../src/core/command_line/values.ts";
import { fc, real } from "../support/properties.ts";

const RANGE = { minimum: -1e6, maximum: 1e6 };
const readNumbers = (text: string) => readList(text, (part) => readNumber(part, RANGE));

Deno.test("a list gives back the numbers that were put into it, spaces or not", () => {
  const numbers = fc.array(real(RANGE.minimum, RANGE.maximum).map((value) => value.toFixed(6)), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(fc.property(numbers, fc.constantFrom(",", ", ", " ,"), (parts, comma) => {
    assert.deepEqual(readNumbers(parts.join(comma)), parts.map(Number));
  }));
});

Deno.test("a list with one part that is empty or no number is refused, wherever it stands", () => {
  const good = fc.array(fc.integer({ min: 0, max: 9 }).map(String), { maxLength: 5 });
  const bad = fc.constantFrom("", " ", "x", "1e7", "-", "1..2", "NaN", "Infinity", "0x10", "1_0");
  fc.assert(fc.property(good, bad, good, (before, part, after) => {
    assert.ok(readNumbers([...before, part, ...after].join(",")) instanceof Refused);
  }));
});
