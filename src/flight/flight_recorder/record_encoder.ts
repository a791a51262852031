/**
 * Encodes records for a slot: MessagePack of `[kind, timestampNs, payload]`.
 *
 * A record is encoded into private memory and then copied into its slot, so that one that is too
 * large or cannot be encoded leaves nothing behind and evicts nothing. (Encoding directly into
 * shared memory takes as long; the copy adds 5 %.)
 *
 * msgpackr is imported by its parts: its main module reads an environment variable that airborne
 * may not read, for a native part that is slower than JavaScript for short strings.
 *
 * @module
 */
import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { messageOf } from "../../core/mod.ts";
import { FdrRecordEncodeError, FdrRecordError, FdrRecordTooLargeError } from "./errors.ts";
import { jsonValue } from "./json_value.ts";
import { decodeJson, UNCOMMON } from "./slot_decoder.ts";

/** A decoded record; the payload holds only JSON values. */
export interface SlotRecord {
  readonly kind: string;
  readonly timestampNs: number;
  readonly payload: Record<string, unknown>;
}

/** With a smaller buffer msgpackr would allocate a new one for every record. */
const SCRATCH_BYTES_MIN = 8192;
/**
 * Bytes that msgpackr reserves for each UTF-16 unit of a string, and once for the rest of the
 * record.
 */
const SCRATCH_PER_SLOT = 4;

/** Extension types, so that typed arrays, sets and errors are decoded as what they are. */
const FORMAT = { useRecords: false, mapsAsObjects: true, moreTypes: true, int64AsType: "auto" };

const utf8 = new TextEncoder();

/**
 * The part of a Node Buffer that msgpackr needs: a method for strings of 64 units and more. Its
 * views are plain arrays, which are cheaper than Buffers. (msgpackr's mode to reuse a buffer would
 * avoid the view, but after the first long string it takes 10 times as long for every later
 * record.)
 */
class Scratch extends Uint8Array<ArrayBuffer> {
  static get [Symbol.species](): Uint8ArrayConstructor {
    return Uint8Array;
  }

  constructor(bytes: number) {
    super(new ArrayBuffer(bytes));
  }

  utf8Write(text: string, offset: number): number {
    return utf8.encodeInto(text, this.subarray(offset)).written;
  }
}

/**
 * msgpackr has one buffer per thread, and a payload's toJSON or getter may itself make a record.
 */
let encoding = false;

export class RecordEncoder {
  readonly #slotBytes: number;
  readonly #packr = new Packr(FORMAT as ConstructorParameters<typeof Packr>[0]);
  readonly #scratch: Scratch;

  constructor(slotBytes: number) {
    this.#slotBytes = slotBytes;
    this.#scratch = new Scratch(SCRATCH_PER_SLOT * slotBytes + SCRATCH_BYTES_MIN);
  }

  /**
   * The bytes are valid until the next call.
   *
   * @throws FdrRecordTooLargeError when they do not fit a slot.
   * @throws FdrRecordEncodeError for circular references, a symbol, a payload that is not an
   * object, an invalid time.
   */
  encode(kind: string, timestampNs: number, payload: unknown): Uint8Array {
    if (!Number.isSafeInteger(timestampNs) || timestampNs < 0) {
      throw new FdrRecordEncodeError(
        kind,
        `its time ${timestampNs} is not a whole number of nanoseconds`,
      );
    }
    if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
      throw new FdrRecordEncodeError(kind, "its payload is not an object");
    }
    const bytes = encoding
      ? this.#encodeInside(kind, timestampNs, payload)
      : this.#encodeAlone(kind, timestampNs, payload);
    if (bytes.length > this.#slotBytes) throw new FdrRecordTooLargeError(kind, this.#slotBytes);
    return bytes;
  }

  #encodeAlone(kind: string, timestampNs: number, payload: object): Uint8Array {
    encoding = true;
    try {
      // Its types require a Buffer; the code does not.
      this.#packr.useBuffer(this.#scratch as unknown as Parameters<Packr["useBuffer"]>[0]);
      return this.#packr.pack([kind, timestampNs, payload]);
    } catch (error) {
      throw new FdrRecordEncodeError(kind, messageOf(error), error);
    } finally {
      encoding = false;
    }
  }

  /** Encodes into another buffer, because the usual one is in use. */
  #encodeInside(kind: string, timestampNs: number, payload: object): Uint8Array {
    try {
      return this.#packr.pack([kind, timestampNs, payload]);
    } catch (error) {
      throw new FdrRecordEncodeError(kind, messageOf(error), error);
    }
  }
}

const unpackr = new Unpackr(FORMAT as ConstructorParameters<typeof Unpackr>[0]);

/**
 * Decodes a record from its slot's bytes.
 *
 * @throws FdrRecordError when they are not a record.
 */
export function decodeSlot(bytes: Uint8Array): SlotRecord {
  let value: unknown;
  try {
    value = decodeJson(bytes);
    if (value === UNCOMMON) value = jsonValue(unpackr.unpack(bytes));
  } catch (error) {
    throw new FdrRecordError(`its slot does not hold MessagePack (${messageOf(error)})`, error);
  }
  if (!Array.isArray(value) || value.length !== 3 || typeof value[0] !== "string") {
    throw new FdrRecordError("its slot does not hold [kind, timestampNs, payload]");
  }
  const timestampNs = value[1], payload = value[2];
  if (!Number.isSafeInteger(timestampNs) || timestampNs < 0) {
    throw new FdrRecordError(`its time ${timestampNs} is not a whole number of nanoseconds`);
  }
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    throw new FdrRecordError("its payload is not an object");
  }
  return { kind: value[0], timestampNs, payload: payload as Record<string, unknown> };
}
