/**
 * What the flight tells the service manager (systemd): ready, alive, a status line, stopping.
 *
 * Alive means that the flight loop works, not that the process is there: nothing is said any more when an
 * event is not done with after half of the watchdog's time, or when JavaScript does not get to run.
 *
 * @module
 */
import type { Clock } from "../core/mod.ts";
import type { ServiceManager } from "../native/device/mod.ts";
import type { FlightOutput } from "./flight_output.ts";
import type { FrameLine } from "./json_lines.ts";

/** What the flight loop reports of itself. */
export interface LoopWatch {
  /** An event of this source is being processed from now on. */
  enter(source: object): void;
  /** The event of this source is done with. */
  leave(source: object): void;
  /** The sources have ended or were stopped; the outputs end now. */
  stopping(): void;
}

interface SupervisionOptions {
  /** null: nobody supervises the process, and nothing is done. */
  readonly manager: Pick<ServiceManager, "notify" | "watchdogMs"> | null;
  /** The system's: a watchdog is about real time, also in a replay. */
  readonly clock: Clock;
  /** Calls back every so many milliseconds until disposed of. */
  readonly repeat?: (periodMs: number, callback: () => void) => Disposable;
}

const STATUS_PERIOD_MS = 1000;
/** Well within the minute that each word of it is good for. */
const STARTING_PERIOD_MS = 5000;

/**
 * Tells the service manager while a package is verified: a large one on a slow card takes longer than any start
 * should that does not get on. Nothing in the first seconds: nearly all starts are over by then.
 */
export function whileStarting(
  manager: Pick<ServiceManager, "notify"> | null,
  onVerified: (doneBytes: number, totalBytes: number) => void = () => {},
  nowMs: () => number = () => performance.now(),
): (doneBytes: number, totalBytes: number) => void {
  let toldMs = nowMs();
  return (doneBytes, totalBytes) => {
    onVerified(doneBytes, totalBytes);
    if (manager === null || nowMs() - toldMs < STARTING_PERIOD_MS) return;
    toldMs = nowMs();
    const share = Math.floor(100 * doneBytes / Math.max(1, totalBytes));
    manager.notify("starting", `verifying the package: ${share} %`);
  };
}

export class FlightSupervision implements LoopWatch, FlightOutput, Disposable {
  readonly name = "service manager";
  readonly #manager: SupervisionOptions["manager"];
  readonly #clock: Clock;
  readonly #repeat: NonNullable<SupervisionOptions["repeat"]>;
  /** When the event of each source that is at work was begun. */
  readonly #begunMs = new Map<object, number>();
  #timer: Disposable | null = null;
  #aliveAtMs = -Infinity;
  #statusAtMs = -Infinity;
  #frames = 0;
  #fixes = 0;
  #faults = 0;
  #last: FrameLine | null = null;

  constructor({ manager, clock, repeat = everyMs }: SupervisionOptions) {
    this.#manager = manager;
    this.#clock = clock;
    this.#repeat = repeat;
  }

  /** The program is composed: the first event may come. */
  ready(): void {
    this.#manager?.notify("ready", "ready, no frame yet");
    const watchdogMs = this.#manager?.watchdogMs ?? null;
    if (watchdogMs === null) return;
    this.#alive();
    // For the time when the loop waits for events that do not come: it works all the same.
    this.#timer = this.#repeat(watchdogMs / 4, () => this.#alive());
  }

  enter(source: object): void {
    if (this.#manager !== null) this.#begunMs.set(source, this.#nowMs());
  }

  leave(source: object): void {
    if (this.#manager === null) return;
    this.#begunMs.delete(source);
    this.#alive();
    this.#status();
  }

  stopping(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
    this.#manager?.notify("stopping", "stopping: writing what is left");
  }

  onOutcome(_event: unknown, _outcome: unknown, line: FrameLine): void {
    this.#frames++;
    if (line.fix.accepted) this.#fixes++;
    this.#last = line;
  }

  onFault(): void {
    this.#faults++;
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = null;
  }

  #nowMs(): number {
    return this.#clock.now() / 1e6;
  }

  #alive(): void {
    const watchdogMs = this.#manager?.watchdogMs ?? null;
    if (watchdogMs === null || this.#manager === null) return;
    const nowMs = this.#nowMs();
    if (nowMs - this.#aliveAtMs < watchdogMs / 8) return;
    for (const begunMs of this.#begunMs.values()) if (nowMs - begunMs > watchdogMs / 2) return;
    this.#aliveAtMs = nowMs;
    this.#manager.notify("watchdog");
  }

  #status(): void {
    const nowMs = this.#nowMs();
    if (this.#manager === null || nowMs - this.#statusAtMs < STATUS_PERIOD_MS) return;
    this.#statusAtMs = nowMs;
    this.#manager.notify("status", this.#statusText());
  }

  #statusText(): string {
    const memoryMb = (Deno.memoryUsage().rss / 1e6).toFixed(0);
    const estimate = this.#last === null
      ? "no estimate yet"
      : `${this.#last.label.replaceAll("_", " ")} within ${
        this.#last.horizontal95M.toFixed(1)
      } m (95 %)`;
    return `${estimate}; ${this.#frames} frames, ${this.#fixes} fixes, ${this.#faults} faults; ` +
      `${memoryMb} MB`;
  }
}

function everyMs(periodMs: number, callback: () => void): Disposable {
  const timer = setInterval(callback, periodMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
