/** Every message that we speak, both ways, held against other definitions and other code. */
import assert from "node:assert/strict";
import {
  decodeMessage,
  MAV_PARAM_TYPE,
  MavlinkEncoder,
  MavlinkSplitter,
  type MessageName,
  MESSAGES,
  type OutgoingMessage,
  type Packet,
} from "../../src/link/mavlink/mod.ts";
import { KNOWN_MESSAGES } from "../../src/link/mavlink/known_messages.ts";
import {
  REFERENCE,
  referenceFrame,
  type ReferenceMessage,
  referencePayload,
  type ReferenceValue,
  type ReferenceValues,
  referenceValues,
} from "../support/mavlink_reference.ts";
import { fc } from "../support/properties.ts";

const NAMES = Object.keys(MESSAGES) as MessageName[];

function referenceOf(name: MessageName): ReferenceMessage {
  const reference = REFERENCE.get(MESSAGES[name].id);
  assert.ok(reference, name);
  return reference;
}

const numbers: Readonly<Record<string, fc.Arbitrary<number | bigint>>> = {
  uint8_t: fc.integer({ min: 0, max: 0xff }),
  int8_t: fc.integer({ min: -0x80, max: 0x7f }),
  uint16_t: fc.integer({ min: 0, max: 0xffff }),
  int16_t: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint32_t: fc.integer({ min: 0, max: 0xffffffff }),
  int32_t: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  uint64_t: fc.bigInt({ min: 0n, max: 2n ** 53n - 1n }),
  int64_t: fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }),
  float: fc.float(),
};

function text(bytes: number): fc.Arbitrary<string> {
  return fc.string({ unit: "grapheme", maxLength: bytes }).filter((each) =>
    !each.includes("\0") && new TextEncoder().encode(each).length <= bytes
  );
}

function valuesOf(message: ReferenceMessage, withExtensions: boolean) {
  const entries = message.FIELDS.filter((field) => withExtensions || !field.extension).map(
    ({ source, type, length }): [string, fc.Arbitrary<ReferenceValue>] => {
      if (type === "char[]") return [source, text(length)];
      const item = numbers[type.replace("[]", "").replace("_mavlink_version", "")];
      return [
        source,
        length === 0 ? item : fc.array(item, { minLength: length, maxLength: length }),
      ];
    },
  );
  return fc.record(Object.fromEntries(entries));
}

function oursOf(name: MessageName, values: ReferenceValues): Record<string, unknown> {
  const plain = (value: ReferenceValue) =>
    typeof value === "object"
      ? value.map(Number)
      : typeof value === "bigint"
      ? Number(value)
      : value;
  return {
    name,
    ...Object.fromEntries(
      Object.entries(values).map(([source, value]) => {
        const camel = source.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
        return [camel === "name" ? "valueName" : camel, plain(value)];
      }),
    ),
  };
}

for (const version of [1, 2] as const) {
  const names = NAMES.filter((name) => version === 2 || MESSAGES[name].id < 256);
  const options = { numRuns: 40 };

  Deno.test(`decodeMessage() reads MAVLink ${version} of other code, all ${names.length} messages`, () => {
    for (const name of names) {
      const reference = referenceOf(name);
      fc.assert(
        fc.property(valuesOf(reference, version === 2), (values) => {
          const frame = referenceFrame(reference, referencePayload(reference, values), { version });
          const packets = new MavlinkSplitter().push(frame);
          assert.equal(packets.length, 1, name);
          const expected = referenceValues(reference, referencePayload(reference, values));
          assert.deepEqual(decoded(packets[0]), oursOf(name, expected));
        }),
        options,
      );
    }
  });

  Deno.test(`MavlinkEncoder writes MAVLink ${version} as other code does, all ${names.length} messages`, () => {
    for (const name of names) {
      const reference = referenceOf(name);
      fc.assert(
        fc.property(valuesOf(reference, version === 2), fc.boolean(), (values, twice) => {
          const encoder = new MavlinkEncoder({ systemId: 7, componentId: 191, version });
          const message = oursOf(name, values) as unknown as OutgoingMessage;
          if (twice) encoder.encode(message);
          const sequence = twice ? 1 : 0;
          assert.deepEqual(
            encoder.encode(message),
            referenceFrame(reference, referencePayload(reference, values), {
              version,
              sequence,
              systemId: 7,
              componentId: 191,
            }),
          );
        }),
        options,
      );
    }
  });
}

Deno.test("MavlinkEncoder: extensions that are left out go as zero, and are read as zero", () => {
  for (const name of NAMES) {
    const reference = referenceOf(name);
    fc.assert(
      fc.property(valuesOf(reference, false), (values) => {
        const message = oursOf(name, values) as unknown as OutgoingMessage;
        const frame = new MavlinkEncoder({ systemId: 1, componentId: 1 }).encode(message);
        const [packet] = new MavlinkSplitter().push(frame);
        const whole = referenceValues(reference, packet.payload);
        assert.deepEqual(decoded(packet), oursOf(name, whole));
      }),
      { numRuns: 10 },
    );
  }
});

Deno.test("decodeMessage() gives 64-bit integers beyond 2^53 as the nearest double", () => {
  const reference = referenceOf("TIMESYNC");
  const max = 2n ** 62n;
  fc.assert(fc.property(fc.bigInt({ min: -max, max }), (tc1) => {
    const payload = referencePayload(reference, { tc1, ts1: 0n });
    const [packet] = new MavlinkSplitter().push(referenceFrame(reference, payload, { version: 2 }));
    const message = decodeMessage(packet);
    assert.ok(message?.name === "TIMESYNC");
    assert.ok(Math.abs(message.tc1 - Number(tc1)) <= Math.abs(Number(tc1)) * 2 ** -52);
    const again = new MavlinkEncoder({ systemId: 1, componentId: 1 }).encode(message);
    assert.deepEqual(decodeMessage(new MavlinkSplitter().push(again)[0]), message);
  }));
});

Deno.test("MavlinkEncoder rounds, and holds numbers to the range of their field; NaN is an error", () => {
  const encode = (accuracy: number, latitude: number) => {
    const frame = new MavlinkEncoder({ systemId: 1, componentId: 1 }).encode({
      name: "GPS2_RAW",
      timeUsec: 0,
      lat: latitude,
      lon: -1.4,
      alt: 2.5,
      dgpsAge: 0,
      eph: accuracy,
      epv: 0,
      vel: 0,
      cog: 0,
      fixType: 3,
      satellitesVisible: 300,
      dgpsNumch: -1,
    });
    const message = decodeMessage(new MavlinkSplitter().push(frame)[0]);
    assert.ok(message?.name === "GPS2_RAW");
    return message;
  };
  const { lat, lon, alt, eph, satellitesVisible, dgpsNumch } = encode(70_000, -Infinity);
  assert.deepEqual([lat, lon, alt, eph, satellitesVisible, dgpsNumch], [
    -(2 ** 31),
    -1,
    3,
    65_535,
    255,
    0,
  ]);
  assert.throws(() => encode(1, NaN), { name: "RangeError", message: /GPS2_RAW: lat is NaN/ });
});

Deno.test("MavlinkEncoder refuses an array of another length, and what MAVLink 1 cannot carry", () => {
  const encoder = new MavlinkEncoder({ systemId: 1, componentId: 1, version: 1 });
  const setup = { targetSystem: 1, targetComponent: 1, initialTimestamp: 0 };
  const wrong = { name: "SETUP_SIGNING", ...setup, secretKey: [1, 2, 3] } as const;
  assert.throws(() => encoder.encode(wrong), /MAVLink 1 has no message above 255/);
  assert.throws(
    () => new MavlinkEncoder({ systemId: 1, componentId: 1 }).encode(wrong),
    /SETUP_SIGNING: secretKey is 3 items$/,
  );
});

Deno.test("texts are cut to their field at a character, and end at their first zero", () => {
  const frame = new MavlinkEncoder({ systemId: 1, componentId: 1 })
    .encode({ name: "STATUSTEXT", severity: 6, text: `${"x".repeat(49)}ß` });
  const message = decodeMessage(new MavlinkSplitter().push(frame)[0]);
  assert.ok(message?.name === "STATUSTEXT");
  assert.equal(message.text, "x".repeat(49));
});

/** Without what a field's bytes mean to others. */
function decoded(packet: Packet): Record<string, unknown> {
  const { paramInt32: _, ...fields } = { paramInt32: 0, ...decodeMessage(packet) };
  return fields;
}

/** Of the development set, whose messages change until they are in the common one. */
const CHANGED_SINCE = ["BATTERY_STATUS_V2", "CONTROL_STATUS"];

Deno.test("KNOWN_MESSAGES agrees with other definitions wherever both know a message", () => {
  let both = 0;
  for (const [id, { MSG_NAME, MAGIC_NUMBER, PAYLOAD_LENGTH }] of REFERENCE) {
    const known = KNOWN_MESSAGES.get(id);
    if (known === undefined || CHANGED_SINCE.includes(MSG_NAME)) continue;
    both++;
    assert.equal(known.crcExtra, MAGIC_NUMBER, MSG_NAME);
    // Ours are younger: extensions were added since.
    assert.ok(known.lengthMax >= PAYLOAD_LENGTH, MSG_NAME);
  }
  assert.ok(both > 250, `${both}`);
});

Deno.test("integers that PX4 sends as the bits of a float come through, -1 (a NaN) too", () => {
  const parameter = { paramId: "EKF2_AGP0_CTRL", paramType: MAV_PARAM_TYPE.INT32 } as const;
  const integers = [0, 1, -1, 2, 255, -255, 1_000_000, -1_000_000, 2 ** 31 - 1, -(2 ** 31)];
  for (const paramInt32 of integers) {
    for (
      const sent of [
        { name: "PARAM_VALUE", ...parameter, paramCount: 1, paramIndex: 0 },
        { name: "PARAM_SET", ...parameter, targetSystem: 1, targetComponent: 1 },
      ] as const
    ) {
      const encoder = new MavlinkEncoder({ systemId: 1, componentId: 1 });
      const frame = encoder.encode({ ...sent, paramValue: 0, paramInt32 });
      const [packet] = new MavlinkSplitter().push(frame);
      const message = decodeMessage(packet);
      assert.ok(message?.name === "PARAM_VALUE" || message?.name === "PARAM_SET");
      assert.equal(message.paramInt32, paramInt32);
      const whole = new Uint8Array(4);
      whole.set(packet.payload.subarray(0, 4));
      assert.equal(new DataView(whole.buffer).getInt32(0, true), paramInt32);
      assert.deepEqual(encoder.encode(message).subarray(10, -2), frame.subarray(10, -2));
    }
  }
});
