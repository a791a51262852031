/**
 * The barometer's height, with its drift as a state:
 *
 *     z = up + drift + noise
 *
 * @module
 */
import type { MonotonicNs } from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { BaroSample } from "../contract.ts";
import type { FilterState } from "../filter_state.ts";
import type { KalmanUpdate, LinearMeasurement } from "../kalman_update.ts";
import { ERROR } from "../state_table.ts";
import { areFinite } from "./checks.ts";
import {
  type FilterVerdict,
  fuseWithin,
  type MeasurementSource,
  NOT_FINITE,
  SIGMA_NOT_POSITIVE,
} from "./measurement_source.ts";

/** Five sigma, 1 degree of freedom. */
const GATE = 25;

export class BarometerSource implements MeasurementSource<BaroSample> {
  readonly name = "barometer";
  readonly intervalS: number;
  readonly #config: EskfConfig["baro"];
  readonly #onHeight: (heightM: number) => void;

  /** `onHeight` is called with every height, metres above the local frame's origin. */
  constructor(config: EskfConfig["baro"], onHeight: (heightM: number) => void) {
    this.#config = config;
    this.#onHeight = onHeight;
    this.intervalS = config.intervalS;
  }

  timeNs(sample: BaroSample): MonotonicNs {
    return sample.timeNs;
  }

  fault(sample: BaroSample): string | undefined {
    if (!areFinite(sample.heightM)) return NOT_FINITE;
    return sample.sigmaM > 0 ? undefined : SIGMA_NOT_POSITIVE;
  }

  copy(sample: BaroSample): BaroSample {
    return { ...sample };
  }

  admit(sample: BaroSample): undefined {
    this.#onHeight(sample.heightM);
  }

  fuse(state: FilterState, sample: BaroSample, update: KalmanUpdate): FilterVerdict {
    this.linearise(state, sample, update.measurement);
    return fuseWithin(GATE, state, update);
  }

  linearise(state: FilterState, sample: BaroSample, out: LinearMeasurement): void {
    const { whiteSigmaM, driftSigmaM } = this.#config;
    out.reset(1);
    out.observation[0] = sample.heightM;
    out.residual[0] = sample.heightM - state.value("position", 2) - state.value("baroDrift");
    out.setDerivative(0, ERROR.position + 2, 1);
    out.setDerivative(0, ERROR.baroDrift, 1);
    const beyondDrift = Math.max(0, sample.sigmaM ** 2 - driftSigmaM ** 2);
    out.setVariance(0, whiteSigmaM ** 2 + beyondDrift);
  }
}
