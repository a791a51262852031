/**
 * Encodes records as JSON bytes: the envelope around a producer's payload.
 *
 * @module
 */
import { foxgloveFields } from "./foxglove.ts";
import { FDR_SCHEMA_VERSION } from "./record.ts";

/** Most bytes of UTF-8 for one UTF-16 unit. */
const UTF8_BYTES_MAX = 3;
const utf8 = new TextEncoder();

/** Makes the envelopes of one flight. */
export class RecordJson {
  readonly #utcOfZeroMs: number;
  #scratch = new Uint8Array(64 * 1024);
  #wallMs = NaN;
  #wallTime = "";
  /** Cached text before the time stamp, by producer and kind. */
  readonly #beginnings = new Map<string, Map<string, string>>();
  readonly #middle: string;

  constructor(flightId: string, utcOfZeroMs: number) {
    this.#utcOfZeroMs = utcOfZeroMs;
    this.#middle = `","flightId":${JSON.stringify(flightId)},"payload":`;
  }

  /**
   * The message; valid until the next call. Throws what JSON throws for a payload that it cannot
   * represent, and a RangeError for an invalid time.
   */
  encode(kind: string, producerId: string, timestampNs: number, payload: object): Uint8Array {
    if (!Number.isSafeInteger(timestampNs) || timestampNs < 0) {
      throw new RangeError(`a time stamp is a whole number of nanoseconds, got ${timestampNs}`);
    }
    const text = this.#beginning(producerId, kind) + timestampNs + ',"wallTime":"' +
      this.#wallTimeAt(timestampNs) + this.#middle + jsonOf(payload) +
      this.#fields(kind, timestampNs, payload);
    const sizeMax = text.length * UTF8_BYTES_MAX;
    if (this.#scratch.length < sizeMax) this.#scratch = new Uint8Array(2 * sizeMax);
    return this.#scratch.subarray(0, utf8.encodeInto(text, this.#scratch).written);
  }

  /** Fields for well-known tools beside the envelope, and the end of the message. */
  #fields(kind: string, timestampNs: number, payload: object): string {
    let fields: object | null;
    try {
      fields = foxgloveFields(kind, { timestampNs, payload }, this.#utcOfZeroMs);
    } catch {
      // A payload that lacks the fields of its kind is recorded anyway.
      fields = null;
    }
    return fields === null ? "}" : `,${jsonOf(fields).slice(1)}`;
  }

  /** ISO 8601; cached for records of the same millisecond. */
  #wallTimeAt(timestampNs: number): string {
    const wallMs = Math.floor(this.#utcOfZeroMs + timestampNs / 1e6);
    if (wallMs !== this.#wallMs) {
      this.#wallTime = new Date(wallMs).toISOString();
      this.#wallMs = wallMs;
    }
    return this.#wallTime;
  }

  #beginning(producerId: string, kind: string): string {
    let ofProducer = this.#beginnings.get(producerId);
    if (ofProducer === undefined) this.#beginnings.set(producerId, ofProducer = new Map());
    let beginning = ofProducer.get(kind);
    if (beginning === undefined) {
      beginning = `{"schemaVersion":${JSON.stringify(FDR_SCHEMA_VERSION)},"kind":${
        JSON.stringify(kind)
      },"producerId":${JSON.stringify(producerId)},"timestampNs":`;
      ofProducer.set(kind, beginning);
    }
    return beginning;
  }
}

/** An object's toJSON may return something else than an object. */
function jsonOf(value: object): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined || text[0] !== "{") throw new TypeError("a payload is an object");
  return text;
}
