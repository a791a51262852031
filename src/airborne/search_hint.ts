/**
 * Where the crew says that the aircraft is: it counts for some frames, or until a fix is fused.
 *
 * @module
 */
import type { CameraPrior } from "./camera_prior.ts";

/** Where the crew says that the aircraft is, in the local frame. */
export interface SearchArea {
  readonly eastM: number;
  readonly northM: number;
  readonly radiusM: number;
}

export class SearchHint {
  #area: SearchArea | null = null;
  #framesLeft = 0;

  /** It is forgotten after `frames` frames without a place there. */
  set(area: SearchArea, frames: number): void {
    this.#area = area;
    this.#framesLeft = frames;
  }

  clear(): void {
    this.#area = null;
  }

  get counts(): boolean {
    return this.#area !== null;
  }

  /** The prior of one more frame, as the hint has it as long as that counts. */
  applied(prior: CameraPrior): CameraPrior {
    const area = this.#area;
    if (area === null) return prior;
    if (--this.#framesLeft <= 0) this.#area = null;
    return {
      ...prior,
      positionLocalM: [area.eastM, area.northM, prior.positionLocalM[2]],
      sigmaHorizontalM: area.radiusM / 2,
    };
  }
}
