/**
 * Carries what the frames of a search say of all places along with the estimator's motion, until one
 * place stands out.
 *
 * @module
 */
import type { MonotonicNs, Vector3 } from "../core/mod.ts";
import {
  type BestPlace,
  PlaceEvidence,
  type PlaceScores,
} from "../navigation/place_recognition/mod.ts";
import type { NavigatorConfig } from "../flight/flight_settings/mod.ts";

/** Where the last searched frame was taken, local metres. */
export interface StandingPlace {
  readonly eastM: number;
  readonly northM: number;
  /** 1 sigma of each axis. */
  readonly sigmaM: number;
}

/** The estimator's position at a frame; only its differences count while the place is unknown. */
interface Stand {
  readonly timeNs: MonotonicNs;
  readonly positionLocalM: Vector3;
}

/** A search that is so much finer or coarser than the first one starts anew. */
const GSD_RATIO_MAX = 1.3;
/** Places further apart than this share of a footprint's side are different ones. */
const APART_SHARE = 0.25;
/** Cells: the best place of two searches in a row, after the motion, is the same one. */
const SAME_CELLS = 6;

export class SearchEvidence {
  readonly #config: NavigatorConfig["evidence"];
  #evidence: PlaceEvidence | null = null;
  /** The same of the newest ground alone: plain ground before it, or a motion that was wrong, spoil the other. */
  #newest: PlaceEvidence | null = null;
  #gsdM = 0;
  #footprintM = 0;
  #last: Stand | null = null;
  #moved: [eastM: number, northM: number] = [0, 0];
  #best: BestPlace | null = null;
  /** Searches in a row in which the same place stood out. */
  #stood = 0;

  constructor(config: NavigatorConfig["evidence"]) {
    this.#config = config;
  }

  /** Time of the frame that motion is counted from; null before the first one. */
  get lastNs(): MonotonicNs | null {
    return this.#last?.timeNs ?? null;
  }

  /** A frame, searched or not. `then`: where the estimator now sees the frame before it, if it still can. */
  follow(now: Stand, then: Vector3 | null): void {
    const from = then ?? this.#last?.positionLocalM;
    if (from !== undefined) {
      this.#moved[0] += now.positionLocalM[0] - from[0];
      this.#moved[1] += now.positionLocalM[1] - from[1];
    }
    this.#last = now;
  }

  /** The frame that was followed last was searched. `footprintM`: side of the ground that it shows. */
  add(scores: PlaceScores, footprintM: number): void {
    const ratio = scores.gsdM / this.#gsdM;
    const isLike = ratio < GSD_RATIO_MAX && ratio > 1 / GSD_RATIO_MAX;
    const evidence = isLike ? this.#recent() : null;
    const moved = this.#moved;
    this.#moved = [0, 0];
    this.#footprintM = footprintM;
    if (evidence === null) {
      this.#gsdM = scores.gsdM;
      this.#evidence = new PlaceEvidence(scores);
      this.#newest = null;
      this.#best = this.#evidence.best(APART_SHARE * footprintM);
      this.#stood = 0;
      return;
    }
    const share = Math.min(1, Math.hypot(...moved) / footprintM);
    evidence.add(scores, moved, share);
    this.#addNewest(scores, moved, share);
    const before = this.#best;
    const best = evidence.best(APART_SHARE * footprintM);
    const offM = before === null ? Infinity : Math.hypot(
      best.eastM - before.eastM - moved[0],
      best.northM - before.northM - moved[1],
    );
    const { scoreMin, marginMin, sumMin, footprintsMin } = this.#config;
    const stands = evidence.footprints >= footprintsMin && best.score >= scoreMin &&
      best.margin >= marginMin && best.margin * evidence.footprints >= sumMin;
    this.#best = best;
    this.#stood = !stands ? 0 : offM <= SAME_CELLS * scores.gsdM ? this.#stood + 1 : 1;
  }

  #addNewest(scores: PlaceScores, moved: readonly [number, number], share: number): void {
    const newest = this.#newest;
    if (newest === null || newest.footprints + share > this.#config.newestFootprints) {
      this.#newest = new PlaceEvidence(scores);
    } else newest.add(scores, moved, share);
  }

  /** What has seen much and still names no place may stand on a start beyond the map, or on lost odometry. */
  #recent(): PlaceEvidence | null {
    const evidence = this.#evidence;
    return evidence !== null && evidence.footprints < this.#config.footprintsMax ? evidence : null;
  }

  /** The place of the last searched frame, once it has stood out for long enough; null before. */
  get place(): StandingPlace | null {
    if (this.#best === null || this.#stood < this.#config.searches) return null;
    const { eastM, northM } = this.#best;
    return { eastM, northM, sigmaM: this.#config.sigmaPx * this.#gsdM };
  }

  /** How far the best place is from one that is believed, where it stands out; 0 where it does not. */
  contradicts(
    [eastM, northM]: Vector3,
    { scoreMin, marginMin, sumMin }: Pick<
      NavigatorConfig["doubt"],
      "scoreMin" | "marginMin" | "sumMin"
    >,
  ): number {
    const best = this.#best, footprints = this.#evidence?.footprints ?? 0;
    if (best === null || best.score < scoreMin || best.margin < marginMin) return 0;
    if (best.margin * footprints < sumMin) return 0;
    const distanceM = Math.hypot(best.eastM - eastM, best.northM - northM);
    return distanceM > APART_SHARE * this.#footprintM ? distanceM : 0;
  }

  /** Whether other places are so much worse than this one that it may be confirmed by pictures around it. */
  allows([eastM, northM]: Vector3): boolean {
    const { candidateSumMin, newestSumMin } = this.#config;
    const sumOf = (evidence: PlaceEvidence) =>
      evidence.footprints * evidence.marginOf(eastM, northM, APART_SHARE * this.#footprintM);
    if (this.#evidence === null || sumOf(this.#evidence) >= candidateSumMin) return true;
    return this.#newest !== null && sumOf(this.#newest) >= newestSumMin;
  }

  drop(): void {
    this.#evidence = null;
    this.#newest = null;
    this.#last = null;
    this.#best = null;
    this.#stood = 0;
    this.#gsdM = 0;
    this.#moved = [0, 0];
  }
}
