/**
 * Any recogniser over ground with relief: it searches with the height over the ground where the camera may
 * be, and each place that it names gets the height that the camera has there.
 *
 * @module
 */
import type { PlaceHypothesis } from "../matcher/mod.ts";
import type { VisionFrame } from "../../native/vision/mod.ts";
import type { Terrain } from "../terrain/mod.ts";
import type { PlaceRecogniser, Proposal } from "./contract.ts";

const HEIGHT_MIN_M = 1;

export class ReliefRecogniser implements PlaceRecogniser {
  readonly strategyLabel: string;
  readonly #flat: PlaceRecogniser;
  readonly #terrain: Terrain;

  constructor(flat: PlaceRecogniser, terrain: Terrain) {
    this.#flat = flat;
    this.#terrain = terrain;
    this.strategyLabel = flat.strategyLabel;
  }

  async propose(
    frame: VisionFrame,
    prior: PlaceHypothesis,
    candidatesMax?: number,
  ): Promise<Proposal> {
    const [eastM, northM, upM] = prior.positionLocalM;
    const { sigmaHorizontalM } = prior;
    const ground = this.#terrain.plane(eastM, northM, sigmaHorizontalM);
    const overGround: PlaceHypothesis = {
      ...prior,
      positionLocalM: [eastM, northM, Math.max(HEIGHT_MIN_M, upM - ground.upM)],
      // Where the camera is decides how high it is over the ground.
      sigmaHeightM: Math.hypot(
        prior.sigmaHeightM,
        this.#terrain.differenceM(eastM, northM, sigmaHorizontalM),
      ),
    };
    const proposal = await this.#flat.propose(frame, overGround, candidatesMax);
    if (proposal.method === "prior") return { ...proposal, hypotheses: [prior] };
    const hypotheses = proposal.hypotheses.map((hypothesis): PlaceHypothesis => {
      const [east, north] = hypothesis.positionLocalM;
      return {
        ...hypothesis,
        positionLocalM: [east, north, upM],
        sigmaHeightM: prior.sigmaHeightM,
      };
    });
    return { ...proposal, hypotheses };
  }
}
