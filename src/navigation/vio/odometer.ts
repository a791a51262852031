/**
 * The odometry children of a flight: one that works, and spares that wait for its death. The child restarts what
 * computes by itself; where the child itself dies the next spare takes over.
 *
 * @module
 */
import {
  type OdometryEvent,
  type OdometryFrame,
  type OdometryImu,
  OdometryProcess,
  type OdometryStart,
  type OdometryState,
} from "../../native/okvis2/mod.ts";

/** A child says ten times a second that it lives. */
const SILENT_MS = 300;
const WATCH_MS = 50;
/** Beyond the time after which the child itself gives a frame up. */
const PATIENCE_MS = 100;

interface OdometerOptions {
  readonly program: string;
  readonly allowReference: boolean;
  readonly spares: number;
}

/** A frame that the child has. */
interface Question {
  readonly resolve: (state: OdometryState | null) => void;
  readonly untilMs: number;
}

export class Odometer {
  readonly #spares: OdometryProcess[];
  readonly #answers = new Map<number, Question>();
  readonly version: string;
  #current: OdometryProcess | undefined;
  #start: OdometryStart | null = null;
  #ready = false;
  #silent = false;
  /** "" while nothing has gone wrong since it was ready last. */
  #fault = "";
  #heardMs = 0;
  #watch: ReturnType<typeof setInterval> | undefined;

  private constructor(processes: readonly OdometryProcess[]) {
    const [first, ...spares] = processes;
    this.#current = first;
    this.#spares = spares;
    this.version = first.hello.version;
  }

  /** @throws RuntimeNotAvailableError */
  static async open({ program, allowReference, spares }: OdometerOptions): Promise<Odometer> {
    const processes: OdometryProcess[] = [];
    try {
      for (let i = 0; i <= spares; i++) {
        processes.push(await OdometryProcess.open(program, { allowReference }));
      }
    } catch (error) {
      for (const opened of processes) await opened.close();
      throw error;
    }
    return new Odometer(processes);
  }

  /** Of the child that works. */
  get pid(): number {
    return this.#current?.pid ?? 0;
  }

  get isStarted(): boolean {
    return this.#start !== null;
  }

  /** It takes samples and frames, and answers. */
  get isReady(): boolean {
    return this.#ready && !this.#silent;
  }

  /** Why it is lost; "" where it is not. */
  get fault(): string {
    return this.#silent ? "the odometry child is silent" : this.#fault;
  }

  start(options: OdometryStart): void {
    this.#start = options;
    this.#startCurrent();
    let dueMs = performance.now() + WATCH_MS;
    this.#watch = setInterval(() => {
      const nowMs = performance.now();
      // Where this program itself was held up it has not read either.
      if (nowMs - dueMs < WATCH_MS) this.#checkSilence(nowMs);
      this.#giveUp(nowMs);
      dueMs = nowMs + WATCH_MS;
    }, WATCH_MS);
  }

  addImu(samples: readonly OdometryImu[]): void {
    this.#current?.addImu(samples);
  }

  /** The answer: null where the frame has none, for whatever reason. It always comes. */
  addFrame(frame: OdometryFrame): Promise<OdometryState | null> {
    if (!this.isReady || this.#current?.addFrame(frame) !== true) return Promise.resolve(null);
    const untilMs = performance.now() + (this.#start?.hangMs ?? 0) + PATIENCE_MS;
    return new Promise((resolve) => this.#answers.set(frame.timeNs, { resolve, untilMs }));
  }

  /** What computes begins anew. */
  reset(): void {
    if (this.#ready) this.#current?.reset();
  }

  async close(): Promise<void> {
    clearInterval(this.#watch);
    this.#ready = false;
    this.#answerAll();
    const processes = [this.#current, ...this.#spares.splice(0)];
    this.#current = undefined;
    await Promise.all(processes.map((one) => one?.close()));
  }

  #startCurrent(): void {
    if (this.#start === null) return;
    this.#heardMs = performance.now();
    this.#current?.start(this.#start, {
      onState: (state) => this.#onState(state),
      onEvent: (event) => this.#onEvent(event),
      onEnd: (reason) => this.#onEnd(reason),
    });
  }

  #heard(): void {
    this.#heardMs = performance.now();
    this.#silent = false;
  }

  #onState(state: OdometryState): void {
    this.#heard();
    this.#answer(state.timeNs, state);
  }

  #onEvent({ kind, timeNs, reason }: OdometryEvent): void {
    this.#heard();
    if (kind === "ready") {
      this.#ready = true;
      this.#fault = "";
    } else if (kind === "died" || kind === "hung" || kind === "broken") {
      this.#ready = false;
      this.#fault = `the odometry ${kind === "broken" ? "is broken" : kind}: ${reason}`;
      this.#answerAll();
    } else if (kind === "dropped" || kind === "refused") {
      this.#answer(timeNs, null);
    }
  }

  #onEnd(reason: string): void {
    this.#ready = false;
    this.#fault = `the odometry child is gone: ${reason}`;
    this.#answerAll();
    const gone = this.#current;
    this.#current = this.#spares.shift();
    this.#startCurrent();
    gone?.close().catch(() => {});
  }

  #checkSilence(nowMs: number): void {
    if (this.#silent || this.#current === undefined || nowMs - this.#heardMs < SILENT_MS) return;
    this.#silent = true;
    this.#answerAll();
  }

  /** A frame that waits in the child for an IMU that has stopped would hold up the flight. */
  #giveUp(nowMs: number): void {
    for (const [timeNs, { untilMs }] of [...this.#answers]) {
      if (nowMs > untilMs) this.#answer(timeNs, null);
    }
  }

  #answer(timeNs: number, state: OdometryState | null): void {
    const question = this.#answers.get(timeNs);
    this.#answers.delete(timeNs);
    question?.resolve(state);
  }

  #answerAll(): void {
    for (const timeNs of [...this.#answers.keys()]) this.#answer(timeNs, null);
  }
}
