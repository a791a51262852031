/**
 * How much work the flight may ask for: less while the computer throttles, so that the frames that it does
 * process are in time.
 *
 * @module
 */
import * as z from "zod";
import { type MonotonicNs, secondsFromNs } from "../core/mod.ts";
import type { ThermalState } from "../navigation/inference/mod.ts";

/** What is asked for while the computer throttles, and for how long afterwards. */
export const ThermalAdaptationConfigSchema = z.strictObject({
  /** Candidates of a search (K), and how many of them the matcher looks at (N). */
  candidates: z.int().min(1).max(100).default(4),
  rerank: z.int().min(1).max(10).default(1),
  /** A search without a good estimate runs on every so many frames. */
  searchEveryFrames: z.int().min(1).max(100).default(3),
  /** Sides of the pictures that models are given, for models that take any size. */
  modelInputScale: z.number().min(0.1).max(1).default(0.5),
  /** Full work only when there was no throttling for this long, seconds: work itself heats. */
  recoveryS: z.number().min(0).max(3600).default(20),
});
export type ThermalAdaptationConfig = Readonly<z.infer<typeof ThermalAdaptationConfigSchema>>;

export interface WorkLimits {
  readonly level: "full" | "reduced";
  /** K and N at most. */
  readonly candidates: number;
  readonly rerank: number;
  /** A search without a good estimate runs on every so many frames. */
  readonly searchEveryFrames: number;
  /** Share of a side of the pictures that models are given. */
  readonly modelInputScale: number;
}

/** The limits changed. */
export interface WorkLevelEvent {
  readonly type: "work_level";
  readonly limits: WorkLimits;
  readonly reason: string;
}

/** Reduces at once, and recovers late. */
export class ThermalAdaptation {
  readonly #config: ThermalAdaptationConfig;
  readonly #full: WorkLimits;
  readonly #reduced: WorkLimits;
  #limits: WorkLimits;
  #throttledNs: MonotonicNs | null = null;

  constructor(
    config: ThermalAdaptationConfig,
    full: Pick<WorkLimits, "candidates" | "rerank">,
  ) {
    const { recoveryS: _, candidates, rerank, ...reduced } = config;
    this.#config = config;
    this.#full = { level: "full", ...full, searchEveryFrames: 1, modelInputScale: 1 };
    this.#reduced = {
      level: "reduced",
      ...reduced,
      candidates: Math.min(candidates, full.candidates),
      rerank: Math.min(rerank, full.rerank),
    };
    this.#limits = this.#full;
  }

  limits(): WorkLimits {
    return this.#limits;
  }

  /** @returns what changed; null for nothing */
  update(state: ThermalState, nowNs: MonotonicNs): WorkLevelEvent | null {
    if (state.throttled) {
      this.#throttledNs = nowNs;
      return this.#change(this.#reduced, "the computer throttles");
    }
    if (this.#throttledNs === null) return null;
    const coolS = secondsFromNs(nowNs) - secondsFromNs(this.#throttledNs);
    if (coolS < this.#config.recoveryS) return null;
    return this.#change(this.#full, `no throttling for ${this.#config.recoveryS} s`);
  }

  #change(limits: WorkLimits, reason: string): WorkLevelEvent | null {
    if (limits === this.#limits) return null;
    this.#limits = limits;
    return { type: "work_level", limits, reason };
  }
}
