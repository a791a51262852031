/**
 * Measurement model of a satellite fix:
 *
 *     z_p = p + local map error + map offset + noise,    Z_R = R · M · Exp(noise)
 *
 * with the mounting error M. Position noise and rotation noise come jointly (6×6): a fix from a
 * nearly vertical picture knows "position less height times tilt" far better than either.
 *
 * @module
 */
import {
  matrixFromQuaternion,
  matrixTranspose,
  quaternionConjugate,
  quaternionMultiply,
  rotationVectorFromQuaternion,
} from "../../core/mod.ts";
import type { EskfConfig } from "./config.ts";
import type { PoseAnchor } from "./contract.ts";
import type { FilterState } from "./filter_state.ts";
import type { LinearMeasurement } from "./kalman_update.ts";
import { ERROR } from "./state_table.ts";

const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export function linearisePoseAnchor(
  state: FilterState,
  anchor: PoseAnchor,
  config: EskfConfig["anchor"],
  out: LinearMeasurement,
): void {
  out.reset(6);
  const mounting = state.quaternion("mounting");
  const predicted = quaternionMultiply(state.quaternion("attitude"), mounting);
  const rotation = rotationVectorFromQuaternion(
    quaternionMultiply(quaternionConjugate(predicted), anchor.localFromBody),
  );
  for (let i = 0; i < 3; i++) {
    const map = i < 2 ? state.value("map", i) + state.value("mapOffset", i) : 0;
    out.residual[i] = anchor.positionLocalM[i] - state.value("position", i) - map;
    out.residual[3 + i] = rotation[i];
  }
  out.setBlock(0, ERROR.position, IDENTITY);
  for (const offset of [ERROR.map, ERROR.mapOffset]) {
    out.setDerivative(0, offset, 1);
    out.setDerivative(1, offset + 1, 1);
  }
  out.setBlock(3, ERROR.attitude, matrixTranspose(matrixFromQuaternion(mounting)));
  out.setBlock(3, ERROR.mounting, IDENTITY);
  out.setNoise(anchor.covariance, config.covarianceFactor);
  for (let i = 0; i < 3; i++) {
    const floorM = i < 2 ? config.positionFloorM : config.heightFloorM;
    out.addNoise(i, i, floorM ** 2);
    out.addNoise(3 + i, 3 + i, config.rotationFloorRad ** 2);
  }
}
