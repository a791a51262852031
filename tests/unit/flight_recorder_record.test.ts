import assert from "node:assert/strict";
import {
  checkSchemaVersion,
  decodeRecord,
  encodeRecord,
  FdrRecordError,
  FdrSchemaVersionError,
} from "../../src/flight/flight_recorder/mod.ts";
import { fc } from "../support/properties.ts";

const TEXT = '{"schemaVersion":"1.0.0","kind":"log","producerId":"x","timestampNs":1,' +
  '"wallTime":"2026-01-01T00:00:00.000Z","flightId":"3f2504e0-4f89-41d3-9a0c-0305e82c3301",' +
  '"payload":{}}';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const withField = (json: string) => `${TEXT.slice(0, -1)},${json}}`;

Deno.test("checkSchemaVersion() reads newer minor versions and refuses other majors by name", () => {
  for (const version of ["1.0.0", "1.0.7", "1.9.0", "1.2.3-rc.1", "1.2.3+build.5"]) {
    checkSchemaVersion(version);
  }
  assert.throws(() => checkSchemaVersion("2.0.0"), (error) => {
    assert.ok(error instanceof FdrSchemaVersionError);
    assert.match(error.message, /schema version 2\.0\.0: this program reads 1\.x; .*newer program/);
    assert.equal(error.exitCode, 65);
    return true;
  });
  assert.throws(() => checkSchemaVersion("0.9.0"), /version 0\.9\.0.*with an older program/);
  for (const version of ["", "1", "1.0", "v1.0.0", "1.0.0.0", "1.0.x", "1".repeat(10_000)]) {
    assert.throws(() => checkSchemaVersion(version), /that is not a version/, version.slice(0, 20));
  }
});

Deno.test("decodeRecord() checks the version of a record before its shape", () => {
  assert.throws(
    () => decodeRecord('{"schemaVersion":"3.1.4","what":"another shape"}'),
    (error) => error instanceof FdrSchemaVersionError && error.message.includes("3.1.4"),
  );
});

Deno.test("decodeRecord() keeps unknown kinds, keys and fields of a newer minor version", () => {
  const record = decodeRecord(
    '{"trace":{"id":[1,null,"\\u0000é😀"]},"schemaVersion":"1.7.0","kind":"c99.new",' +
      '"producerId":"x","timestampNs":1,"wallTime":"","flightId":' +
      '"3f2504e0-4f89-41d3-9a0c-0305e82c3301","payload":{"known":true,"later":{"a":[]}}}',
  );
  assert.equal(record.kind, "c99.new");
  const again = decodeRecord(encodeRecord(record));
  assert.deepEqual(again, record);
  assert.deepEqual(Object.keys(again), Object.keys(record));
  assert.deepEqual(again.trace, { id: [1, null, "\u0000é😀"] });
});

Deno.test("decodeRecord() and encodeRecord() give back the very text, hard cases as well", () => {
  const hard = [
    '"n":18446744073709551615',
    '"n":-9223372036854775808',
    '"deep":{"list":[9007199254740993,1]}',
    '"big":1e400',
    '"__proto__":{"a":1}',
    '"constructor":"x","toString":null',
    '"text":"12345678901234567890"',
    '"lone":"\\ud800"',
    '"exact":9007199254740991,"small":0.1,"tiny":5e-324',
  ];
  for (const json of hard) {
    const line = withField(json);
    assert.equal(text(encodeRecord(decodeRecord(line))), line);
  }
});

Deno.test("decodeRecord() and encodeRecord() give back any JSON that is put into a record", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const line = withField(`"later":${JSON.stringify(value)}`);
    assert.equal(text(encodeRecord(decodeRecord(line))), line);
  }));
});

Deno.test("decodeRecord() refuses what is not a record and says where", () => {
  const cases: [string | Uint8Array, RegExp][] = [
    ["", /it is not JSON/],
    [TEXT.slice(0, -1), /it is not JSON/],
    [new Uint8Array([0x22, 0xff, 0x22]), /it is not JSON/],
    ["null", /the whole/],
    ["[]", /the whole/],
    [TEXT.replace('"timestampNs":1', '"timestampNs":1.5'), /timestampNs/],
    [TEXT.replace('"timestampNs":1', '"timestampNs":99999999999999999999'), /timestampNs/],
    [TEXT.replace('"payload":{}', '"payload":[]'), /payload/],
    [TEXT.replace("3f2504e0", "zzzzzzzz"), /flightId/],
    [TEXT.replace('"1.0.0"', "1"), /schemaVersion/],
  ];
  for (const [message, reason] of cases) {
    assert.throws(
      () => decodeRecord(message),
      (error) => error instanceof FdrRecordError && reason.test(error.message),
      String(message),
    );
  }
});
