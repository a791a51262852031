/**
 * A telemetry log of a ground station: for each MAVLink frame that came or went, 8 bytes of time
 * (microseconds since 1970, UTC, most significant byte first), then the frame.
 *
 * Frames have check sums and stamps have none: the frames are looked for as in any stream of bytes, and
 * a stamp is what stands before one. So no damage, wherever it is, costs more than what it covers.
 *
 * @module
 */
import { MavlinkSplitter, type Packet } from "../../../link/mavlink/mod.ts";

const STAMP_BYTES = 8;
/** The longest frame: what the splitter may still wait for. */
const FRAME_BYTES_MAX = 280;
const STAMP_MIN_USEC = Date.UTC(2000, 0, 1) * 1e3;
const STAMP_MAX_USEC = Date.UTC(2100, 0, 1) * 1e3;

interface TlogRecord {
  /** Microseconds since 1970; null where no time stands before the frame. */
  readonly stampUsec: number | null;
  readonly packet: Packet;
}

export class TlogSplitter {
  readonly #splitter = new MavlinkSplitter();
  /** The last bytes before those that are pushed next: a stamp and the beginning of its frame. */
  #before: Uint8Array = new Uint8Array();
  #pushed = 0;
  #recordBytes = 0;

  /** Bytes of no record, among all that were pushed. */
  get bytesSkipped(): number {
    // A signature that was cut counts whole.
    return Math.max(0, this.#pushed - this.#recordBytes);
  }

  push(bytes: Uint8Array): TlogRecord[] {
    const first = this.#pushed - this.#before.length;
    const data = new Uint8Array(this.#before.length + bytes.length);
    data.set(this.#before);
    data.set(bytes, this.#before.length);
    const records = this.#splitter.push(bytes).map((packet) => ({
      packet,
      stampUsec: stampAt(data, packet.offset - first - STAMP_BYTES),
    }));
    for (const { packet, stampUsec } of records) {
      this.#recordBytes += packet.bytes + (stampUsec === null ? 0 : STAMP_BYTES);
    }
    this.#pushed += bytes.length;
    this.#before = data.slice(Math.max(0, data.length - FRAME_BYTES_MAX - STAMP_BYTES));
    return records;
  }

  /** Frames that stand behind the beginning of one that was cut. */
  end(): TlogRecord[] {
    const records = this.push(new Uint8Array(FRAME_BYTES_MAX));
    this.#pushed -= FRAME_BYTES_MAX;
    return records;
  }
}

function stampAt(data: Uint8Array, at: number): number | null {
  if (at < 0) return null;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const usec = view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
  return usec > STAMP_MIN_USEC && usec < STAMP_MAX_USEC ? usec : null;
}

/** Whether these first bytes of a file hold frames with times before them, more than frames without. */
export function isTlog(head: Uint8Array): boolean {
  const records = new TlogSplitter().push(head);
  return 2 * records.filter(({ stampUsec }) => stampUsec !== null).length > records.length;
}
