/**
 * Small recorded flights, made by the writer of @mcap/core, whose every record is known.
 *
 * @module
 */
import { McapWriter } from "@mcap/core";
import { FDR_SCHEMA_VERSION } from "../../src/flight/flight_recorder/mod.ts";

export const FLIGHT_ID = "0c4f2f0e-3c3b-4d5a-9a53-6f1d7e3a9b10";
const START_UTC_MS = Date.UTC(2026, 0, 1);

export interface KnownRecord {
  readonly kind: string;
  readonly timestampNs: number;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly producerId?: string;
}

export interface FixtureOptions {
  readonly records: readonly KnownRecord[];
  readonly chunkBytes?: number;
  /** False: messages outside of chunks, as MCAP allows. */
  readonly useChunks?: boolean;
  readonly flightId?: string;
  readonly schemaVersion?: string;
  /** Top-level fields beside the envelope. */
  readonly extra?: Readonly<Record<string, unknown>>;
  readonly compressChunk?: (bytes: Uint8Array) => {
    compression: string;
    compressedData: Uint8Array;
  };
}

export interface FixtureFile {
  readonly bytes: Uint8Array;
  /** The JSON text of each message, in order. */
  readonly texts: readonly string[];
}

/** One whole MCAP file with these records. */
export async function mcapFile(options: FixtureOptions): Promise<FixtureFile> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const writer = new McapWriter({
    writable: {
      write(bytes) {
        parts.push(bytes.slice());
        length += bytes.length;
        return Promise.resolve();
      },
      position: () => BigInt(length),
    },
    chunkSize: options.chunkBytes ?? 1024,
    useChunks: options.useChunks ?? true,
    ...options.compressChunk === undefined ? {} : { compressChunk: options.compressChunk },
  });
  await writer.start({ profile: "", library: "gps-denied-onboard" });
  const encoder = new TextEncoder();
  const channels = new Map<string, number>();
  const texts: string[] = [];
  const header = options.records.find(({ kind }) => kind === "flight_header");
  if (header !== undefined) {
    await writer.addMetadata({
      name: "flight_header",
      metadata: new Map(Object.entries(header.payload).map(([k, v]) => [k, JSON.stringify(v)])),
    });
  }
  for (const [sequence, record] of options.records.entries()) {
    let channelId = channels.get(record.kind);
    if (channelId === undefined) {
      const schemaId = await writer.registerSchema({
        name: record.kind,
        encoding: "jsonschema",
        // Small on purpose: each byte of a fixture is damaged in turn.
        data: encoder.encode('{"type":"object"}'),
      });
      const channel = { topic: record.kind, schemaId, messageEncoding: "json" };
      channelId = await writer.registerChannel({ ...channel, metadata: new Map() });
      channels.set(record.kind, channelId);
    }
    const text = envelope(record, options);
    texts.push(text);
    const time = BigInt(record.timestampNs);
    await writer.addMessage({
      channelId,
      sequence,
      logTime: time,
      publishTime: time,
      data: encoder.encode(text),
    });
  }
  await writer.end();
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, texts };
}

const MAGIC_BYTES = 8, RECORD_HEAD_BYTES = 9, CHUNK_OPCODE = 0x06, CHUNK_CRC_AT = 24;

/** The same file with 0 for the CRC of its first chunks: "not computed", as MCAP has it. */
export function withoutChunkCrcs(bytes: Uint8Array, chunks = Infinity): Uint8Array {
  let left = chunks;
  const out = bytes.slice();
  const view = new DataView(out.buffer);
  for (let at = MAGIC_BYTES; at < out.length - MAGIC_BYTES;) {
    if (out[at] === CHUNK_OPCODE && left-- > 0) {
      view.setUint32(at + RECORD_HEAD_BYTES + CHUNK_CRC_AT, 0, true);
    }
    at += RECORD_HEAD_BYTES + Number(view.getBigUint64(at + 1, true));
  }
  return out;
}

function envelope(record: KnownRecord, options: FixtureOptions): string {
  return JSON.stringify({
    schemaVersion: options.schemaVersion ?? FDR_SCHEMA_VERSION,
    kind: record.kind,
    producerId: record.producerId ?? "airborne",
    timestampNs: record.timestampNs,
    wallTime: new Date(START_UTC_MS + record.timestampNs / 1e6).toISOString(),
    flightId: options.flightId ?? FLIGHT_ID,
    payload: record.payload,
    ...options.extra,
  });
}

export const HEADER: KnownRecord = {
  kind: "flight_header",
  timestampNs: 0,
  payload: {
    name: "fixture",
    software: "test",
    startUtc: "2026-01-01T00:00:00.000Z",
    strategies: { vio: "planar_klt" },
  },
};

/** What a flight of `written` records (the footer not counted) ends with. */
export function footer(timestampNs: number, written: number, more: object = {}): KnownRecord {
  return {
    kind: "flight_footer",
    timestampNs,
    payload: {
      cleanShutdown: true,
      recordsWritten: written,
      recordsDroppedOverrun: 0,
      bytesWritten: 1,
      rolloverCount: 0,
      ...more,
    },
  };
}

/** A whole small flight: header, `count` records of three kinds at 10 Hz, one unknown kind, footer. */
export function smallFlight(count: number): KnownRecord[] {
  const records: KnownRecord[] = [HEADER];
  for (let i = 1; i <= count; i++) {
    const timestampNs = i * 100_000_001;
    if (i % 3 === 0) {
      const payload = { state: "tracking", strategy: "planar_klt", tracks: i };
      records.push({ kind: "vio.health", timestampNs, payload });
    } else if (i % 3 === 1) {
      const payload = { level: "WARN", component: "x", message: `message ${i} é` };
      records.push({ kind: "log", timestampNs, payload });
    } else {
      const payload = { of: "a newer program", number: i, list: [i, { deep: null }] };
      records.push({ kind: "x.not_known_yet", timestampNs, payload });
    }
  }
  records.push(footer((count + 1) * 100_000_001, records.length));
  return records;
}
