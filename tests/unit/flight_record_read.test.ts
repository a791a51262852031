import assert from "node:assert/strict";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { decompressRecords } from "../../src/flight/flight_record/decompress.ts";
import { inScratch } from "../support/scratch.ts";
import {
  diagnoseFlight,
  exportGeoJson,
  findFlight,
  FlightNotFoundError,
  NothingReadableError,
  readRecords,
  recoverFlight,
  summariseFlight,
} from "../../src/flight/flight_record/mod.ts";
import { FileSource } from "../../src/flight/flight_record/byte_source.ts";
import {
  FLIGHT_ID,
  footer,
  HEADER,
  type KnownRecord,
  mcapFile,
  smallFlight,
  withoutChunkCrcs,
} from "../support/flight_record_fixture.ts";

async function kindsIn(path: string): Promise<string[]> {
  const kinds: string[] = [];
  for await (const { kind } of readRecords(await findFlight(path))) kinds.push(kind);
  return kinds;
}

Deno.test("readRecords() keeps what it does not know, of a newer minor version too", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/flight.mcap`;
    const extra = { addedLater: { deep: [1, null] } };
    const { bytes, texts } = await mcapFile({
      records: smallFlight(9),
      schemaVersion: "1.7.3",
      extra,
    });
    await Deno.writeFile(path, bytes);
    const records: unknown[] = [];
    for await (const record of readRecords(await findFlight(path))) records.push(record);
    assert.deepEqual(records, texts.map((text) => JSON.parse(text)));
    const { verdict, unknownKinds } = await diagnoseFlight(await findFlight(path));
    assert.equal(verdict, "complete");
    assert.deepEqual([...unknownKinds], [["x.not_known_yet", 3]]);
  });
});

Deno.test("records of another major version are refused by name, and kept by recover", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/flight.mcap`;
    const { bytes, texts } = await mcapFile({ records: smallFlight(3), schemaVersion: "2.0.0" });
    await Deno.writeFile(path, bytes);
    assert.deepEqual(await kindsIn(path), []);
    const { verdict, damage } = await diagnoseFlight(await findFlight(path));
    assert.equal(verdict, "nothing");
    assert.match(damage.list[0].reason, /schema version 2\.0\.0, this program reads 1\.x/);
    const recovery = await recoverFlight(await findFlight(path), `${folder}/out.mcap`);
    assert.equal(recovery.records, texts.length);
  });
});

Deno.test("summariseFlight() finds rates and pauses of regular kinds only", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/flight.mcap`;
    const records: KnownRecord[] = [HEADER];
    for (let i = 0; i < 400; i++) {
      const timestampNs = i * 5e7 + (i >= 100 ? 2e9 : 0) + (i >= 300 ? 9e9 : 0);
      records.push({ kind: "sensor.baro", timestampNs, payload: {} });
    }
    for (const second of [1, 2, 2.5, 9, 30]) {
      records.push({ kind: "log", timestampNs: second * 1e9, payload: {} });
    }
    await Deno.writeFile(path, (await mcapFile({ records })).bytes);
    const { summary } = await summariseFlight(await findFlight(path));
    const [baro, log] = ["sensor.baro", "log"].map((k) => summary.kinds.find((e) => e.kind === k));
    assert.ok(baro && log);
    assert.ok(Math.abs((baro.medianNs ?? 0) - 5e7) < 1);
    assert.ok(Math.abs((baro.hz ?? 0) - 399 / 30.95) < 1e-9);
    assert.deepEqual(baro.pauses.map(({ fromNs, toNs }) => [fromNs / 1e9, (toNs - fromNs) / 1e9]), [
      [16.95, 9.05],
      [4.95, 2.05],
    ]);
    assert.equal(baro.pauseCount, 2);
    assert.equal(log.isRegular, false);
    assert.deepEqual(log.pauses, []);
  });
});

Deno.test("diagnoseFlight() compares the footer with the records", async () => {
  const overrun = (reason?: string) => ({
    kind: "overrun",
    timestampNs: 2,
    payload: { droppedCount: 5, producerId: "x", ...reason === undefined ? {} : { reason } },
  });
  const cases: [KnownRecord[], RegExp | null][] = [
    [[HEADER, footer(9, 1)], null],
    [[HEADER, footer(9, 3)], /counts 3 records, 1 are there/],
    [[HEADER, overrun(), footer(9, 2, { recordsDroppedOverrun: 5 })], null],
    [
      [HEADER, overrun("ring"), footer(9, 2, { recordsDroppedOverrun: 4 })],
      /counts 4 records lost/,
    ],
    [[HEADER, overrun("rate"), footer(9, 2, { recordsDroppedPolicy: 5 })], null],
    [[HEADER, footer(9, 1, { rolloverCount: 2 })], /counts 3 segments, the last one has number 0/],
    [
      [HEADER, footer(9, 1, { producers: { x: { produced: 9, written: 7, droppedOverrun: 1 } } })],
      /9 records produced by x; written and dropped are 8/,
    ],
    [[HEADER, { kind: "overrun", timestampNs: 1, payload: {} }, footer(9, 2)], /payload\.dropped/],
    [[footer(9, 0)], /does not begin with the flight header/],
    [[HEADER, { kind: "raw_nav_frame", timestampNs: 1, payload: {} }, footer(9, 2)], /forbidden/],
  ];
  for (const [records, expected] of cases) {
    await inScratch(async (scratch) => {
      const folder = `${scratch}/${FLIGHT_ID}`;
      await Deno.mkdir(folder);
      await Deno.writeFile(`${folder}/segment_0000.mcap`, (await mcapFile({ records })).bytes);
      const { damage, verdict } = await diagnoseFlight(await findFlight(folder));
      const text = damage.list.map(({ reason }) => reason).join("\n");
      assert.equal(verdict, expected === null ? "complete" : "lossy", text);
      if (expected !== null) assert.match(text, expected);
    });
  }
});

Deno.test("records written without a CRC are read, and counted as unverified", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/flight.mcap`;
    const records = smallFlight(9);
    const { bytes, texts } = await mcapFile({ records });
    const loose = await mcapFile({ records, useChunks: false });
    const files: [Uint8Array, "complete" | "lossy", number][] = [
      [bytes, "complete", 0],
      [loose.bytes, "complete", texts.length],
      // A CRC that became 0 by damage is noticed by the CRC of the data section.
      [withoutChunkCrcs(bytes), "lossy", texts.length],
    ];
    for (const [file, verdict, unverified] of files) {
      await Deno.writeFile(path, file);
      const read: unknown[] = [];
      for await (const record of readRecords(await findFlight(path))) read.push(record);
      assert.deepEqual(read, texts.map((text) => JSON.parse(text)));
      const diagnosis = await diagnoseFlight(await findFlight(path));
      const told = diagnosis.damage.list.map(({ code }) => code);
      assert.equal(diagnosis.verdict, verdict, told.join());
      assert.equal(diagnosis.summary.unverified, unverified);
      assert.deepEqual(told, verdict === "lossy" ? ["data_crc"] : []);
    }
  });
});

/** An LZ4 frame of literals and one match: the bytes, and the last eight of them again. */
function lz4Frame(bytes: Uint8Array): Uint8Array {
  const first = bytes.length - 16;
  const rest = first - 15;
  const lengths = [...new Array(Math.floor(rest / 255)).fill(255), rest % 255];
  // Fifteen literals and more, then a match of eight bytes, then eight literals.
  const block = [0xf4, ...lengths, ...bytes.subarray(0, first), 8, 0, 0x80, ...bytes.subarray(-8)];
  const head = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];
  const size = new Uint8Array(new Uint32Array([block.length]).buffer);
  return new Uint8Array([...head, ...size, ...block, 0, 0, 0, 0]);
}

Deno.test("decompressRecords() gives what zstd and LZ4 hold, and refuses what is damaged", () => {
  const bytes = new Uint8Array(900).map((_, i) => i * 7 % 256);
  bytes.copyWithin(bytes.length - 16, bytes.length - 24, bytes.length - 16);
  assert.deepEqual(decompressRecords("zstd", new Uint8Array(zstdCompressSync(bytes)), 900), bytes);
  const frame = lz4Frame(bytes);
  assert.deepEqual(decompressRecords("lz4", frame, 900), bytes);
  for (const [cut, size] of [[frame.subarray(0, 300), 900], [frame, 899], [frame, 901]] as const) {
    assert.throws(() => decompressRecords("lz4", cut, size));
  }
});

Deno.test("compressed chunks are read; one that does not decompress is reported and skipped", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/flight.mcap`;
    const verdictOf = async (compression: string, pack: (bytes: Uint8Array) => Uint8Array) => {
      const compressChunk = (bytes: Uint8Array) => ({ compression, compressedData: pack(bytes) });
      const { bytes } = await mcapFile({ records: smallFlight(9), compressChunk });
      await Deno.writeFile(path, bytes);
      const { damage, verdict } = await diagnoseFlight(await findFlight(path));
      return [verdict, damage.list[0]?.reason ?? ""];
    };
    const packed = (bytes: Uint8Array) => new Uint8Array(zstdCompressSync(bytes));
    assert.deepEqual(await verdictOf("zstd", packed), ["complete", ""]);
    const [verdict, reason] = await verdictOf("lz4", (bytes) => new Uint8Array(gzipSync(bytes)));
    assert.equal(verdict, "nothing");
    assert.match(reason, /its lz4: it is no LZ4 frame/);
  });
});

const EXTENDED = "../shared/data/hard_files/mcap_extended_records/segment_0000.mcap";
const hasExtended = await Deno.stat(EXTENDED).then(() => true, () => false);

Deno.test({
  name: "records with fields added at their end are whole (was: lossy, 14 damages)",
  ignore: !hasExtended,
  async fn() {
    const { damage, verdict } = await diagnoseFlight(await findFlight(EXTENDED));
    assert.deepEqual([verdict, damage.list], ["complete", []]);
  },
});

Deno.test("findFlight() refuses what is not a flight, by name", async () => {
  await inScratch(async (folder) => {
    await assert.rejects(findFlight(`${folder}/absent`), FlightNotFoundError);
    await Deno.mkdir(`${folder}/root/${FLIGHT_ID}`, { recursive: true });
    await assert.rejects(findFlight(`${folder}/root`), NothingReadableError);
    await Deno.writeFile(`${folder}/root/${FLIGHT_ID}/segment_0000.mcap`, new Uint8Array(0));
    await assert.rejects(
      findFlight(`${folder}/root`),
      new RegExp(`name one of them: ${FLIGHT_ID}`),
    );
    const names = ["segment_0010.mcap", "segment_0002.mcap", "segment_10000.mcap", "notes.txt"];
    for (const name of names) {
      await Deno.writeFile(`${folder}/root/${FLIGHT_ID}/${name}`, new Uint8Array(0));
    }
    const { segments } = await findFlight(`${folder}/root/${FLIGHT_ID}/`);
    assert.deepEqual(segments.map(({ index }) => index), [0, 2, 10, 10000]);
  });
});

Deno.test("exportGeoJson() ends a track at the antimeridian and begins it again", async () => {
  await inScratch(async (folder) => {
    const longitudes = [179.8, 179.9, -179.9, -179.8];
    const records = longitudes.map((longitudeDeg, index) => ({
      kind: "nav.state",
      timestampNs: index * 1e9,
      payload: { latitudeDeg: 10, longitudeDeg, heightM: 5, validNs: index * 1e9 },
    }));
    await Deno.writeFile(`${folder}/a.mcap`, (await mcapFile({ records })).bytes);
    await exportGeoJson(await findFlight(`${folder}/a.mcap`), `${folder}/a.geojson`);
    const { features } = JSON.parse(await Deno.readTextFile(`${folder}/a.geojson`));
    assert.deepEqual(features[0].geometry, {
      type: "MultiLineString",
      coordinates: [[[179.8, 10, 5], [179.9, 10, 5]], [[-179.9, 10, 5], [-179.8, 10, 5]]],
    });
    assert.equal(features.length, 5);
  });
});

Deno.test("FileSource.bytes() gives what the file has, nothing beyond its end", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/bytes`;
    await Deno.writeFile(path, Uint8Array.of(1, 2, 3, 4, 5));
    using source = await FileSource.open(path);
    const held = await source.bytes(1, 3);
    assert.deepEqual([...await source.bytes(4, 100)], [5]);
    for (const offset of [5, 6, 1e15]) assert.equal((await source.bytes(offset, 9)).length, 0);
    assert.deepEqual([...held], [2, 3, 4]);
    await assert.rejects(source.bytes(0, 2 ** 40), RangeError);
  });
});
