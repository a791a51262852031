/**
 * What an independent reader gets out of a recorder's segment, whole or cut.
 *
 * @module
 */
import { McapIndexedReader, McapStreamReader } from "@mcap/core";

/** A record as it stands in the file. */
export interface ReadRecord {
  readonly kind: string;
  readonly producerId: string;
  readonly timestampNs: number;
  readonly wallTime: string;
  readonly flightId: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly [extra: string]: unknown;
}

export interface Salvage {
  readonly records: readonly ReadRecord[];
  /** The file has its end, with its magic bytes. */
  readonly whole: boolean;
}

const text = new TextDecoder();

/** Records of all whole chunks from the file's beginning on, check sums held against them. */
export function salvage(bytes: Uint8Array): Salvage {
  const reader = new McapStreamReader({ validateCrcs: true });
  reader.append(bytes);
  const records: ReadRecord[] = [];
  try {
    for (let record = reader.nextRecord(); record; record = reader.nextRecord()) {
      if (record.type === "Message") records.push(JSON.parse(text.decode(record.data)));
    }
    return { records, whole: reader.done() };
  } catch {
    return { records, whole: false };
  }
}

/** The indexed reader of @mcap/core over bytes; it throws for a file without its end. */
export async function indexed(bytes: Uint8Array): Promise<McapIndexedReader> {
  return await McapIndexedReader.Initialize({
    readable: {
      size: () => Promise.resolve(BigInt(bytes.length)),
      read: (offset, length) =>
        Promise.resolve(bytes.slice(Number(offset), Number(offset) + Number(length))),
    },
  });
}

/** Segments of a flight's folder with their bytes, by number. */
export function segmentsOf(folder: string): readonly { name: string; bytes: Uint8Array }[] {
  return [...Deno.readDirSync(folder)]
    .filter(({ name }) => name.endsWith(".mcap"))
    .map(({ name }) => ({ name, bytes: Deno.readFileSync(`${folder}/${name}`) }))
    .sort((a, b) => Number(a.name.match(/\d+/)) - Number(b.name.match(/\d+/)));
}
