/**
 * The files of MCAP's conformance suite, read as @mcap/core reads them: the same records, and no damage.
 *
 * The suite's files are generated (github.com/foxglove/mcap, tests/conformance, `generate-inputs`):
 * `GDN_MCAP_CONFORMANCE` names the folder that holds them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { McapStreamReader } from "@mcap/core";
import { FileSource } from "../../src/flight/flight_record/byte_source.ts";
import { diagnoseFlight, findFlight } from "../../src/flight/flight_record/mod.ts";
import { scanSegment } from "../../src/flight/flight_record/segment_scan.ts";

const FOLDER = Deno.env.get("GDN_MCAP_CONFORMANCE");
if (FOLDER === undefined) {
  console.log("skipping MCAP's conformance suite: GDN_MCAP_CONFORMANCE names no folder");
}

interface Contents {
  readonly messages: readonly unknown[];
  readonly schemas: readonly unknown[];
  readonly channels: readonly unknown[];
  readonly attachments: number;
  readonly metadata: readonly unknown[];
}

async function filesIn(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) found.push(...await filesIn(`${folder}/${name}`));
    else if (name.endsWith(".mcap")) found.push(`${folder}/${name}`);
  }
  return found.sort();
}

/** Of the data section: a summary repeats schemas and channels. */
async function byCore(path: string): Promise<Contents> {
  const reader = new McapStreamReader({ validateCrcs: true });
  reader.append(await Deno.readFile(path));
  const found = {
    messages: [] as unknown[],
    schemas: [] as unknown[],
    channels: [] as unknown[],
    attachments: 0,
    metadata: [] as unknown[],
  };
  let inSummary = false;
  for (let record = reader.nextRecord(); record; record = reader.nextRecord()) {
    if (record.type === "DataEnd") inSummary = true;
    if (record.type === "Message") {
      const { channelId, sequence, logTime, data } = record;
      found.messages.push([channelId, sequence, logTime, data.toHex()]);
    }
    if (record.type === "Attachment") found.attachments++;
    if (record.type === "Metadata") found.metadata.push([record.name, [...record.metadata]]);
    if (inSummary) continue;
    if (record.type === "Schema") {
      found.schemas.push([record.id, record.name, record.encoding, record.data.toHex()]);
    }
    if (record.type === "Channel") {
      found.channels.push([record.id, record.schemaId, record.topic, record.messageEncoding]);
    }
  }
  assert.ok(reader.done(), path);
  return found;
}

async function byOurs(path: string): Promise<Contents> {
  using source = await FileSource.open(path);
  const found = {
    messages: [] as unknown[],
    schemas: [] as unknown[],
    channels: [] as unknown[],
    attachments: 0,
    metadata: [] as unknown[],
  };
  for await (const { events } of scanSegment(source)) {
    for (const event of events) {
      if (event.type === "damage") assert.fail(`${path}: ${event.damage.reason}`);
      const messages = event.type === "chunk"
        ? event.chunk.messages
        : event.type === "message"
        ? [event.message]
        : [];
      for (const { channelId, sequence, logTimeNs, data } of messages) {
        found.messages.push([channelId, sequence, logTimeNs, data.toHex()]);
      }
      if (event.type === "attachment") found.attachments++;
      if (event.type === "metadata") {
        found.metadata.push([event.metadata.name, [...event.metadata.values]]);
      }
      if (event.type === "schema" && !event.inSummary) {
        const { id, name, encoding, data } = event.schema;
        found.schemas.push([id, name, encoding, data.toHex()]);
      }
      if (event.type === "channel" && !event.inSummary) {
        const { id, schemaId, topic, messageEncoding } = event.channel;
        found.channels.push([id, schemaId, topic, messageEncoding]);
      }
    }
  }
  return found;
}

Deno.test({
  name: "MCAP's conformance suite is read as @mcap/core reads it, and none of it is a flight",
  ignore: FOLDER === undefined,
  fn: async () => {
    const files = await filesIn(FOLDER ?? "");
    assert.ok(files.length > 0, `${FOLDER} holds no MCAP file`);
    for (const path of files) {
      assert.deepEqual(await byOurs(path), await byCore(path), path);
      const { verdict, damage } = await diagnoseFlight(await findFlight(path));
      assert.equal(verdict, "nothing", path);
      const codes = [...damage.counts.keys()].filter((code) => code !== "not_a_record");
      assert.deepEqual(codes, [], `${path}: ${JSON.stringify(damage.list)}`);
    }
    console.log(`${files.length} files of the conformance suite`);
  },
});
