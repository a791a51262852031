/**
 * Matcher of local features, whoever finds them (see README): frame and map are described north up
 * at one resolution, paired near where the prior predicts, and verified by what agrees.
 *
 * @module
 */
import { type Matrix3, matrixVector, type Vector3 } from "../../core/mod.ts";
import {
  estimateHomography,
  matchFeatures,
  type RayAndGround,
  type VisionFrame,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import type { MapSource } from "../map/mod.ts";
import {
  type Agreement,
  type AgreementBounds,
  applySimilarity,
  findAgreement,
  type PointPairs,
} from "./agreement.ts";
import type { FeatureMatchingConfig } from "./config.ts";
import type {
  CrossDomainMatcher,
  Match,
  MatchOutcome,
  MatchQuality,
  NoMatch,
  PlaceHypothesis,
} from "./contract.ts";
import { extractInside, type FeatureExtractor } from "./local_features.ts";
import { type PlacedFeatures, selected, supportOfLookAlikes } from "./look_alikes.ts";
import { MapFeatures } from "./map_features.ts";
import { spreadOut } from "./spread_out.ts";
import { turnClockwise } from "./turn.ts";
import { type FrameView, frameView } from "./frame_view.ts";

/** The pose that a comparison starts from, and how far from it the truth may be. */
interface Start {
  readonly positionLocalM: Vector3;
  readonly localFromCamera: Matrix3;
  readonly radiusM: number;
  readonly turnMaxRad: number;
  readonly scaleMax: number;
}

/** What was paired, and what it was paired from. */
interface PairsOfFeatures extends PointPairs {
  readonly cosines: Float32Array;
  readonly frame: PlacedFeatures;
  readonly map: PlacedFeatures;
  /** Feature of the frame of each pair. */
  readonly frameIndices: readonly number[];
  readonly radiusM: number;
}

/** No pairs at all. */
const NOTHING: MatchQuality = { score: 0, margin: 0, hypotheses: 0 };
/** Sigmas of heading and height that are allowed for. */
const ATTITUDE_SIGMAS = 3;
/** A second look allows for this much of what the first one left, in tolerances and radians. */
const REFINE_TOLERANCES = 2;
const REFINE_TURN_RAD = 0.02;

export class FeatureMatcher implements CrossDomainMatcher {
  readonly strategyLabel: string;
  readonly #vision: VisionLibrary;
  readonly #map: MapSource;
  readonly #extractor: FeatureExtractor;
  readonly #mapFeatures: MapFeatures;
  readonly #config: FeatureMatchingConfig;

  constructor(
    vision: VisionLibrary,
    map: MapSource,
    extractor: FeatureExtractor,
    config: FeatureMatchingConfig,
  ) {
    this.strategyLabel = extractor.label;
    this.#vision = vision;
    this.#map = map;
    this.#extractor = extractor;
    this.#mapFeatures = new MapFeatures(vision, map, extractor);
    this.#config = config;
  }

  async match(frame: VisionFrame, hypothesis: PlaceHypothesis): Promise<MatchOutcome> {
    const { searchSigmas, searchRadiusMinShare, searchRadiusMaxM } = this.#config;
    const heightM = hypothesis.positionLocalM[2];
    const widthM = heightM * frame.camera.widthPx / frame.camera.fxPx;
    const radiusM = Math.max(
      searchRadiusMinShare * widthM,
      searchSigmas * hypothesis.sigmaHorizontalM,
    );
    return await this.#compare(frame, {
      positionLocalM: hypothesis.positionLocalM,
      localFromCamera: hypothesis.localFromCamera,
      radiusM: Math.min(searchRadiusMaxM, radiusM),
      turnMaxRad: ATTITUDE_SIGMAS * hypothesis.sigmaHeadingRad,
      scaleMax: ATTITUDE_SIGMAS * hypothesis.sigmaHeightM / heightM,
    });
  }

  async refine(frame: VisionFrame, match: Match): Promise<MatchOutcome> {
    const outcome = await this.#compare(frame, {
      positionLocalM: match.positionLocalM,
      localFromCamera: match.localFromCamera,
      radiusM: REFINE_TOLERANCES * this.#config.tolerancePx * match.gsdM,
      turnMaxRad: REFINE_TURN_RAD,
      scaleMax: REFINE_TURN_RAD,
    }, false);
    return { ...outcome, margin: match.margin, hypotheses: match.hypotheses };
  }

  /** `judged`: a place must be better than others; a second look has no room for others. */
  async #compare(frame: VisionFrame, start: Start, judged = true): Promise<MatchOutcome> {
    const size = this.#extractor.pictureSize();
    const view = frameView(frame.camera, start, {
      gsdMinM: this.#map.gsdM * this.#config.gsdShare,
      widthMaxPx: size.widthPx,
      heightMaxPx: size.heightPx,
    });
    // A turn or another scale moves the rim of the frame further than its middle.
    const rimM = Math.hypot(view.widthPx, view.heightPx) / 2 * view.gsdM;
    const radiusM = start.radiusM + rimM * (Math.min(1, start.turnMaxRad) + start.scaleMax);
    const [eastM, northM] = start.positionLocalM;
    const ground = await this.#mapFeatures.around(
      eastM + view.centreEastM,
      northM + view.centreNorthM,
      {
        eastM: view.widthPx / 2 * view.gsdM + radiusM,
        northM: view.heightPx / 2 * view.gsdM + radiusM,
      },
      view.gsdM,
      size,
    );
    if (!ground.hasMap) return noMatch("no_map", { ...NOTHING, score: -1 });
    const { pairing, descriptorLength } = this.#extractor;
    const patch = await frame.rectify({ ...view, ...start, heightM: start.positionLocalM[2] });
    const found = await extractInside(this.#extractor, { ...patch, valid: patch.mask }, size);
    const points = view.groundFromPixels(found.pointsPx);
    const { count, pairs, cosines } = await matchFeatures(
      this.#vision,
      { descriptors: found.descriptors, positions: points },
      { descriptors: ground.descriptors, positions: ground.pointsM },
      { length: descriptorLength, radius: radiusM, ratio: pairing.ratio },
    );
    const kept = [...cosines.keys()].filter((i) => cosines[i] >= pairing.cosineMin);
    if (count === 0 || kept.length === 0) return noMatch("weak", NOTHING);
    const chosen: PairsOfFeatures = {
      count: kept.length,
      a: Float64Array.from(kept.flatMap((i) => xy(points, pairs[2 * i]))),
      b: Float64Array.from(kept.flatMap((i) => xy(ground.pointsM, pairs[2 * i + 1]))),
      cosines: Float32Array.from(kept, (i) => cosines[i]),
      frame: { descriptors: found.descriptors, pointsM: points },
      map: ground,
      frameIndices: kept.map((i) => pairs[2 * i]),
      radiusM,
    };
    return await this.#judge(chosen, start, view, judged);
  }

  async #judge(
    pairs: PairsOfFeatures,
    start: Start,
    view: FrameView,
    judged: boolean,
  ): Promise<MatchOutcome> {
    const { inliersMin, secondShareMax, tiePointsMin, tolerancePx } = this.#config;
    const bounds = {
      toleranceM: tolerancePx * view.gsdM,
      turnMaxRad: start.turnMaxRad,
      scaleMax: start.scaleMax,
      separationM: this.#config.separationPx * view.gsdM,
    };
    const agreement = findAgreement(pairs, bounds);
    if (agreement === null) return noMatch("weak", NOTHING);
    const inliers = await this.#verified(pairs, agreement, bounds, view.gsdM);
    const isEnough = inliers.length >= (judged ? inliersMin : tiePointsMin);
    const lookAlikes = judged && isEnough
      ? await this.#lookAlikes(pairs, inliers, agreement, bounds)
      : 0;
    const elsewhere = Math.max(agreement.secondInliers, lookAlikes);
    const quality = {
      score: inliers.length / pairs.count,
      margin: (inliers.length - elsewhere) / pairs.count,
      hypotheses: pairs.count,
    };
    if (!isEnough) return noMatch("weak", quality);
    if (judged && elsewhere > secondShareMax * inliers.length) return noMatch("ambiguous", quality);
    const ties = spreadOut(inliers, pairs, view, this.#config);
    if (ties.length < tiePointsMin) return noMatch("few_tie_points", quality);
    const { similarity } = agreement;
    const [eastM, northM, heightM] = start.positionLocalM;
    const middle = [eastM + view.centreEastM, northM + view.centreNorthM] as const;
    const foot = applySimilarity(similarity, -view.centreEastM, -view.centreNorthM);
    return {
      status: "matched",
      ...quality,
      correspondences: ties.map((i) => correspondence(pairs, i, start, view, middle)),
      positionLocalM: [middle[0] + foot[0], middle[1] + foot[1], heightM * similarity.scale],
      localFromCamera: turnClockwise(start.localFromCamera, similarity.turnRad),
      gsdM: view.gsdM,
    };
  }

  #lookAlikes(
    { frame, map, frameIndices, cosines, radiusM }: PairsOfFeatures,
    inliers: readonly number[],
    { similarity: place }: Agreement,
    bounds: AgreementBounds,
  ): Promise<number> {
    const length = this.#extractor.descriptorLength;
    const agreed = {
      ...selected(frame, length, inliers.map((i) => frameIndices[i])),
      place,
      cosines: inliers.map((i) => cosines[i]),
    };
    return supportOfLookAlikes(this.#vision, agreed, map, { ...bounds, length, radiusM });
  }

  /** MAGSAC++ over the pairs near the agreement: tilt bends what a similarity keeps straight. */
  async #verified(
    pairs: PointPairs,
    agreement: Agreement,
    bounds: AgreementBounds,
    gsdM: number,
  ): Promise<readonly number[]> {
    const near: number[] = [];
    for (let i = 0; i < pairs.count; i++) {
      const [east, north] = applySimilarity(
        agreement.similarity,
        pairs.a[2 * i],
        pairs.a[2 * i + 1],
      );
      const offM = Math.hypot(pairs.b[2 * i] - east, pairs.b[2 * i + 1] - north);
      if (offM <= 2 * bounds.toleranceM) near.push(i);
    }
    const inPixels = (points: Float64Array) =>
      Float64Array.from(near.flatMap((i) => [points[2 * i] / gsdM, points[2 * i + 1] / gsdM]));
    const found = await estimateHomography(this.#vision, inPixels(pairs.a), inPixels(pairs.b), {
      thresholdPx: this.#config.thresholdPx,
    });
    return found === null ? [] : near.filter((_, k) => found.inlierMask[k] !== 0);
  }
}

function xy(points: Float32Array, index: number): [number, number] {
  return [points[2 * index], points[2 * index + 1]];
}

/** `middle`: of the view, local east and north. */
function correspondence(
  { a, b }: PointPairs,
  index: number,
  start: Start,
  view: FrameView,
  middle: readonly [eastM: number, northM: number],
): RayAndGround {
  const m = start.localFromCamera;
  const cameraFromLocal: Matrix3 = [m[0], m[3], m[6], m[1], m[4], m[7], m[2], m[5], m[8]];
  const [x, y, z] = matrixVector(cameraFromLocal, [
    a[2 * index] + view.centreEastM,
    a[2 * index + 1] + view.centreNorthM,
    -start.positionLocalM[2],
  ]);
  return {
    rayX: x / z,
    rayY: y / z,
    eastM: middle[0] + b[2 * index],
    northM: middle[1] + b[2 * index + 1],
    upM: 0,
  };
}

function noMatch(reason: NoMatch["reason"], quality: MatchQuality): NoMatch {
  return { status: "no_match", reason, ...quality };
}
