/**
 * A filter that can no longer go on (a variance that is not positive, a value that is not finite) begins
 * anew: at the last place that was sound, as uncertain as the time since then makes it, with the newest attitude.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import type { AttitudeSample } from "./contract.ts";
import { EstimatorDivergedError } from "./errors.ts";
import { horizontal95M } from "./estimate_output.ts";
import type { FilterState } from "./filter_state.ts";
import { initialise } from "./initial_state.ts";
import { ERROR, type KnownOrigin } from "./state_table.ts";
import type { Timeline } from "./timeline.ts";

/** Beyond what the last sound state said of itself. */
const DOUBT_M = 20;
/** Sigmas in the radius that holds 95 %. */
const SIGMAS_95 = 2.45;

interface SoundState {
  readonly timeNs: number;
  readonly position: Vector3;
  readonly r95M: number;
  readonly heightSigmaM: number;
}

/** A filter beside the filter, which can be done without. */
interface FilterAside {
  end(): void;
}

export class FilterRestart {
  readonly #config: EskfConfig;
  readonly #timeline: Timeline;
  readonly #onRestart: (reason: string) => void;
  #attitude: AttitudeSample | undefined;
  #sound: SoundState | undefined;
  #failed = false;

  constructor(config: EskfConfig, timeline: Timeline, onRestart: (reason: string) => void) {
    this.#config = config;
    this.#timeline = timeline;
    this.#onRestart = onRestart;
  }

  /** It could not begin anew. */
  get hasFailed(): boolean {
    return this.#failed;
  }

  observeAttitude(sample: AttitudeSample): void {
    this.#attitude = { ...sample, localFromBody: [...sample.localFromBody] };
  }

  /** The newest state, which may be sound. */
  observe(state: FilterState): void {
    const position = state.vector("position"), r95M = horizontal95M(state);
    const heightSigmaM = Math.sqrt(state.covarianceOf(ERROR.position + 2, ERROR.position + 2));
    const values = [...state.vector("velocity"), ...position, r95M, heightSigmaM];
    if (!values.every(Number.isFinite)) return;
    this.#sound = { timeNs: state.timeNs, position, r95M, heightSigmaM };
  }

  /** Work that may find the filter diverged: it begins anew then, and `otherwise` says what comes of the work. */
  kept<T>(work: () => T, otherwise: () => T = work): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof EstimatorDivergedError) || !this.#begin()) {
        this.#failed = true;
        throw error;
      }
      this.#onRestart(error.message);
      return otherwise();
    }
  }

  /** Of a filter beside the filter: one that diverges is done without. */
  aside<F extends FilterAside, T>(filter: F, work: (filter: F) => T): T | undefined {
    try {
      return work(filter);
    } catch (error) {
      if (!(error instanceof EstimatorDivergedError)) throw error;
      filter.end();
      return undefined;
    }
  }

  /** False where there is no attitude to begin with. */
  #begin(): boolean {
    const attitude = this.#attitude, timeline = this.#timeline, sound = this.#sound;
    if (attitude === undefined || !timeline.hasStarted) return false;
    timeline.log.clear();
    const origin = sound && this.#origin(sound, attitude.timeNs);
    initialise(timeline.head, attitude, origin, this.#config);
    timeline.start();
    return true;
  }

  #origin({ timeNs, position, r95M, heightSigmaM }: SoundState, nowNs: number): KnownOrigin {
    const ageS = Math.max(0, (nowNs - timeNs) * 1e-9);
    const { velocitySigmaHorizMps, velocitySigmaVertMps } = this.#config.initial;
    return {
      origin: { positionLocalM: position },
      sigmaHorizM: Math.hypot(r95M / SIGMAS_95, DOUBT_M, velocitySigmaHorizMps * ageS),
      sigmaVertM: Math.hypot(heightSigmaM, DOUBT_M, velocitySigmaVertMps * ageS),
    };
  }
}
