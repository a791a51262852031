import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import { inScratch } from "../support/scratch.ts";
import { seededRandom } from "../../src/core/mod.ts";
import { FLIGHT_ID, mcapFile, smallFlight } from "../support/flight_record_fixture.ts";
import { Bench, damageText, messagePlaces, type Region, regionsOf } from "./fdr_damage_fixture.ts";

const { bytes: WHOLE, texts: TEXTS } = await mcapFile({
  records: smallFlight(6),
  chunkBytes: 600,
});
const PLACES = messagePlaces(WHOLE, TEXTS);
/** `deno task campaign --only damage`: every bit, and more of everything. */
const FULL = Deno.env.get("GDN_FDR_DAMAGE") === "full";
/** Recovering takes longer than looking: it is done at each boundary and at every so many bytes. */
const RECOVER_EVERY = FULL ? 4 : 32;
/** Away from the boundaries of records one byte is like the other. */
const CUT_EVERY = FULL ? 1 : 4;

Deno.test("a whole flight is complete, and recover gives the same records", async () => {
  await inScratch(async (folder) => {
    const { diagnosis, recovery, texts } = await new Bench(folder).look(WHOLE);
    assert.equal(damageText(diagnosis), "");
    assert.equal(diagnosis.verdict, "complete");
    assert.equal(recovery.verdict, "complete");
    assert.deepEqual(texts, TEXTS);
    assert.deepEqual([...diagnosis.unknownKinds.keys()], ["x.not_known_yet"]);
  });
});

Deno.test("a flight cut everywhere: the place is named, every whole record is there", async () => {
  await inScratch(async (folder) => {
    const bench = new Bench(folder);
    for (let length = 0; length < WHOLE.length; length++) {
      const atBoundary = PLACES.some(({ to }) => Math.abs(to - length) <= 1);
      if (length % CUT_EVERY !== 0 && !atBoundary) continue;
      const bytes = WHOLE.subarray(0, length);
      const whole = TEXTS.filter((_, index) => PLACES[index].to <= length);
      const at = `cut after ${length} bytes`;
      const verdict = whole.length === 0 ? "nothing" : "lossy";
      const diagnosis = await (async () => {
        if (length % RECOVER_EVERY !== 0 && !atBoundary) return await bench.diagnose(bytes);
        const outcome = await bench.look(bytes);
        assert.deepEqual(outcome.texts, whole, at);
        assert.equal(outcome.recovery.verdict, verdict, at);
        return outcome.diagnosis;
      })();
      assert.equal(diagnosis.summary.records, whole.length, at);
      assert.equal(diagnosis.verdict, verdict, at);
      const cut = diagnosis.damage.list.filter(({ code }) => /^(cut|empty_file)$/.test(code));
      assert.equal(cut.length, 1, `${at}: ${damageText(diagnosis)}`);
      assert.ok(cut[0].offset !== null && cut[0].offset <= length, at);
    }
  });
});

Deno.test("a flipped bit in every region: named within its record, no record lost", async () => {
  await inScratch(async (folder) => {
    const bench = new Bench(folder);
    const regions = regionsOf(WHOLE);
    assert.deepEqual([...new Set(regions.map(({ name }) => name))].toSorted(), [
      "channel",
      "chunk data",
      "chunk head",
      "chunk index",
      "data end",
      "footer",
      "header",
      "last magic",
      "magic",
      "message index",
      "metadata",
      "metadata index",
      "schema",
      "statistics",
      "summary offset",
    ]);
    for (const { name, from, to } of regions) {
      for (let byte = from; byte < to; byte++) {
        // Most of a file is chunk data, where one byte is like the other.
        if (name === "chunk data" && byte % 9 !== 0 && !FULL) continue;
        for (const bit of FULL ? [0, 1, 2, 3, 4, 5, 6, 7] : [(byte * 5 + 3) % 8]) {
          await checkFlip(bench, { name, from, to }, byte, bit);
        }
      }
    }
  });
});

async function checkFlip(bench: Bench, region: Region, byte: number, bit: number): Promise<void> {
  const { name, from, to } = region;
  const bytes = WHOLE.slice();
  bytes[byte] ^= 1 << bit;
  const at = `bit ${bit} of byte ${byte} (${name}, ${from} to ${to})`;
  const isHead = byte - from < 9;
  const diagnosis = await (async () => {
    if (!isHead && byte % RECOVER_EVERY !== 0) return await bench.diagnose(bytes);
    const { diagnosis, recovery, texts } = await bench.look(bytes);
    assert.deepEqual(texts, TEXTS, at);
    assert.equal(recovery.unverified, 0, at);
    return diagnosis;
  })();
  assert.equal(diagnosis.verdict, "lossy", at);
  assert.equal(diagnosis.summary.records, TEXTS.length, at);
  const start = name === "chunk data" ? from - 49 : from;
  const named = diagnosis.damage.list.some(({ offset }) =>
    offset !== null && offset >= start && offset < to
  );
  assert.ok(named, `${at}: ${damageText(diagnosis)}`);
}

Deno.test("an oversized length field allocates nothing and loses no other record", async () => {
  await inScratch(async (folder) => {
    const bench = new Bench(folder);
    const rssBefore = Deno.memoryUsage().rss;
    for (const { name, from } of regionsOf(WHOLE)) {
      if (name.includes("magic") || name === "chunk data") continue;
      for (const length of [2n ** 64n - 1n, 2n ** 53n, 2n ** 32n, BigInt(WHOLE.length)]) {
        const bytes = WHOLE.slice();
        new DataView(bytes.buffer).setBigUint64(from + 1, length, true);
        const { diagnosis, texts } = await bench.look(bytes);
        const at = `${name} at ${from} of ${length} bytes`;
        assert.deepEqual(texts, TEXTS, at);
        assert.equal(diagnosis.verdict, "lossy", at);
        const named = diagnosis.damage.list.some(({ offset, code }) =>
          offset === from && /length|cut|record|summary/.test(code)
        );
        assert.ok(named, `${at}: ${damageText(diagnosis)}`);
      }
    }
    assert.ok(Deno.memoryUsage().rss - rssBefore < 256e6, "no buffer of a claimed size");
  });
});

Deno.test("a hostile length within a chunk whose CRC is right loses only its record", async () => {
  await inScratch(async (folder) => {
    const bench = new Bench(folder);
    for (const [index, place] of PLACES.entries()) {
      const bytes = WHOLE.slice();
      const view = new DataView(bytes.buffer);
      view.setBigUint64(place.from + 1, 2n ** 62n, true);
      const chunk = regionsOf(WHOLE).find(({ from, to, name }) =>
        name === "chunk data" && from <= place.from && place.to <= to
      );
      assert.ok(chunk);
      view.setUint32(chunk.from - 16, crc32(bytes.subarray(chunk.from, chunk.to)), true);
      const { diagnosis, texts } = await bench.look(bytes);
      assert.deepEqual(texts, TEXTS.toSpliced(index, 1));
      assert.match(damageText(diagnosis), new RegExp(`at byte ${place.from} \\(chunk\\)`));
    }
  });
});

Deno.test("bytes overwritten anywhere: every record outside of them is salvaged", async () => {
  await inScratch(async (folder) => {
    const bench = new Bench(folder);
    const seed = Deno.env.get("GDN_TEST_SEED") ?? "1";
    for (let round = 0; round < (FULL ? 3000 : 100); round++) {
      const random = seededRandom(`${seed}/${round}`);
      const bytes = WHOLE.slice();
      const length = 2 + Math.floor(random.uniform() ** 2 * 600);
      const from = Math.floor(random.uniform() * (bytes.length - length));
      const zeros = random.uniform() < 0.3;
      for (let i = from; i < from + length; i++) {
        bytes[i] = zeros ? 0 : Math.floor(random.uniform() * 256);
      }
      const at = `GDN_TEST_SEED=${seed}, round ${round}: ${length} bytes at ${from}`;
      const { diagnosis, texts } = await bench.look(bytes);
      const untouched = TEXTS.filter((_, index) =>
        PLACES[index].to <= from || PLACES[index].from >= from + length
      );
      for (const text of untouched) assert.ok(texts.includes(text), at);
      assert.ok(texts.length <= TEXTS.length, at);
      const changed = bytes.some((byte, index) => byte !== WHOLE[index]);
      assert.equal(diagnosis.damage.total > 0, changed, at);
    }
  });
});

Deno.test("zeros where a power cut left them: named, and the records before them are there", async () => {
  await inScratch(async (folder) => {
    const bench = new Bench(folder);
    for (let length = 200; length < WHOLE.length; length += 61) {
      const bytes = new Uint8Array(length + 20_000);
      bytes.set(WHOLE.subarray(0, length));
      const { diagnosis, texts } = await bench.look(bytes);
      const whole = TEXTS.filter((_, index) => PLACES[index].to <= length);
      assert.deepEqual(texts, whole, `zeros from ${length}`);
      assert.match(damageText(diagnosis), /zero|20\d\d\d of its|after the end|bytes/);
      assert.notEqual(diagnosis.verdict, "complete");
    }
  });
});

Deno.test("a segment that is missing, and one of another flight, are named", async () => {
  await inScratch(async (folder) => {
    const bench = new Bench(folder);
    await Deno.writeFile(`${bench.flight}/segment_0002.mcap`, WHOLE);
    const { damage } = await bench.diagnose(WHOLE);
    assert.ok(damage.list.some(({ reason }) => /segment_0001\.mcap is missing/.test(reason)));
    await Deno.remove(`${bench.flight}/segment_0002.mcap`);
    const other = await mcapFile({
      records: smallFlight(4),
      flightId: FLIGHT_ID.replace("0c4f", "1111"),
    });
    const found = await bench.diagnose(other.bytes);
    assert.ok(found.damage.list.some(({ code }) => code === "flight_id"));
  });
});
