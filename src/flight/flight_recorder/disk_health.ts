/**
 * Whether the disk takes what it is given. After a failure the writer keeps draining and drops the
 * payload, and tries the disk again from time to time.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";
import type { FdrAlert } from "./contract.ts";
import { isDiskFull } from "./disk.ts";

/** What the writer tells its owner. */
export interface WriterEvents {
  /** Once per flight and reason. */
  alert(alert: FdrAlert): void;
  log(
    level: "debug" | "info" | "warn" | "error",
    kind: string,
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ): void;
}

const RETRY_MS = 500;
/** Failures in between are counted and told with the next line. */
const LOG_INTERVAL_MS = 5_000;

type State =
  | { readonly name: "healthy" }
  | { readonly name: "degraded"; readonly retryAtMs: number }
  /** Records are let through to see whether the disk takes them. */
  | { readonly name: "probing" };

export class DiskHealth {
  readonly #events: WriterEvents;
  readonly #flightFolder: string;
  #state: State = { name: "healthy" };
  readonly #alerted = new Set<FdrAlert["reason"]>();
  #loggedMs = -Infinity;
  #unlogged = 0;

  constructor(flightFolder: string, events: WriterEvents) {
    this.#flightFolder = flightFolder;
    this.#events = events;
  }

  /** false: payloads are dropped. */
  get writable(): boolean {
    return this.#state.name !== "degraded";
  }

  get healthy(): boolean {
    return this.#state.name === "healthy";
  }

  /** It is time to see whether the disk has recovered. */
  isRetryDue(nowMs: number): boolean {
    return this.#state.name === "degraded" && nowMs >= this.#state.retryAtMs;
  }

  probe(): void {
    this.#state = { name: "probing" };
  }

  /** The disk refused records: degraded from now on. */
  failed(action: string, error: unknown, nowMs: number): void {
    this.#state = { name: "degraded", retryAtMs: nowMs + RETRY_MS };
    this.trouble(action, error, nowMs);
  }

  /** The disk refused something that no record depends on. */
  trouble(action: string, error: unknown, nowMs: number): void {
    const reason = isDiskFull(error) ? "disk_full" : "disk_failed";
    const mend = reason === "disk_full" ? "free some space" : "check the disk";
    const message = `the flight recorder cannot ${action} in ${this.#flightFolder}: ${
      messageOf(error)
    }; the flight goes on and what is lost is counted (${mend})`;
    this.alert(reason, message);
    if (nowMs - this.#loggedMs < LOG_INTERVAL_MS) {
      this.#unlogged++;
      return;
    }
    this.#events.log("error", `c13.${reason}`, { failuresBefore: this.#unlogged }, message);
    this.#loggedMs = nowMs;
    this.#unlogged = 0;
  }

  /** What was written is on the disk. */
  succeeded(): void {
    if (this.#state.name !== "probing") return;
    this.#state = { name: "healthy" };
    // The next failure is news.
    this.#loggedMs = -Infinity;
    const message = `the flight recorder writes again in ${this.#flightFolder}`;
    this.#events.log("warn", "c13.disk_recovered", {}, message);
  }

  /** Alerts that the flight's record does not have yet. */
  readonly unrecorded: FdrAlert[] = [];

  alert(reason: FdrAlert["reason"], message: string): void {
    if (this.#alerted.has(reason)) return;
    this.#alerted.add(reason);
    this.unrecorded.push({ reason, message });
    this.#events.alert({ reason, message });
  }
}
