/**
 * Exhaustive search: the frame, small and north-up, correlated with the whole map around the prior.
 *
 * @module
 */
import { radiansFromDegrees } from "../../core/mod.ts";
import type { LocalBounds, MapSource } from "../map/mod.ts";
import { halfRange, type PlaceHypothesis, turnClockwise, viewReachM } from "../matcher/mod.ts";
import { findPlaces, type VisionFrame, type VisionLibrary } from "../../native/vision/mod.ts";
import type { PlaceRecognitionConfig } from "./config.ts";
import type { PlaceRecogniser, Proposal } from "./contract.ts";
import type { PlaceScores } from "./place_evidence.ts";

/** The part of the map that a search looks at: a rectangle. */
interface SearchArea {
  /** Its middle. */
  readonly eastM: number;
  readonly northM: number;
  /** Half of its sides. */
  readonly reachEastM: number;
  readonly reachNorthM: number;
  readonly gsdM: number;
  readonly pixels: number;
}

/** Around the prior, cut to the map. */
export function searchArea(
  prior: PlaceHypothesis,
  bounds: LocalBounds,
  camera: { readonly widthPx: number; readonly heightPx: number; readonly fxPx: number },
  config: PlaceRecognitionConfig,
  mapGsdM: number,
): SearchArea {
  const reachM = config.searchSigmas * prior.sigmaHorizontalM;
  const [eastM, northM, heightM] = prior.positionLocalM;
  const west = Math.max(bounds.eastMinM, eastM - reachM);
  const east = Math.min(bounds.eastMaxM, eastM + reachM);
  const south = Math.max(bounds.northMinM, northM - reachM);
  const north = Math.min(bounds.northMaxM, northM + reachM);
  const reachEastM = Math.max(0, (east - west) / 2), reachNorthM = Math.max(0, (north - south) / 2);
  const areaM2 = 4 * reachEastM * reachNorthM;
  const footprintM = heightM * Math.max(camera.widthPx, camera.heightPx) / camera.fxPx;
  // A large area is compared more coarsely before it is too large.
  const coarseM = Math.min(
    footprintM / config.exhaustiveWidthMinPx,
    Math.sqrt(areaM2 / config.exhaustivePixelsMax),
  );
  const gsdM = Math.max(mapGsdM, footprintM / config.exhaustiveWidthPx, coarseM);
  return {
    eastM: (west + east) / 2,
    northM: (south + north) / 2,
    reachEastM,
    reachNorthM,
    gsdM,
    // Whole ones: a rounding error must not make an area too large that was coarsened to the limit.
    pixels: Math.round(areaM2 / gsdM ** 2),
  };
}

/** For every place that is searched; −1 until it is. */
function placeScores(
  { eastM, northM, reachEastM, reachNorthM, gsdM }: SearchArea,
): PlaceScores {
  const right = Math.ceil(reachEastM / gsdM), down = Math.ceil(reachNorthM / gsdM);
  const columns = 2 * right + 1, rows = 2 * down + 1;
  return {
    westM: eastM - right * gsdM,
    northM: northM + down * gsdM,
    gsdM,
    columns,
    rows,
    scores: new Float32Array(columns * rows).fill(-1),
  };
}

export class ExhaustiveSearch implements PlaceRecogniser {
  readonly strategyLabel = "exhaustive";
  readonly #vision: VisionLibrary;
  readonly #map: MapSource;
  readonly #config: PlaceRecognitionConfig;

  constructor(vision: VisionLibrary, map: MapSource, config: PlaceRecognitionConfig) {
    this.#vision = vision;
    this.#map = map;
    this.#config = config;
  }

  async propose(
    frame: VisionFrame,
    prior: PlaceHypothesis,
    candidatesMax = Infinity,
  ): Promise<Proposal> {
    const area = searchArea(prior, this.#map.bounds, frame.camera, this.#config, this.#map.gsdM);
    const scores = placeScores(area);
    const hypotheses = await this.search(frame, prior, area, scores, candidatesMax);
    return { method: "exhaustive", hypotheses, scores };
  }

  /** Fills `scores`. */
  async search(
    frame: VisionFrame,
    prior: PlaceHypothesis,
    area: SearchArea,
    scores: PlaceScores,
    candidatesMax = Infinity,
  ): Promise<PlaceHypothesis[]> {
    const config = this.#config;
    const heightM = prior.positionLocalM[2];
    const extentM = viewReachM(frame.camera, heightM, prior.localFromCamera);
    const window = await this.#map.window(
      area.eastM,
      area.northM,
      Math.max(area.reachEastM, area.reachNorthM) + extentM,
      area.gsdM,
    );
    if (window === null) return [];
    // A whole turn is searched in double steps: the matcher's own search closes the gap.
    const wholeTurn = prior.sigmaHeadingRad > Math.PI / 4;
    const headingStepRad = radiansFromDegrees(config.headingStepDeg) * (wholeTurn ? 2 : 1);
    const places = await findPlaces(this.#vision, frame, window.mosaic, {
      localFromCamera: prior.localFromCamera,
      heightM,
      eastM: area.eastM - window.originEastM,
      northM: area.northM - window.originNorthM,
      headingHalfRangeRad: halfRange(2.2 * prior.sigmaHeadingRad, headingStepRad, Math.PI),
      headingStepRad,
      scaleHalfRange: halfRange(2.2 * prior.sigmaHeightM / heightM, config.scaleStep, 0.3),
      scaleStep: config.scaleStep,
      coarseGsdM: area.gsdM,
      fineGsdM: area.gsdM,
      extentMaxM: extentM,
      blockSearchM: 0,
      blocksX: 0,
      blocksY: 0,
    }, {
      reachEastM: Math.max(area.reachEastM, 10 * area.gsdM),
      reachNorthM: Math.max(area.reachNorthM, 10 * area.gsdM),
      separationM: 10 * area.gsdM,
      capacity: Math.min(config.candidates, candidatesMax),
      grid: {
        ...scores,
        westM: scores.westM - window.originEastM,
        northM: scores.northM - window.originNorthM,
      },
    });
    return places.map((place) => ({
      positionLocalM: [
        place.eastM + window.originEastM,
        place.northM + window.originNorthM,
        heightM * place.scale,
      ],
      localFromCamera: turnClockwise(prior.localFromCamera, place.headingRad),
      sigmaHorizontalM: 2.5 * area.gsdM,
      sigmaHeadingRad: Math.min(prior.sigmaHeadingRad, headingStepRad / 1.5),
      sigmaHeightM: Math.min(prior.sigmaHeightM, heightM * config.scaleStep / 1.5),
    }));
  }
}
