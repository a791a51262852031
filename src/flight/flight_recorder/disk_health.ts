/**
 * Tracks whether the disk accepts writes. After a failure the writer keeps draining and discards
 * the payloads, and tries the disk again from time to time.
 *
 * @module
 */
import { messageOf } from "../../core/mod.ts";
import type { FdrAlert } from "./contract.ts";
import { isDiskFull } from "./disk.ts";

/** Messages of the writer to its owner. */
export interface WriterEvents {
  /** Once for each flight and reason. */
  alert(alert: FdrAlert): void;
  log(
    level: "debug" | "info" | "warn" | "error",
    kind: string,
    fields: Readonly<Record<string, unknown>>,
    message: string,
  ): void;
}

const RETRY_MS = 500;
/** Failures between two log lines are counted and reported with the next line. */
const LOG_INTERVAL_MS = 5_000;

type State =
  | { readonly name: "healthy" }
  | { readonly name: "degraded"; readonly retryAtMs: number }
  /** While degraded, some records are let through to test the disk. */
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

  /** false: payloads are discarded. */
  get writable(): boolean {
    return this.#state.name !== "degraded";
  }

  get healthy(): boolean {
    return this.#state.name === "healthy";
  }

  /** Whether it is time to test if the disk has recovered. */
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

  /** The disk refused an operation that no record depends on. */
  trouble(action: string, error: unknown, nowMs: number): void {
    const reason = isDiskFull(error) ? "disk_full" : "disk_failed";
    const remedy = reason === "disk_full" ? "free some space" : "check the disk";
    const message = `the flight recorder cannot ${action} in ${this.#flightFolder}: ${
      messageOf(error)
    }; the flight continues and lost records are counted (${remedy})`;
    this.alert(reason, message);
    if (nowMs - this.#loggedMs < LOG_INTERVAL_MS) {
      this.#unlogged++;
      return;
    }
    this.#events.log("error", `c13.${reason}`, { failuresBefore: this.#unlogged }, message);
    this.#loggedMs = nowMs;
    this.#unlogged = 0;
  }

  /** What was written is synced to the disk. */
  succeeded(): void {
    if (this.#state.name !== "probing") return;
    this.#state = { name: "healthy" };
    // The next failure is reported again.
    this.#loggedMs = -Infinity;
    const message = `the flight recorder writes again in ${this.#flightFolder}`;
    this.#events.log("warn", "c13.disk_recovered", {}, message);
  }

  /** Alerts that are not yet in the flight's record. */
  readonly unrecorded: FdrAlert[] = [];

  alert(reason: FdrAlert["reason"], message: string): void {
    if (this.#alerted.has(reason)) return;
    this.#alerted.add(reason);
    this.unrecorded.push({ reason, message });
    this.#events.alert({ reason, message });
  }
}
