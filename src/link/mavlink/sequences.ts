/**
 * Frames that were lost on the way, from the numbers that each sender counts its own by.
 *
 * @module
 */

/** Senders beyond that are not counted: a stranger may invent 65,536 of them. */
const SENDERS_MAX = 64;

interface Sender {
  /** Of the newest frame. */
  sequence: number;
  /** Frames that it counted and that did not come so far. */
  missing: number;
  /** Of the last frame, where it came late. */
  late: number | undefined;
}

/**
 * Per system and component. A frame up to 127 numbers ahead of the expected one tells of that many lost;
 * one behind it came late, and is then not lost after all. Two in succession that are behind, and follow
 * each other, are a sender that started anew. The same number again tells nothing: there are senders that
 * do not count.
 */
export class SequenceCounter {
  readonly #senders = new Map<number, Sender>();
  lost = 0;
  late = 0;

  count(systemId: number, componentId: number, sequence: number): void {
    const key = systemId << 8 | componentId;
    const sender = this.#senders.get(key);
    if (sender === undefined) {
      if (this.#senders.size < SENDERS_MAX) {
        this.#senders.set(key, { sequence, missing: 0, late: undefined });
      }
      return;
    }
    const ahead = (sequence - sender.sequence - 1) & 0xff;
    if (ahead === 0xff) return;
    if (ahead < 0x80) {
      this.lost += ahead;
      sender.missing += ahead;
    } else if (sender.late === undefined || ((sequence - sender.late) & 0xff) !== 1) {
      this.late++;
      sender.late = sequence;
      if (sender.missing === 0) return;
      sender.missing--;
      this.lost--;
      return;
    }
    sender.sequence = sequence;
    sender.late = undefined;
  }
}
