/**
 * A few parameters of the controller: read, and set until the controller says that it has them.
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import { MAV_PARAM_TYPE, type MessageOf, type OutgoingMessage } from "../../../link/mavlink/mod.ts";
import type { Target } from "./stream_requests.ts";

const RETRY_NS = 1e9;
const READ_TRIES = 10;
const SET_TRIES = 10;

interface Pending {
  tries: number;
  askedNs: number;
}

type Told = Pick<MessageOf<"PARAM_VALUE">, "paramValue" | "paramInt32" | "paramType">;

export class Parameters {
  /** As they came: how they are to be read may be known only later. */
  readonly #values = new Map<string, Told>();
  readonly #reads = new Map<string, Pending>();
  readonly #writes = new Map<string, Pending & { readonly value: number }>();
  /** PX4 sends an integer as its bits, ArduPilot as its value. */
  bytewise = false;

  /** undefined while the controller has not told it. */
  get(name: string): number | undefined {
    const told = this.#values.get(name);
    return told === undefined ? undefined : this.#valueOf(told);
  }

  /** Whether it was asked for often enough in vain: this firmware does not have it. */
  isAbsent(name: string): boolean {
    return !this.#values.has(name) && (this.#reads.get(name)?.tries ?? 0) >= READ_TRIES;
  }

  read(...names: readonly string[]): void {
    for (const name of names) this.#reads.set(name, { tries: 0, askedNs: -Infinity });
  }

  set(name: string, value: number): void {
    this.#writes.set(name, { value, tries: 0, askedNs: -Infinity });
  }

  observe({ paramId, paramValue, paramInt32, paramType }: MessageOf<"PARAM_VALUE">): void {
    const isWanted = this.#reads.has(paramId) || this.#writes.has(paramId);
    if (!isWanted) return;
    this.#values.set(paramId, { paramValue, paramInt32, paramType });
    if (this.#writes.get(paramId)?.value === this.get(paramId)) this.#writes.delete(paramId);
  }

  #valueOf({ paramValue, paramInt32, paramType }: Told): number {
    return this.bytewise && paramType !== MAV_PARAM_TYPE.REAL32 ? paramInt32 : paramValue;
  }

  /** What is to be sent now. */
  poll(nowNs: MonotonicNs, { systemId, componentId }: Target): OutgoingMessage[] {
    const messages: OutgoingMessage[] = [];
    const target = { targetSystem: systemId, targetComponent: componentId };
    for (const [paramId, read] of this.#reads) {
      if (this.#values.has(paramId) || read.tries >= READ_TRIES) continue;
      if (nowNs - read.askedNs < RETRY_NS) continue;
      read.tries++;
      read.askedNs = nowNs;
      messages.push({ name: "PARAM_REQUEST_READ", ...target, paramId, paramIndex: -1 });
    }
    for (const [paramId, write] of this.#writes) {
      if (nowNs - write.askedNs < RETRY_NS) continue;
      if (write.tries++ >= SET_TRIES) {
        this.#writes.delete(paramId);
        continue;
      }
      write.askedNs = nowNs;
      messages.push({
        name: "PARAM_SET",
        ...target,
        paramId,
        paramValue: write.value,
        ...(this.bytewise ? { paramInt32: write.value } : {}),
        paramType: this.bytewise ? MAV_PARAM_TYPE.INT32 : MAV_PARAM_TYPE.REAL32,
      });
    }
    return messages;
  }
}
