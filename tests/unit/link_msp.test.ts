import assert from "node:assert/strict";
import { PYTHON, python } from "../support/python.ts";
import { fc } from "../support/properties.ts";
import {
  decodeMessage,
  encodeFrame,
  encodePayload,
  MSP_MESSAGES,
  type MspFrame,
  type MspName,
  MspSplitter,
} from "../../src/link/msp/mod.ts";

const frames: fc.Arbitrary<MspFrame> = fc.record({
  version: fc.constantFrom(1 as const, 2 as const),
  direction: fc.constantFrom("request" as const, "reply" as const, "error" as const),
  flags: fc.constantFrom(0, 1),
  function: fc.integer({ min: 0, max: 254 }),
  payload: fc.uint8Array({ maxLength: 254 }),
}).map((frame) => ({ ...frame, flags: frame.version === 1 ? 0 : frame.flags }));

const hex = (text: string) => Uint8Array.fromHex(text.replaceAll(" ", ""));

Deno.test("encodeFrame() and MspSplitter agree, whatever the frame and however it is cut", () => {
  fc.assert(fc.property(frames, fc.integer({ min: 1, max: 40 }), (frame, size) => {
    const bytes = encodeFrame(frame), splitter = new MspSplitter(), found: MspFrame[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      found.push(...splitter.push(bytes.subarray(at, at + size)));
    }
    assert.deepEqual(found, [frame]);
    assert.deepEqual(splitter.counters, {
      frames: 1,
      checkSumWrong: 0,
      tooLong: 0,
      cut: 0,
      bytesSkipped: 0,
    });
  }));
});

Deno.test("MspSplitter gives the same frames of any bytes, whole or byte by byte", () => {
  const pieces = fc.array(
    fc.oneof(
      frames.map(encodeFrame),
      frames.map((frame) => encodeFrame(frame).subarray(0, 9)),
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom(hex("24583e"), hex("24583e00660012"), hex("244d3eff0000"), hex("24")),
    ),
    { maxLength: 12 },
  ).map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));
  fc.assert(fc.property(pieces, (bytes) => {
    const whole = new MspSplitter(), bytewise = new MspSplitter();
    const expected = whole.push(bytes);
    const found = [...bytes].flatMap((byte) => bytewise.push(Uint8Array.of(byte)));
    assert.deepEqual(found, expected);
    assert.deepEqual(bytewise.counters, whole.counters);
  }));
});

Deno.test("MspSplitter has the first good frame after any garbage, though a head before it asks for more", () => {
  const good = encodeFrame({
    version: 2,
    direction: "reply",
    flags: 0,
    function: 108,
    payload: hex("010203040506"),
  });
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (garbage) => {
    for (const head of ["", "24583e0066001201", "24583e00660000ff", "244d3eff01", "24583e00"]) {
      const splitter = new MspSplitter();
      splitter.push(garbage);
      const before = splitter.counters.frames;
      splitter.push(hex(head));
      const found = splitter.push(good);
      assert.equal(found.at(-1)?.function, 108, head);
      assert.ok(splitter.counters.frames > before);
    }
  }));
});

Deno.test("MspSplitter opens a frame of version 2 inside of one of version 1, and a jumbo frame", () => {
  // MSP_ATTITUDE's request as the documentation of MSP v2 encapsulates it.
  const inner = hex("00 64 00 0000 8f");
  const sum = [...inner].reduce((a, b) => a ^ b, inner.length ^ 255);
  const outer = Uint8Array.from([0x24, 0x4D, 0x3C, inner.length, 255, ...inner, sum]);
  assert.deepEqual(new MspSplitter().push(outer), [
    { version: 2, direction: "request", flags: 0, function: 100, payload: new Uint8Array() },
  ]);
  const payload = Uint8Array.from({ length: 255 }, (_, i) => i);
  const body = [255, 102, 255, 0, ...payload];
  const jumbo = Uint8Array.from([0x24, 0x4D, 0x3E, ...body, body.reduce((a, b) => a ^ b, 0)]);
  const [frame] = new MspSplitter().push(jumbo);
  assert.deepEqual([frame.version, frame.function, frame.payload], [1, 102, payload]);
});

Deno.test("MspSplitter counts what it does not take", () => {
  const splitter = new MspSplitter();
  const frame = encodeFrame({
    version: 2,
    direction: "reply",
    flags: 0,
    function: 102,
    payload: new Uint8Array(18),
  });
  const wrong = frame.slice();
  wrong[9] ^= 1;
  splitter.push(wrong);
  splitter.push(hex("24583e0066000101"));
  splitter.push(hex("24583e0066000001"));
  assert.equal(splitter.push(frame).length, 1);
  assert.deepEqual(splitter.counters, {
    frames: 1,
    checkSumWrong: 1,
    tooLong: 1,
    cut: 1,
    bytesSkipped: wrong.length + 8 + 8,
  });
});

/** Struct formats written from the layouts of iNav's sources, for Python. */
const PYTHON_LAYOUTS: Readonly<Record<MspName, string>> = {
  MSP_API_VERSION: "<BBB",
  MSP_FC_VARIANT: "<4s",
  MSP_FC_VERSION: "<BBB",
  MSP_RAW_IMU: "<9h",
  MSP_RAW_GPS: "<BBiihHHH",
  MSP_ATTITUDE: "<hhh",
  MSP_ALTITUDE: "<ihi",
  MSP_WP: "<BBiiihhhB",
  MSP_GPSSTATISTICS: "<HIIIHHH",
  MSP2_COMMON_SETTING_INFO: "<",
  MSP2_SENSOR_GPS: "<BHIBBHHHHiiiiiiHHHBBBBB",
  MSP2_INAV_STATUS: "<HHHHBI",
  MSP2_INAV_FULL_LOCAL_POSE: "<hhhihihih",
};

Deno.test({
  name: "encodePayload() packs every message as Python's struct does, with its check sum",
  ignore: PYTHON === undefined,
  fn: async () => {
    const cases = Object.entries(MSP_MESSAGES).map(([name, { id, fields }], index) => {
      const values = Object.values(fields).map((type, i) => {
        if (type === "ascii4") return "INAV";
        const bits = 8 * Number({ u8: 1, u16: 2, i16: 2, u32: 4, i32: 4 }[type]);
        const half = 2 ** (bits - 1), value = Math.floor(half * Math.abs(Math.sin(index + 7 * i)));
        return type.startsWith("i") ? (i % 2 === 0 ? -1 : 1) * (value % half) : value + half - 1;
      });
      const named = Object.fromEntries(Object.keys(fields).map((field, i) => [field, values[i]]));
      const payload = encodePayload(name as MspName, named as never);
      const frame = encodeFrame({
        version: 2,
        direction: "reply",
        flags: 0,
        function: id,
        payload,
      });
      assert.deepEqual(decodeMessage(new MspSplitter().push(frame)[0]), { name, ...named });
      return { id, format: PYTHON_LAYOUTS[name as MspName], values, hex: frame.toHex() };
    });
    const script = `
import json, struct, sys
def crc(data):
    c = 0
    for b in data:
        c ^= b
        for _ in range(8): c = ((c << 1) ^ 0xD5) & 255 if c & 128 else c << 1
    return c
for case in json.loads(sys.argv[1]):
    values = [v.encode() if isinstance(v, str) else v for v in case["values"]]
    payload = struct.pack(case["format"], *values)
    body = struct.pack("<BHH", 0, case["id"], len(payload)) + payload
    print((b"$X>" + body + bytes([crc(body)])).hex() == case["hex"], case["id"], len(payload))
`;
    const lines = (await python(["-c", script, JSON.stringify(cases)])).trim().split("\n");
    assert.equal(lines.length, cases.length);
    for (const line of lines) assert.match(line, /^True /);
    assert.ok(lines.includes("True 7939 52"), "MSP2_SENSOR_GPS has 52 bytes");
  },
});

Deno.test("encodePayload() refuses what does not fit; decodeMessage() what is short or not known", () => {
  assert.throws(() =>
    encodePayload("MSP_ATTITUDE", {
      rollDecidegrees: 40000,
      pitchDecidegrees: 0,
      yawDegrees: 0,
    }), RangeError);
  const frame = { version: 2, direction: "reply", flags: 0, function: 108 } as const;
  assert.equal(decodeMessage({ ...frame, payload: new Uint8Array(5) }), undefined);
  assert.equal(decodeMessage({ ...frame, function: 9999, payload: new Uint8Array(90) }), undefined);
  assert.equal(decodeMessage({ ...frame, payload: new Uint8Array(9) })?.name, "MSP_ATTITUDE");
});
