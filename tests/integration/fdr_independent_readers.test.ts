import assert from "node:assert/strict";
import { inScratch } from "../support/scratch.ts";
import { type IReadable, McapIndexedReader } from "@mcap/core";
import { diagnoseFlight, findFlight, recoverFlight } from "../../src/flight/flight_record/mod.ts";
import { FDR_KINDS, fdrJsonSchema, type FdrKind } from "../../src/flight/flight_recorder/mod.ts";
import { fromFileUrl } from "../support/paths.ts";
import { PYTHON, python } from "../support/python.ts";
import { RECORDERS_OWN, recordFlight } from "../support/recorded_flight.ts";

const PYTHON_READER = fromFileUrl(new URL("../support/mcap_reader.py", import.meta.url));

const FOXGLOVE: Readonly<Record<string, string>> = {
  "nav.state": "foxglove.LocationFix",
  "nav.smoothed": "foxglove.LocationFix",
  "sensor.gps": "foxglove.LocationFix",
  "c8.position_out": "foxglove.LocationFix",
  failed_tile_thumbnail: "foxglove.CompressedImage",
};

interface Message {
  readonly topic: string;
  readonly logTimeNs: number;
  readonly message: Record<string, unknown>;
}

interface Topic {
  readonly messageEncoding: string;
  readonly schemaName: string;
  readonly schemaEncoding: string;
  readonly schema: object;
  readonly messages: number;
}

interface Held {
  readonly messages: number;
  readonly topics: Readonly<Record<string, Topic>>;
  readonly metadata: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** With CRC checks on, as they are by default. */
async function byMcapCore(path: string): Promise<{ held: Held; messages: Message[] }> {
  using file = await Deno.open(path);
  const { size } = await file.stat();
  const readable: IReadable = {
    size: () => Promise.resolve(BigInt(size)),
    async read(offset, length) {
      const bytes = new Uint8Array(Number(length));
      await file.seek(Number(offset), Deno.SeekMode.Start);
      for (let done = 0; done < bytes.length;) {
        const read = await file.read(bytes.subarray(done));
        assert.ok(read !== null);
        done += read;
      }
      return bytes;
    },
  };
  const reader = await McapIndexedReader.Initialize({ readable });
  const found: { sequence: number; message: Message }[] = [];
  const counts = new Map<number, number>();
  const text = new TextDecoder();
  for await (const { sequence, channelId, logTime, data } of reader.readMessages()) {
    const topic = reader.channelsById.get(channelId)?.topic ?? "";
    counts.set(channelId, (counts.get(channelId) ?? 0) + 1);
    const message = JSON.parse(text.decode(data));
    found.push({ sequence, message: { topic, logTimeNs: Number(logTime), message } });
  }
  const metadata: Record<string, Record<string, string>> = {};
  for await (const { name, metadata: values } of reader.readMetadata()) {
    metadata[name] = Object.fromEntries(values);
  }
  const topics: Record<string, Topic> = {};
  for (const channel of reader.channelsById.values()) {
    const schema = reader.schemasById.get(channel.schemaId);
    assert.ok(schema, channel.topic);
    topics[channel.topic] = {
      messageEncoding: channel.messageEncoding,
      schemaName: schema.name,
      schemaEncoding: schema.encoding,
      schema: JSON.parse(text.decode(schema.data)),
      messages: counts.get(channel.id) ?? 0,
    };
  }
  const messages = found.sort((a, b) => a.sequence - b.sequence).map(({ message }) => message);
  return { held: { messages: messages.length, topics, metadata }, messages };
}

async function byPython(path: string): Promise<{ held: Held; messages: Message[] }> {
  const [held, ...messages] = (await python([PYTHON_READER, path, "--messages"])).trimEnd()
    .split("\n").map((line) => JSON.parse(line));
  const short = messages.map(({ topic, logTimeNs, message }) => ({ topic, logTimeNs, message }));
  return { held: { ...held, header: undefined, chunks: undefined }, messages: short };
}

/** What both readers say, which is the same. */
async function byBoth(path: string): Promise<{ held: Held; messages: Message[] }> {
  const core = await byMcapCore(path);
  if (PYTHON === undefined) return core;
  const other = await byPython(path);
  assert.deepEqual(JSON.parse(JSON.stringify(other.held)), core.held);
  assert.deepEqual(other.messages, core.messages);
  return core;
}

Deno.test("a flight of many segments reads alike in @mcap/core, in Python and here", async () => {
  await inScratch(async (root) => {
    const flight = await recordFlight(root, { estimates: 600 });
    const files = await findFlight(flight.folder);
    assert.ok(files.segments.length >= 4, `${files.segments.length} segments`);
    const diagnosis = await diagnoseFlight(files);
    assert.deepEqual(diagnosis.damage.list, []);
    assert.equal(diagnosis.verdict, "complete");

    const counts = new Map<string, number>();
    const schemas = new Map<string, Topic>();
    let messages = 0;
    for (const { path } of files.segments) {
      const { held, messages: found } = await byBoth(path);
      messages += held.messages;
      assert.equal(found[0].topic, "flight_header", "any segment reads alone");
      assert.equal(held.metadata.flight_header.flightId, flight.flightId);
      for (const [topic, about] of Object.entries(held.topics)) {
        counts.set(topic, (counts.get(topic) ?? 0) + about.messages);
        schemas.set(topic, about);
      }
      for (const { topic, logTimeNs, message } of found) {
        assert.equal(message.kind, topic);
        assert.equal(message.timestampNs, logTimeNs);
        assert.equal(message.flightId, flight.flightId);
        if (FOXGLOVE[topic] === "foxglove.LocationFix") assertLocationFix(message);
      }
    }
    assert.equal(messages, flight.counters.recordsWritten + 1, "and the footer");
    for (const [kind, count] of flight.enqueued) assert.equal(counts.get(kind), count, kind);

    const kinds = Object.keys(FDR_KINDS).filter((kind) =>
      !RECORDERS_OWN.includes(kind) || /^flight_/.test(kind)
    );
    assert.deepEqual([...schemas.keys()].toSorted(), kinds.toSorted());
    for (const [kind, about] of schemas) {
      assert.equal(about.messageEncoding, "json");
      assert.equal(about.schemaEncoding, "jsonschema");
      assert.equal(about.schemaName, FOXGLOVE[kind] ?? kind);
      assert.deepEqual(about.schema, JSON.parse(fdrJsonSchema(kind as FdrKind)));
    }
  });
});

function assertLocationFix(message: Record<string, unknown>): void {
  const { latitude, longitude, position_covariance: covariance, payload } = message;
  const position = payload as { latitudeDeg: number; longitudeDeg: number };
  assert.equal(latitude, position.latitudeDeg);
  assert.equal(longitude, position.longitudeDeg);
  assert.equal((covariance as number[]).length, 9);
}

Deno.test("what recover makes of a cut flight reads alike in both, byte by byte as it was", async () => {
  await inScratch(async (root) => {
    const flight = await recordFlight(root, { estimates: 200 });
    const files = await findFlight(flight.folder);
    const last = files.segments[files.segments.length - 1];
    const before: Message[] = [];
    for (const { path } of files.segments) before.push(...(await byMcapCore(path)).messages);
    await Deno.truncate(last.path, Math.floor(last.sizeBytes * 0.4));

    const recovery = await recoverFlight(await findFlight(flight.folder), `${root}/whole.mcap`);
    assert.equal(recovery.verdict, "lossy");
    const perSegment = await recoverFlight(await findFlight(flight.folder), `${root}/whole`);
    assert.deepEqual(
      perSegment.segments.map(({ name }) => name),
      files.segments.map((s) => s.name),
    );
    const after: Message[] = [];
    for (const { path } of (await findFlight(`${root}/whole`)).segments) {
      after.push(...(await byBoth(path)).messages);
    }
    assert.ok(after.length < before.length && after.length === recovery.records);
    assert.deepEqual(after, before.slice(0, after.length));
    const { held } = await byBoth(`${root}/whole.mcap`);
    assert.equal(held.messages, recovery.records);
    assert.match(held.metadata.fdr_recovery.damage, /the file ends inside it/);
    assert.equal(held.topics["nav.state"].schemaName, "foxglove.LocationFix");
  });
});
