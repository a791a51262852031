/**
 * Records as they lie in a slot: MessagePack of `[kind, timestampNs, payload]`.
 *
 * A record is encoded into private memory and copied into its slot when it is whole, so that one which
 * is too large or cannot be encoded leaves nothing behind and evicts nothing. (Encoding straight into
 * shared memory takes as long as encoding does; the copy adds 5 % to it.)
 *
 * msgpackr is imported by its parts: its main module wants to read an environment variable that
 * airborne may not read, for a native part that takes longer than JavaScript for short strings.
 *
 * @module
 */
import { Packr } from "msgpackr/pack";
import { Unpackr } from "msgpackr/unpack";
import { messageOf } from "../../core/mod.ts";
import { FdrRecordEncodeError, FdrRecordError, FdrRecordTooLargeError } from "./errors.ts";
import { jsonValue } from "./json_value.ts";
import { decodeJson, UNCOMMON } from "./slot_decoder.ts";

/** A record as it came out of a ring; the payload holds nothing but JSON. */
export interface SlotRecord {
  readonly kind: string;
  readonly timestampNs: number;
  readonly payload: Record<string, unknown>;
}

/** Below it, msgpackr would take a new buffer for every record. */
const SCRATCH_BYTES_MIN = 8192;
/** What msgpackr reserves for a string, bytes per UTF-16 unit, and one for the rest of the record. */
const SCRATCH_PER_SLOT = 4;

/** More types: typed arrays, sets and errors come out as what they are, not as bytes or nothing. */
const FORMAT = { useRecords: false, mapsAsObjects: true, moreTypes: true, int64AsType: "auto" };

const utf8 = new TextEncoder();

/**
 * What msgpackr needs of a Node Buffer: a method for strings of 64 units and more. Its views are plain
 * arrays, which are cheaper than Buffers. (msgpackr's mode to reuse a buffer would spare the view,
 * but after the first long string it takes 10 times as long for every record, for good.)
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

/** msgpackr has one buffer per thread; a payload's toJSON or getter may record something itself. */
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
   * The bytes are good until the next call.
   *
   * @throws FdrRecordTooLargeError when they do not fit a slot.
   * @throws FdrRecordEncodeError for a ring of references, a symbol, no object, no moment in time.
   */
  encode(kind: string, timestampNs: number, payload: unknown): Uint8Array {
    if (!Number.isSafeInteger(timestampNs) || timestampNs < 0) {
      throw new FdrRecordEncodeError(kind, `its time ${timestampNs} is no whole nanosecond`);
    }
    if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
      throw new FdrRecordEncodeError(kind, "its payload is no object");
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
      // Its types ask for a Buffer; the code does not.
      this.#packr.useBuffer(this.#scratch as unknown as Parameters<Packr["useBuffer"]>[0]);
      return this.#packr.pack([kind, timestampNs, payload]);
    } catch (error) {
      throw new FdrRecordEncodeError(kind, messageOf(error), error);
    } finally {
      encoding = false;
    }
  }

  /** Into a buffer of its own: the other one is in use. */
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
 * A record of its slot's bytes.
 *
 * @throws FdrRecordError when they are none.
 */
export function decodeSlot(bytes: Uint8Array): SlotRecord {
  let value: unknown;
  try {
    value = decodeJson(bytes);
    if (value === UNCOMMON) value = jsonValue(unpackr.unpack(bytes));
  } catch (error) {
    throw new FdrRecordError(`its slot holds no MessagePack (${messageOf(error)})`, error);
  }
  if (!Array.isArray(value) || value.length !== 3 || typeof value[0] !== "string") {
    throw new FdrRecordError("its slot does not hold [kind, timestampNs, payload]");
  }
  const timestampNs = value[1], payload = value[2];
  if (!Number.isSafeInteger(timestampNs) || timestampNs < 0) {
    throw new FdrRecordError(`its time ${timestampNs} is no whole nanosecond`);
  }
  if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
    throw new FdrRecordError("its payload is no object");
  }
  return { kind: value[0], timestampNs, payload: payload as Record<string, unknown> };
}
