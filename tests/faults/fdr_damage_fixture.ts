/**
 * Damages recorded flights, and looks at what the doctor says and what is salvaged.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type IReadable, McapIndexedReader } from "@mcap/core";
import {
  describeDamage,
  diagnoseFlight,
  type Diagnosis,
  findFlight,
  recoverFlight,
  type Recovery,
} from "../../src/flight/flight_record/mod.ts";
import { FLIGHT_ID } from "../support/flight_record_fixture.ts";

export interface Region {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const NAMES = [
  "",
  "header",
  "footer",
  "schema",
  "channel",
  "message",
  "chunk",
  "message index",
  "chunk index",
  "attachment",
  "attachment index",
  "statistics",
  "metadata",
  "metadata index",
  "summary offset",
  "data end",
];

/** Records of a whole file; chunks by their head and their records. */
export function regionsOf(bytes: Uint8Array): Region[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const regions: Region[] = [{ name: "magic", from: 0, to: 8 }];
  for (let at = 8; at < bytes.length - 8;) {
    const to = at + 9 + Number(view.getBigUint64(at + 1, true));
    const name = NAMES[bytes[at]];
    if (name === "chunk") {
      regions.push({ name: "chunk head", from: at, to: at + 49 });
      regions.push({ name: "chunk data", from: at + 49, to });
    } else regions.push({ name, from: at, to });
    at = to;
  }
  regions.push({ name: "last magic", from: bytes.length - 8, to: bytes.length });
  return regions;
}

/** Where each message record stands, by its text. */
export function messagePlaces(bytes: Uint8Array, texts: readonly string[]): Region[] {
  const encoder = new TextEncoder();
  const buffer = new TextDecoder("latin1").decode(bytes);
  return texts.map((text) => {
    const data = new TextDecoder("latin1").decode(encoder.encode(text));
    const start = buffer.indexOf(data);
    assert.ok(start > 0 && buffer.indexOf(data, start + 1) < 0, "each text stands there once");
    return { name: "message", from: start - 31, to: start + data.length };
  });
}

/** Texts of all messages, by the reader of @mcap/core, which checks CRCs. */
export async function textsIn(path: string): Promise<string[]> {
  const bytes = await Deno.readFile(path);
  const readable: IReadable = {
    size: () => Promise.resolve(BigInt(bytes.length)),
    read: (offset, size) => Promise.resolve(bytes.slice(Number(offset), Number(offset + size))),
  };
  const reader = await McapIndexedReader.Initialize({ readable });
  const found: { sequence: number; text: string }[] = [];
  for await (const { sequence, data } of reader.readMessages()) {
    found.push({ sequence, text: new TextDecoder().decode(data) });
  }
  return found.sort((a, b) => a.sequence - b.sequence).map(({ text }) => text);
}

export interface Outcome {
  readonly diagnosis: Diagnosis;
  readonly recovery: Recovery;
  /** Of the recovered file; none where there is none. */
  readonly texts: readonly string[];
}

/** A folder in which one damaged flight after the other is looked at. */
export class Bench {
  readonly flight: string;
  readonly segment: string;
  readonly #out: string;

  constructor(folder: string) {
    this.flight = `${folder}/${FLIGHT_ID}`;
    this.segment = `${this.flight}/segment_0000.mcap`;
    this.#out = `${folder}/recovered.mcap`;
    Deno.mkdirSync(this.flight);
  }

  async diagnose(bytes: Uint8Array): Promise<Diagnosis> {
    await Deno.writeFile(this.segment, bytes);
    return await diagnoseFlight(await findFlight(this.flight));
  }

  async look(bytes: Uint8Array): Promise<Outcome> {
    const diagnosis = await this.diagnose(bytes);
    const recovery = await recoverFlight(await findFlight(this.flight), this.#out);
    assert.deepEqual(await Deno.readFile(this.segment), bytes, "the original is only read");
    if (recovery.path === null) {
      await assert.rejects(Deno.stat(this.#out), Deno.errors.NotFound);
      return { diagnosis, recovery, texts: [] };
    }
    const texts = await textsIn(this.#out);
    await Deno.remove(this.#out);
    return { diagnosis, recovery, texts };
  }
}

export function damageText({ damage }: Diagnosis): string {
  return damage.list.map(describeDamage).join("\n");
}
