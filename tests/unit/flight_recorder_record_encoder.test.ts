import assert from "node:assert/strict";
import {
  FDR_KINDS,
  type FdrKind,
  FdrRecordEncodeError,
  FdrRecordError,
  FdrRecordTooLargeError,
} from "../../src/flight/flight_recorder/mod.ts";
import { decodeSlot, RecordEncoder } from "../../src/flight/flight_recorder/record_encoder.ts";
import { decodeJson, UNCOMMON } from "../../src/flight/flight_recorder/slot_decoder.ts";
import { FDR_FIXTURES } from "../support/flight_recorder_fixtures.ts";
import { fc, real } from "../support/properties.ts";

const encoder = new RecordEncoder(4096);

/** What a value becomes in the file, as JSON text; undefined where its key is left out. */
function inTheFile(value: unknown): string | undefined {
  const { payload } = decodeSlot(encoder.encode("log", 7, { value }).slice());
  return JSON.stringify(payload.value);
}

Deno.test("every kind's fixture goes through a slot unchanged", () => {
  const large = new RecordEncoder(64 * 1024);
  for (const kind of Object.keys(FDR_KINDS) as FdrKind[]) {
    const payload = FDR_FIXTURES[kind] as Record<string, unknown>;
    const bytes = large.encode(kind, 123_456_789_012_345, payload).slice();
    assert.deepEqual(decodeSlot(bytes), { kind, timestampNs: 123_456_789_012_345, payload });
  }
});

/** One, two, three and four bytes long in UTF-8; the last may not be cut in two. */
const ALPHABET = '\ufeffaé€\u0000"\\\u2028b😀';

const NUMBERS = [0, -1, 2 ** 31, -(2 ** 31), 2 ** 32, 2 ** 53 - 1, 1e300, 5e-324, 0.1];

const JSON_VALUE = fc.letrec((of) => {
  const text = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 9 });
  return {
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.constantFrom(...NUMBERS, true, false, null),
      real(-1e9, 1e9),
      fc.array(of("value"), { maxLength: 5 }),
      fc.dictionary(text.map((key) => `k${key}`), of("value"), { maxKeys: 5 }),
    ),
  };
}).value;

Deno.test("JSON values are encoded unchanged", () => {
  const large = new RecordEncoder(2 ** 20);
  fc.assert(fc.property(JSON_VALUE, (value) => {
    const payload = { value };
    const { payload: decoded } = decodeSlot(large.encode("log", 0, payload).slice());
    assert.equal(JSON.stringify(decoded), JSON.stringify(payload));
  }));
});

class Point {
  x = 1;
  #hidden = 2;
  get sum(): number {
    return this.x + this.#hidden;
  }
}

class SaysItself {
  toJSON: () => unknown;
  constructor(toJSON: () => unknown) {
    this.toJSON = toJSON;
  }
}

Deno.test("values that JSON cannot represent have one representation each", () => {
  const table: [unknown, string | undefined][] = [
    [NaN, '"NaN"'],
    [Infinity, '"Infinity"'],
    [-Infinity, '"-Infinity"'],
    [-0, "0"],
    [12n, "12"],
    [2n ** 53n, "9007199254740992"],
    [-(2n ** 53n) - 1n, '"-9007199254740993"'],
    [2n ** 63n, '"9223372036854775808"'],
    [2n ** 200n, `"${2n ** 200n}"`],
    [Uint8Array.of(1, 2, 3), '"AQID"'],
    [Uint8Array.of(1, 2, 3).buffer, '"AQID"'],
    [new DataView(Uint8Array.of(1, 2, 3).buffer), '"AQID"'],
    [Float32Array.of(1.5, NaN), '[1.5,"NaN"]'],
    [Float64Array.of(0.1), "[0.1]"],
    [BigInt64Array.of(3n), "[3]"],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [new Date(NaN), '"Invalid Date"'],
    [undefined, undefined],
    [() => 1, undefined],
    [[undefined, () => 1], "[null,null]"],
    [[NaN, [1n]], '["NaN",[1]]'],
    [new Map<unknown, unknown>([["a", NaN], [2, 3]]), '{"2":3,"a":"NaN"}'],
    [new Set([1, NaN]), '[1,"NaN"]'],
    [new RangeError("too far"), '{"name":"RangeError","message":"too far"}'],
    [/a+/g, '"/a+/g"'],
    [new Point(), '{"x":1}'],
    [new URL("file:///a"), '"file:///a"'],
    [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
    [new SaysItself(() => ({ said: 1n })), '{"said":1}'],
    ["a\ud83d", '"a\ufffd\ufffd\ufffd"'],
    [{ nested: { deep: [{ bad: NaN, gone: undefined }] } }, '{"nested":{"deep":[{"bad":"NaN"}]}}'],
  ];
  for (const [value, text] of table) {
    assert.equal(inTheFile(value), text, `${typeof value} ${text}`);
  }
});

Deno.test("the fast decoder reads usual records without msgpackr", () => {
  const large = new RecordEncoder(2 ** 20);
  fc.assert(fc.property(JSON_VALUE, (value) => {
    const record = { value, gone: undefined, list: [undefined, 2 ** 40] };
    const bytes = large.encode("log", 5, record).slice();
    const fast = decodeJson(bytes);
    assert.notEqual(fast, UNCOMMON);
    assert.equal(JSON.stringify(fast), JSON.stringify(["log", 5, record]));
  }));
});

Deno.test("a key that would reach a prototype does not", () => {
  inTheFile(JSON.parse('{"__proto__":{"polluted":1}}'));
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

Deno.test("what cannot be encoded is refused by the call, and the next record is not affected", () => {
  const ring: Record<string, unknown> = { sequence: 1 };
  ring.itself = ring;
  const refused: [number, unknown][] = [
    [1, ring],
    [1, { symbol: Symbol("x") }],
    [1, {
      get broken(): never {
        throw new Error("of the payload");
      },
    }],
    [1, null],
    [1, undefined],
    [1, [1]],
    [1, "text"],
    [NaN, {}],
    [-1, {}],
    [1.5, {}],
    [2 ** 53, {}],
  ];
  for (const [timestampNs, payload] of refused) {
    assert.throws(() => encoder.encode("log", timestampNs, payload), FdrRecordEncodeError);
    assert.equal(inTheFile("fine"), '"fine"');
  }
});

Deno.test("a record that is a byte too long is refused, one that just fits is not", () => {
  const lengthOf = (characters: number) =>
    encoder.encode("log", 1, { message: "x".repeat(characters) }).length;
  const slotBytes = lengthOf(300);
  const tight = new RecordEncoder(slotBytes);
  const message = (characters: number) => ({ message: "é".repeat(characters) });
  assert.equal(tight.encode("log", 1, { message: "x".repeat(300) }).length, slotBytes);
  for (const payload of [{ message: "x".repeat(301) }, message(151), message(100_000)]) {
    assert.throws(() => tight.encode("log", 1, payload), FdrRecordTooLargeError);
    const bytes = tight.encode("log", 1, message(150)).slice();
    assert.deepEqual(decodeSlot(bytes).payload, message(150));
  }
});

Deno.test("a payload that records something itself while it is encoded harms neither record", () => {
  const inner = new RecordEncoder(256), outer = new RecordEncoder(256);
  let innerBytes = new Uint8Array();
  const payload = {
    before: "x".repeat(80),
    value: new SaysItself(() => {
      innerBytes = inner.encode("log", 2, { message: "inner".repeat(20) }).slice();
      return "after";
    }),
  };
  const outerBytes = outer.encode("log", 1, payload).slice();
  assert.deepEqual(decodeSlot(outerBytes).payload, { before: payload.before, value: "after" });
  assert.deepEqual(decodeSlot(innerBytes).payload, { message: "inner".repeat(20) });
});

Deno.test("decodeSlot() refuses bytes that are not a record, without side effects", () => {
  const whole = encoder.encode("nav.fix", 5, { a: [1, "two", { three: 3.5 }] }).slice();
  for (let length = 0; length < whole.length; length++) {
    assert.throws(() => decodeSlot(whole.slice(0, length)), FdrRecordError);
  }
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  fc.assert(fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
    const bytes = whole.slice();
    for (const [at, byte] of changes) bytes[at] = byte;
    try {
      JSON.stringify(decodeSlot(bytes));
    } catch (error) {
      assert.ok(error instanceof FdrRecordError, String(error));
    }
  }));
});
