import assert from "node:assert/strict";
import { type IReadable, McapIndexedReader } from "@mcap/core";
import { ManualClock, monotonicNs } from "../../src/core/mod.ts";
import {
  FdrClosedError,
  FdrKindError,
  FdrOpenError,
  type FdrRecord,
  FdrRecordSchema,
  openRecorder,
} from "../../src/flight_recorder/mod.ts";

const HEADER = {
  name: "test flight",
  software: "test",
  startUtc: "2026-01-01T00:00:00.000Z",
  strategies: { vio: "planar_klt" },
};

class BytesReadable implements IReadable {
  constructor(readonly bytes: Uint8Array) {}
  size = () => Promise.resolve(BigInt(this.bytes.length));
  read = (offset: bigint, size: bigint) =>
    Promise.resolve(this.bytes.subarray(Number(offset), Number(offset + size)));
}

async function readBack(
  path: string,
): Promise<{ reader: McapIndexedReader; records: FdrRecord[] }> {
  const readable = new BytesReadable(await Deno.readFile(path));
  const reader = await McapIndexedReader.Initialize({ readable });
  const records: FdrRecord[] = [];
  for await (const message of reader.readMessages()) {
    records.push(FdrRecordSchema.parse(JSON.parse(new TextDecoder().decode(message.data))));
  }
  return { reader, records };
}

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-recorder-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("openRecorder() writes a file that the indexed MCAP reader opens", async () => {
  await withFolder(async (folder) => {
    const clock = new ManualClock({ startUtc: new Date("2026-01-01T00:00:00Z") });
    const recorder = await openRecorder({ folder, header: HEADER, clock });
    for (let i = 0; i < 500; i++) {
      clock.set(monotonicNs(i * 1e8));
      recorder.record("vio.health", { state: "tracking", strategy: "planar_klt" }, clock.now());
    }
    recorder.record(
      "c5.source_label",
      { from: null, to: "dead_reckoned", reason: "start" },
      clock.now(),
    );
    await recorder.close({ cleanShutdown: true });
    const { reader, records } = await readBack(recorder.file);
    assert.equal(records.length, 503);
    assert.equal(records[0].kind, "flight_header");
    assert.equal(records.at(-1)?.kind, "flight_footer");
    assert.equal(records.at(-1)?.payload.recordsWritten, 502);
    assert.equal(records[11].wallTime, "2026-01-01T00:00:01.000Z");
    assert.ok(records.every((record) => record.flightId === recorder.flightId));
    assert.ok(reader.chunkIndexes.length > 10);
    const names = [...reader.schemasById.values()].map((schema) => schema.name).toSorted();
    assert.deepEqual(names, ["c5.source_label", "flight_footer", "flight_header", "vio.health"]);
    const schema = [...reader.schemasById.values()].find((entry) => entry.name === "vio.health");
    assert.ok(schema);
    const json = JSON.parse(new TextDecoder().decode(schema.data));
    assert.ok(json.properties.payload.properties.state.enum.includes("lost"));
    assert.deepEqual(reader.metadataIndexes.map((entry) => entry.name), [
      "flight_header",
      "flight_footer",
    ]);
  });
});

Deno.test("Recorder.record() refuses unknown and forbidden kinds at the call site", async () => {
  await withFolder(async (folder) => {
    const clock = new ManualClock();
    const recorder = await openRecorder({ folder, header: HEADER, clock });
    for (const kind of ["raw_nav_frame", "no.such.kind", "toString"]) {
      // deno-lint-ignore no-explicit-any
      assert.throws(() => recorder.record(kind as any, {} as any, clock.now()), FdrKindError);
    }
    await recorder.close();
    assert.throws(
      () => recorder.record("log", { level: "WARN", component: "x", message: "y" }, clock.now()),
      FdrClosedError,
    );
  });
});

Deno.test("Recorder.record() counts and tells payloads that break their schema", async () => {
  await withFolder(async (folder) => {
    const faults: string[] = [];
    const clock = new ManualClock();
    const recorder = await openRecorder({
      folder,
      header: HEADER,
      clock,
      onFault: (message) => faults.push(message),
    });
    for (let i = 0; i < 3; i++) {
      recorder.record("overrun", { droppedCount: NaN, producerId: "x" }, clock.now());
    }
    assert.equal(recorder.counts().recordsInvalid, 3);
    assert.equal(faults.length, 1);
    await recorder.close();
  });
});

Deno.test("Recorder drops the oldest and counts exactly when the queue is full", async () => {
  await withFolder(async (folder) => {
    const clock = new ManualClock();
    const recorder = await openRecorder({ folder, header: HEADER, clock, pendingBytesMax: 4000 });
    for (let i = 0; i < 1000; i++) {
      recorder.record("log", { level: "WARN", component: "x", message: `${i}` }, clock.now());
    }
    await recorder.close();
    const { records } = await readBack(recorder.file);
    const logs = records.filter((record) => record.kind === "log");
    assert.equal(logs.at(-1)?.payload.message, "999");
    assert.equal(logs.length + recorder.counts().recordsDroppedOverrun, 1000);
  });
});

Deno.test("openRecorder() ends with FdrOpenError and exit code 2 when it cannot write", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const opening = openRecorder({
      folder: `${folder}/file`,
      header: HEADER,
      clock: new ManualClock(),
    });
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof FdrOpenError);
      assert.equal(error.exitCode, 2);
      assert.match(error.message, /flight recorder cannot open/);
      return true;
    });
  });
});

Deno.test({
  name: "Recorder tells once and counts on when the disk is full",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  async fn() {
    await withFolder(async (folder) => {
      const mount = await new Deno.Command("mount", {
        args: ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder],
        stderr: "null",
      }).output();
      if (!mount.success) {
        console.log("skipped: this machine does not let the test mount a small file system");
        return;
      }
      try {
        const faults: string[] = [];
        const clock = new ManualClock();
        const onFault = (message: string) => faults.push(message);
        const recorder = await openRecorder({ folder, header: HEADER, clock, onFault });
        for (let i = 0; i < 2000; i++) {
          recorder.record("log", { level: "WARN", component: "x", message: `${i}` }, clock.now());
        }
        await recorder.close();
        const counts = recorder.counts();
        assert.ok(counts.recordsDroppedDisk > 0);
        assert.equal(faults.length, 1);
        assert.match(faults[0], /cannot write .*make room/);
      } finally {
        await new Deno.Command("umount", { args: [folder] }).output();
      }
    });
  },
});
