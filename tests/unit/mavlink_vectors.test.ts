/** Frames that pymavlink made (revision b4c7ca29, its definitions of 22 July 2026). */
import assert from "node:assert/strict";
import {
  decodeMessage,
  MavlinkEncoder,
  MavlinkSigning,
  MavlinkSplitter,
  type OutgoingMessage,
  SigningKey,
} from "../../src/link/mavlink/mod.ts";
import { fileURLToPath } from "node:url";
import { PYTHON, python } from "../support/python.ts";

const SCRIPT = fileURLToPath(new URL("mavlink_frames.py", import.meta.url));

interface Vector {
  readonly hex: string;
  readonly message: OutgoingMessage;
}

const VECTORS: readonly Vector[] = [
  {
    hex: "fd410000c801bfe8000040222018240a060040e20100870eaf1c2efd69b6004017430000403f0000c03f" +
      "0000c03f000010c00000003f0000803e00004841000060400000fc0800030e78699747",
    message: {
      name: "GPS_INPUT",
      timeUsec: 1_700_000_000_123_456,
      gpsId: 0,
      ignoreFlags: 0,
      timeWeekMs: 123_456,
      timeWeek: 2300,
      fixType: 3,
      lat: 481_234_567,
      lon: -1_234_567_890,
      alt: 151.25,
      hdop: 0.75,
      vdop: 1.5,
      vn: 1.5,
      ve: -2.25,
      vd: 0.5,
      speedAccuracy: 0.25,
      horizAccuracy: 12.5,
      vertAccuracy: 3.5,
      satellitesVisible: 14,
      yaw: 27_000,
    },
  },
  {
    hex: "fd280000c901bf280100141a99be1c00000090d00300870eaf1c87f2600e0000c07f0040174300009040" +
      "00001841000001028780",
    message: {
      name: "GLOBAL_POSITION_SENSOR",
      targetSystem: 0,
      targetComponent: 0,
      id: 1,
      timeUsec: 123_456_789_012,
      processingTime: 250_000,
      source: 2,
      flags: 0,
      lat: 481_234_567,
      lon: 241_234_567,
      altEllipsoid: NaN,
      alt: 151.25,
      eph: 4.5,
      epv: 9.5,
    },
  },
  {
    hex: "fd360000ca01bffd0000044750532d64656e6965643a2066697273742070617274206f662061206c6f6e" +
      "6720746578742c20353020627974657320696e070001854e",
    message: {
      name: "STATUSTEXT",
      severity: 4,
      text: "GPS-denied: first part of a long text, 50 bytes in",
      id: 7,
      chunkSeq: 1,
    },
  },
];

/** Link 5, its secret the bytes 1 to 32, its stamp 37,530,000,000,001. */
const SIGNED: Vector = {
  hex: "fd0f0100cb01bf6f00008720f279b78fffff0d50f830448203d4950501845122222257e266f3cdd8",
  message: {
    name: "TIMESYNC",
    tc1: -123_456_789_012_345,
    ts1: 987_654_321_098_765,
    targetSystem: 0,
    targetComponent: 0,
  },
};
const STAMP_MS = 375_300_000_000.01;

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function signing(): MavlinkSigning {
  return new MavlinkSigning({
    key: new SigningKey(Uint8Array.from({ length: 32 }, (_, index) => index + 1)),
    linkId: 5,
    utcMs: () => Date.UTC(2015, 0, 1) + STAMP_MS,
    acceptUnsigned: () => false,
  });
}

/** Its first frame is the 200th of the vectors' sender. */
function senderAt(sequence: number, signing?: MavlinkSigning): MavlinkEncoder {
  const encoder = new MavlinkEncoder({ systemId: 1, componentId: 191, signing });
  for (let count = 0; count < sequence; count++) {
    encoder.encode({ name: "PARAM_REQUEST_LIST", targetSystem: 1, targetComponent: 1 });
  }
  return encoder;
}

Deno.test("frames of pymavlink are read as it wrote them, and written as it would", () => {
  const encoder = senderAt(200);
  for (const { hex, message } of VECTORS) {
    const frame = bytesOf(hex);
    const [packet] = new MavlinkSplitter().push(frame);
    assert.deepEqual(decodeMessage(packet), message);
    assert.deepEqual(encoder.encode(message), frame, message.name);
  }
});

Deno.test("a frame that pymavlink signed is verified, and one byte of it changed is refused", () => {
  const frame = bytesOf(SIGNED.hex);
  const [packet] = new MavlinkSplitter({ signing: signing() }).push(frame);
  assert.deepEqual(decodeMessage(packet), SIGNED.message);
  for (let at = 1; at < frame.length; at++) {
    const changed = frame.slice();
    changed[at] ^= 0x10;
    assert.equal(new MavlinkSplitter({ signing: signing() }).push(changed).length, 0, `byte ${at}`);
  }
});

Deno.test("a heartbeat of a quadrotor, MAVLink 1", () => {
  const [packet] = new MavlinkSplitter().push(bytesOf("fe094e0101000000000002035104031c7f"));
  assert.deepEqual(decodeMessage(packet), {
    name: "HEARTBEAT",
    customMode: 0,
    type: 2,
    autopilot: 3,
    baseMode: 81,
    systemStatus: 4,
    mavlinkVersion: 3,
  });
});

Deno.test("MavlinkEncoder signs byte for byte as pymavlink does", () => {
  const shared = new MavlinkSigning({
    key: new SigningKey(Uint8Array.from({ length: 32 }, (_, index) => index + 1)),
    linkId: 5,
    utcMs: () => null,
    acceptUnsigned: () => false,
    before: { newest: 37_530_000_000_000 - 203 - 200_000, streams: [] },
  });
  const frame = senderAt(203, shared).encode(SIGNED.message);
  assert.deepEqual(frame, bytesOf(SIGNED.hex));
});

/** Field by field as in the definitions. */
const TAKEN_APART: readonly OutgoingMessage[] = [
  VECTORS[0].message,
  { ...VECTORS[1].message, altEllipsoid: 190.5 } as OutgoingMessage,
  {
    name: "COMMAND_INT",
    targetSystem: 1,
    targetComponent: 1,
    frame: 0,
    command: 43_003,
    current: 0,
    autocontinue: 0,
    param1: 1.5,
    param2: 0.25,
    param3: 12.5,
    param4: 0,
    x: 481_234_567,
    y: -1_234_567_890,
    z: 0,
  },
  SIGNED.message,
];

Deno.test({
  name: "python3 takes our frames apart with struct and hashlib, signed ones too",
  ignore: PYTHON === undefined,
  fn: async () => {
    for (const signature of [undefined, signing()]) {
      const encoder = new MavlinkEncoder({ systemId: 1, componentId: 191, signing: signature });
      const frames = TAKEN_APART.map((message) => encoder.encode(message).toHex());
      const read = JSON.parse(await python([SCRIPT, ...frames]));
      TAKEN_APART.forEach(({ name, ...fields }, index) => {
        const { values, from, stamp, name: readName } = read[index];
        assert.equal(readName, name);
        assert.deepEqual(from, [1, 191, index]);
        assert.equal(stamp, signature === undefined ? null : 37_530_000_000_001 + index);
        for (const [field, value] of Object.entries(fields)) {
          const snake = field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
          assert.equal(values[snake], value, `${name}.${snake}`);
        }
      });
    }
  },
});
