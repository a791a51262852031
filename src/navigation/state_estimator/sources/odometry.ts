/**
 * Odometry: the motion between two frames, from the clone (p_f, R_f) to now (p, R):
 *
 *     z_t = (1 + k) · s / h_f · (R_f·M)ᵀ · (p − p_f) + noise
 *     Z_R = Mᵀ · R_fᵀ · R · M · Exp(noise)
 *
 * M: mounting error; k: odometry scale error; s: the height that the odometry took for its scale;
 * h_f: the height of the clone over the flat ground (up = 0). With it in the model a wrong height
 * and a wrong length of the track explain each other, as they do in the picture.
 *
 * @module
 */
import {
  matrixFromQuaternion,
  matrixMultiply,
  matrixTranspose,
  type MonotonicNs,
  type Quaternion,
  quaternionConjugate,
  quaternionMultiply,
  quaternionNormalise,
  rotate,
  rotationVectorFromQuaternion,
  type Vector3,
} from "../../../core/mod.ts";
import type { EskfConfig } from "../config.ts";
import type { MeasurementOutcome, VioMeasurement } from "../contract.ts";
import type { FilterState } from "../filter_state.ts";
import type { KalmanUpdate, LinearMeasurement } from "../kalman_update.ts";
import { crossMatrix, isCovariance } from "../linear_algebra.ts";
import type { PictureDelay } from "../picture_delay.ts";
import type { StandingPictures } from "../standing_pictures.ts";
import { ERROR } from "../state_table.ts";
import { areFinite, correlationFactor, isRotation } from "./checks.ts";
import {
  type FilterVerdict,
  fuseIterated,
  type MeasurementSource,
  NOT_FINITE,
  NOT_POSITIVE_DEFINITE,
  unjudged,
} from "./measurement_source.ts";

/** Standard deviation that stands for "not measured", metres. */
const UNMEASURED_M = 1e5;
/** Translation residual, metres, from which odometry is linearised anew. */
const RELINEARISE_M = 0.5;

export class OdometrySource implements MeasurementSource<VioMeasurement> {
  readonly name = "odometry";
  readonly intervalS = 0;
  readonly #config: EskfConfig["odometry"];
  #frameIntervalS = 0;

  readonly #delay: PictureDelay;
  readonly #standing: StandingPictures;

  constructor(config: EskfConfig["odometry"], delay: PictureDelay, standing: StandingPictures) {
    this.#config = config;
    this.#delay = delay;
    this.#standing = standing;
  }

  /** The delay of the pictures is measured even where it makes them useless. */
  admit(measurement: VioMeasurement): string | undefined {
    this.#delay.observePair(measurement);
    this.#standing.observePair(measurement);
    return this.#delay.objection ?? this.#standing.objection;
  }

  /** Usual time between two frames, seconds; 0 before the first pair. */
  get frameIntervalS(): number {
    return this.#frameIntervalS;
  }

  /** By how much the stamps of pictures are too new, seconds. */
  get pictureDelayS(): number {
    return this.#delay.delayS;
  }

  timeNs(measurement: VioMeasurement): MonotonicNs {
    return measurement.toNs;
  }

  beginsNs(measurement: VioMeasurement): MonotonicNs {
    return measurement.fromNs;
  }

  fault(measurement: VioMeasurement): string | undefined {
    if (!areFinite(...measurement.translationM, ...measurement.rotationFromTo)) return NOT_FINITE;
    if (!isRotation(measurement.rotationFromTo)) return "the rotation is not a unit quaternion";
    if (!(measurement.toNs > measurement.fromNs)) return "toNs is not after fromNs";
    if (measurement.scaleQuality === "metric" && !(measurement.scaleHeightM > 0)) {
      return "a metric translation needs the height that gave its scale";
    }
    return isCovariance(measurement.covariance, 6) ? undefined : NOT_POSITIVE_DEFINITE;
  }

  copy(measurement: VioMeasurement): VioMeasurement {
    return {
      ...measurement,
      translationM: [...measurement.translationM],
      rotationFromTo: quaternionNormalise(measurement.rotationFromTo),
      covariance: measurement.covariance.slice(),
    };
  }

  fuse(state: FilterState, measurement: VioMeasurement, update: KalmanUpdate): FilterVerdict {
    if (state.cloneNs !== measurement.fromNs) return unjudged("no frame is known at fromNs");
    return fuseIterated(this.#config.gate, state, update, {
      linearise: () => this.linearise(state, measurement, update.measurement),
      residualMax: RELINEARISE_M,
    });
  }

  judged({ fromNs, toNs }: VioMeasurement, outcome: MeasurementOutcome): void {
    if (!outcome.fused) return;
    const share = this.#frameIntervalS === 0 ? 1 : 0.1;
    this.#frameIntervalS += share * ((toNs - fromNs) * 1e-9 - this.#frameIntervalS);
  }

  linearise(state: FilterState, measurement: VioMeasurement, out: LinearMeasurement): void {
    const config = this.#config;
    out.reset(6);
    out.observation.set(measurement.translationM);
    out.observation.set(rotationVectorFromQuaternion(measurement.rotationFromTo), 3);
    const mounting = state.quaternion("mounting");
    const clone = state.quaternion("cloneAttitude");
    const pf = state.vector("clonePosition"), p = state.vector("position");
    const motion: Vector3 = [p[0] - pf[0], p[1] - pf[1], p[2] - pf[2]];
    const seen = quaternionMultiply(clone, mounting);
    const direct = rotate(quaternionConjugate(seen), motion);
    const groundUpM = measurement.groundUpM ?? 0, heightM = pf[2] - groundUpM;
    const metric = measurement.scaleQuality === "metric" && heightIsUsable(state, heightM, config);
    const ratio = metric ? measurement.scaleHeightM / heightM : 1;
    out.scale = metric ? { heightM: measurement.scaleHeightM, groundUpM } : undefined;
    const factor = metric ? ratio * (1 + state.value("odometryScale")) : 1;
    const length = Math.hypot(...direct);
    const z = metric ? measurement.translationM : rescaled(measurement.translationM, length);
    for (let i = 0; i < 3; i++) {
      out.residual[i] = z[i] - factor * direct[i];
      if (!metric) continue;
      out.setDerivative(i, ERROR.odometryScale, ratio * direct[i]);
      out.setDerivative(i, ERROR.clonePosition + 2, -factor * direct[i] / heightM);
    }
    const seenTransposed = matrixTranspose(matrixFromQuaternion(seen));
    const mountingTransposed = matrixTranspose(matrixFromQuaternion(mounting));
    out.setBlock(0, ERROR.position, seenTransposed, factor);
    for (let i = 0; i < 9; i++) {
      const row = Math.floor(i / 3);
      out.addDerivative(row, ERROR.clonePosition + i % 3, -(factor * seenTransposed[i]));
    }
    const inClone = rotate(quaternionConjugate(clone), motion);
    out.setBlock(
      0,
      ERROR.cloneAttitude,
      matrixMultiply(mountingTransposed, crossMatrix(inClone)),
      factor,
    );
    out.setBlock(0, ERROR.mounting, crossMatrix(direct), factor);
    lineariseRotation(state, measurement, out);
    fillNoise(measurement, config, out, { metric, direct, length });
    if (metric) addLastingTurn(measurement, config, out, { seen, length });
  }
}

/** False where the state is too low over the ground (or its height too uncertain) for the planar model. */
function heightIsUsable(
  state: FilterState,
  height: number,
  config: EskfConfig["odometry"],
): boolean {
  const up = ERROR.clonePosition + 2;
  const sigma = Math.sqrt(state.covarianceOf(up, up));
  return height > config.heightMinM && sigma < 0.5 * height;
}

function lineariseRotation(
  state: FilterState,
  measurement: VioMeasurement,
  out: LinearMeasurement,
): void {
  const mounting = state.quaternion("mounting");
  const turn = quaternionMultiply(
    quaternionConjugate(state.quaternion("cloneAttitude")),
    state.quaternion("attitude"),
  );
  const predicted = quaternionMultiply(
    quaternionMultiply(quaternionConjugate(mounting), turn),
    mounting,
  );
  const residual = rotationVectorFromQuaternion(
    quaternionMultiply(quaternionConjugate(predicted), measurement.rotationFromTo),
  );
  out.residual.set(residual, 3);
  const mountingTransposed = matrixTranspose(matrixFromQuaternion(mounting));
  const back = matrixTranspose(matrixFromQuaternion(predicted));
  out.setBlock(3, ERROR.attitude, mountingTransposed);
  out.setBlock(3, ERROR.cloneAttitude, matrixMultiply(back, mountingTransposed), -1);
  out.setBlock(3, ERROR.mounting, back.map((value, i) => (i % 4 === 0 ? 1 : 0) - value));
}

function fillNoise(
  measurement: VioMeasurement,
  config: EskfConfig["odometry"],
  out: LinearMeasurement,
  seen: { metric: boolean; direct: Vector3; length: number },
): void {
  out.setNoise(measurement.covariance, config.covarianceFactor);
  const floor = config.translationFloorM ** 2 + (config.translationFloorShare * seen.length) ** 2;
  for (let i = 0; i < 3; i++) {
    out.addNoise(i, i, floor);
    out.addNoise(3 + i, 3 + i, config.rotationFloorRad ** 2);
  }
  if (seen.metric) return;
  // Only the direction counts: along it (or, without one, anywhere) the length is unknown.
  const along = measurement.scaleQuality !== "unknown" && seen.length > 0.5;
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 3; k++) {
      const share = along ? seen.direct[i] * seen.direct[k] / seen.length ** 2 : i === k ? 1 : 0;
      out.addNoise(i, k, share * UNMEASURED_M ** 2);
    }
  }
}

/**
 * Over a plane whose normal is off by δ a translation t from the height h looks turned about the vertical by a share of
 * δ·t/h, in every pair by the same: averaged away as if it were white, it turned the heading by 3° in 20 s without a fix.
 */
function addLastingTurn(
  { fromNs, toNs, scaleHeightM }: VioMeasurement,
  { turnPerHeightRad, turnTimeS }: EskfConfig["odometry"],
  out: LinearMeasurement,
  { seen, length }: { readonly seen: Quaternion; readonly length: number },
): void {
  const factor = correlationFactor(toNs, fromNs, turnTimeS);
  const varianceRad2 = factor * (turnPerHeightRad * length / scaleHeightM) ** 2;
  const up = rotate(quaternionConjugate(seen), [0, 0, 1]);
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 3; k++) out.addNoise(3 + i, 3 + k, varianceRad2 * up[i] * up[k]);
  }
}

/** The measured direction with the predicted length. */
function rescaled(translation: Vector3, length: number): Vector3 {
  const own = Math.hypot(...translation);
  const factor = own > 0 ? length / own : 0;
  return [translation[0] * factor, translation[1] * factor, translation[2] * factor];
}
