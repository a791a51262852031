/**
 * Any matcher over ground with relief: it is asked with the height over the ground at the place, and what it
 * answers is raised to the terrain.
 *
 * @module
 */
import type { Vector3 } from "../../core/mod.ts";
import type { VisionFrame } from "../../native/vision/mod.ts";
import type { Terrain } from "../terrain/mod.ts";
import type { CrossDomainMatcher, Match, MatchOutcome, PlaceHypothesis } from "./contract.ts";
import { viewReachM } from "./search_range.ts";

/** Ground that is seen beyond the reach over level ground: it may fall away. */
const REACH_SHARE = 1.3;
/** The mean of the ground within it is the plane that heights count from. */
const PLANE_SHARE = 0.4;
/** Lower than this over the ground nothing is compared: a wrong height could lie below it. */
const HEIGHT_MIN_M = 1;

type At = Pick<PlaceHypothesis, "positionLocalM" | "localFromCamera">;

export class ReliefMatcher implements CrossDomainMatcher {
  readonly strategyLabel: string;
  readonly #flat: CrossDomainMatcher;
  readonly #terrain: Terrain;

  constructor(flat: CrossDomainMatcher, terrain: Terrain) {
    this.#flat = flat;
    this.#terrain = terrain;
    this.strategyLabel = flat.strategyLabel;
  }

  async match(frame: VisionFrame, hypothesis: PlaceHypothesis): Promise<MatchOutcome> {
    const over = this.#over(frame, hypothesis);
    return this.#raised(await this.#flat.match(frame, { ...hypothesis, ...over }), over);
  }

  async refine(frame: VisionFrame, match: Match): Promise<MatchOutcome> {
    const over = this.#over(frame, match);
    return this.#raised(await this.#flat.refine(frame, { ...match, ...over }), over);
  }

  /** The place as if the ground's plane there were up = 0, and the relief on that plane. */
  #over({ camera }: VisionFrame, { positionLocalM, localFromCamera }: At) {
    const [eastM, northM, upM] = positionLocalM;
    const roughM = Math.max(HEIGHT_MIN_M, upM - this.#terrain.upM(eastM, northM));
    const groundUpM = this.#terrain.plane(eastM, northM, PLANE_SHARE * roughM).upM;
    const heightM = Math.max(HEIGHT_MIN_M, upM - groundUpM);
    const reachM = REACH_SHARE * viewReachM(camera, heightM, localFromCamera);
    const place: Vector3 = [eastM, northM, heightM];
    return {
      groundUpM,
      positionLocalM: place,
      relief: this.#terrain.relief(eastM, northM, reachM, groundUpM),
    };
  }

  #raised(outcome: MatchOutcome, { groundUpM }: { readonly groundUpM: number }): MatchOutcome {
    if (outcome.status === "no_match") return outcome;
    const [eastM, northM, heightM] = outcome.positionLocalM;
    return {
      ...outcome,
      correspondences: outcome.correspondences.map((tie) => ({
        ...tie,
        upM: this.#terrain.upM(tie.eastM, tie.northM),
      })),
      positionLocalM: [eastM, northM, heightM + groundUpM],
    };
  }
}
