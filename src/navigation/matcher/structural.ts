/**
 * `structural`: dense correlation of orientated gradients (see ffi/vision/structural.h and README).
 *
 * @module
 */
import { type Matrix3, radiansFromDegrees } from "../../core/mod.ts";
import type { MapSource, MapWindow } from "../map/mod.ts";
import {
  type CameraModel,
  matchStructure,
  type StructuralAnswer,
  type StructuralQuery,
  type VisionFrame,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import type { StructuralConfig } from "./config.ts";
import type {
  CrossDomainMatcher,
  Match,
  MatchOutcome,
  MatchQuality,
  NoMatch,
  PlaceHypothesis,
} from "./contract.ts";
import { halfRange, viewReachM } from "./search_range.ts";
import { turnClockwise } from "./turn.ts";

/** Close to the ground a metre is many pixels: bounds the time and memory of a wide search there. */
const SEARCH_RADIUS_MAX_PX = 300;

/** Resolutions and reach for one height. */
interface Scales {
  readonly coarseGsdM: number;
  readonly fineGsdM: number;
  readonly extentMaxM: number;
}

export class StructuralMatcher implements CrossDomainMatcher {
  readonly strategyLabel = "structural";
  readonly #vision: VisionLibrary;
  readonly #map: MapSource;
  readonly #config: StructuralConfig;

  constructor(vision: VisionLibrary, map: MapSource, config: StructuralConfig) {
    this.#vision = vision;
    this.#map = map;
    this.#config = config;
  }

  async match(frame: VisionFrame, hypothesis: PlaceHypothesis): Promise<MatchOutcome> {
    const config = this.#config;
    const heightM = hypothesis.positionLocalM[2];
    const scales = this.#scales(frame.camera, heightM, hypothesis.localFromCamera);
    const searchRadiusM = Math.min(
      config.searchRadiusMaxM,
      SEARCH_RADIUS_MAX_PX * scales.coarseGsdM,
      Math.max(
        config.searchRadiusMinPx * scales.coarseGsdM,
        config.searchSigmas * hypothesis.sigmaHorizontalM,
      ),
    );
    const headingStepRad = radiansFromDegrees(config.headingStepDeg);
    const query = {
      searchRadiusM,
      headingStepRad,
      headingHalfRangeRad: halfRange(2.2 * hypothesis.sigmaHeadingRad, headingStepRad, Math.PI),
      scaleStep: config.scaleStep,
      scaleHalfRange: halfRange(
        2.2 * hypothesis.sigmaHeightM / heightM,
        config.scaleStep,
        0.3,
      ),
      blockSearchM: config.blockSearchPx * scales.coarseGsdM,
    };
    return await this.#compare(frame, hypothesis, scales, query, config.marginMin);
  }

  async refine(
    frame: VisionFrame,
    match: Match & Pick<PlaceHypothesis, "relief">,
  ): Promise<MatchOutcome> {
    const scales = this.#scales(
      frame.camera,
      match.positionLocalM[2],
      match.localFromCamera,
    );
    const outcome = await this.#compare(
      frame,
      match,
      scales,
      {
        searchRadiusM: scales.coarseGsdM,
        headingStepRad: 0,
        headingHalfRangeRad: 0,
        scaleStep: 0,
        scaleHalfRange: 0,
        blockSearchM: 1.5 * scales.coarseGsdM,
      },
      -2, // within one pixel there is no second place: the first search has judged it
    );
    return { ...outcome, margin: match.margin, hypotheses: match.hypotheses };
  }

  async #compare(
    frame: VisionFrame,
    at: Pick<PlaceHypothesis, "positionLocalM" | "localFromCamera" | "relief">,
    scales: Scales,
    search: Pick<
      StructuralQuery,
      | "searchRadiusM"
      | "headingStepRad"
      | "headingHalfRangeRad"
      | "scaleStep"
      | "scaleHalfRange"
      | "blockSearchM"
    >,
    marginMin: number,
  ): Promise<MatchOutcome> {
    const [eastM, northM, heightM] = at.positionLocalM;
    const reachM = search.searchRadiusM + scales.extentMaxM * 1.1 + search.blockSearchM;
    const window = await this.#map.window(eastM, northM, reachM, scales.fineGsdM);
    if (window === null) return noMatch("no_map", { score: -1, margin: 0, hypotheses: 0 });
    const answer = await matchStructure(this.#vision, frame, window.mosaic, {
      ...search,
      localFromCamera: at.localFromCamera,
      heightM,
      eastM: eastM - window.originEastM,
      northM: northM - window.originNorthM,
      coarseGsdM: scales.coarseGsdM,
      fineGsdM: scales.fineGsdM,
      extentMaxM: scales.extentMaxM,
      blocksX: this.#config.blocksX,
      blocksY: this.#config.blocksY,
    }, at.relief);
    return this.#judge(answer, at, window, scales, marginMin);
  }

  #judge(
    answer: StructuralAnswer,
    at: Pick<PlaceHypothesis, "positionLocalM" | "localFromCamera">,
    window: MapWindow,
    scales: Scales,
    marginMin: number,
  ): MatchOutcome {
    const quality = {
      score: answer.score,
      margin: answer.score - Math.max(0, answer.secondScore),
      hypotheses: answer.hypotheses,
    };
    if (answer.score <= 0) return noMatch("no_overlap", quality);
    if (answer.score < this.#config.scoreMin) return noMatch("weak", quality);
    if (quality.margin < marginMin) return noMatch("ambiguous", quality);
    if (answer.tiePoints.length < this.#config.tiePointsMin) {
      return noMatch("few_tie_points", quality);
    }
    const { originEastM, originNorthM } = window;
    return {
      status: "matched",
      ...quality,
      correspondences: answer.tiePoints.map((tie) => ({
        rayX: tie.rayX,
        rayY: tie.rayY,
        eastM: tie.eastM + originEastM,
        northM: tie.northM + originNorthM,
        upM: 0,
      })),
      positionLocalM: [
        answer.eastM + originEastM,
        answer.northM + originNorthM,
        at.positionLocalM[2] * answer.scale,
      ],
      localFromCamera: turnClockwise(at.localFromCamera, answer.headingRad),
      gsdM: scales.fineGsdM,
    };
  }

  /** The same number of pixels at every height, but never finer than the map. */
  #scales(camera: CameraModel, heightM: number, localFromCamera: Matrix3): Scales {
    const widthM = heightM * Math.max(camera.widthPx, camera.heightPx) / camera.fxPx;
    const coarseGsdM = Math.max(this.#map.gsdM, widthM / this.#config.coarseWidthPx);
    return {
      coarseGsdM,
      fineGsdM: Math.max(this.#map.gsdM, coarseGsdM / this.#config.fineFactor),
      extentMaxM: viewReachM(camera, heightM, localFromCamera),
    };
  }
}

function noMatch(reason: NoMatch["reason"], quality: MatchQuality): NoMatch {
  return { status: "no_match", reason, ...quality };
}
