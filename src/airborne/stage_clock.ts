/**
 * What each stage of a frame's turn costs, in wall time and in processor time.
 *
 * Processor time is that of the whole process: OpenCV's threads and what the garbage collector did
 * meanwhile are in it. Turns follow one another, so that at any moment one stage is running.
 *
 * @module
 */
import process from "node:process";

/**
 * In the order of a frame's way. `estimator` has the rest of the turn too, `between` all that runs
 * between two turns: sensor rows into the estimator, reading, recording, tiles, output.
 */
export const FRAME_STAGES = [
  "decode",
  "odometry",
  "recognition",
  "matching",
  "pose",
  "estimator",
  "between",
] as const;
type FrameStage = typeof FRAME_STAGES[number];

/** Milliseconds by stage. */
type StageMs = Record<FrameStage, number>;

/** One turn, with what ran between the turn before it and its start. */
export interface StageTimes {
  readonly wallMs: Readonly<StageMs>;
  readonly cpuMs: Readonly<StageMs>;
}

export class StageClock {
  #stage: FrameStage = "between";
  #wallMs = zero();
  #cpuMs = zero();
  #lastWallMs = performance.now();
  #lastCpuMs = cpuMs();

  /** From now on time counts for `stage`. Returns the one that it counted for until now. */
  enter(stage: FrameStage): FrameStage {
    const left = this.#stage;
    const wallMs = performance.now(), cpu = cpuMs();
    this.#wallMs[left] += wallMs - this.#lastWallMs;
    this.#cpuMs[left] += cpu - this.#lastCpuMs;
    this.#lastWallMs = wallMs;
    this.#lastCpuMs = cpu;
    this.#stage = stage;
    return left;
  }

  /** `work` counts for `stage`, what follows for the stage before it. */
  async during<T>(stage: FrameStage, work: () => Promise<T>): Promise<T> {
    const before = this.enter(stage);
    try {
      return await work();
    } finally {
      this.enter(before);
    }
  }

  /** A turn is over: its times, and a new count. */
  take(): StageTimes {
    this.enter("between");
    const times = { wallMs: rounded(this.#wallMs), cpuMs: rounded(this.#cpuMs) };
    this.#wallMs = zero();
    this.#cpuMs = zero();
    return times;
  }
}

/** User and system time of all threads; a call takes 3 µs, its resolution is 1 µs. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

function zero(): StageMs {
  return Object.fromEntries(FRAME_STAGES.map((stage) => [stage, 0])) as StageMs;
}

/** To microseconds. */
function rounded(times: StageMs): StageMs {
  return Object.fromEntries(
    FRAME_STAGES.map((stage) => [stage, Math.round(times[stage] * 1e3) / 1e3]),
  ) as StageMs;
}
