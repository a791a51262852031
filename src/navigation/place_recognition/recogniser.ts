/**
 * The three ways together: a good estimate needs no search, a small area is searched whole, a large
 * one by descriptors, and what they name is looked at by correlation.
 *
 * @module
 */
import type { MapSource } from "../map/mod.ts";
import type { PlaceHypothesis } from "../matcher/mod.ts";
import type { VisionFrame } from "../../native/vision/mod.ts";
import type { PlaceRecognitionConfig } from "./config.ts";
import type { PlaceRecogniser, Proposal } from "./contract.ts";
import { type ExhaustiveSearch, searchArea } from "./exhaustive.ts";

export class AdaptiveRecogniser implements PlaceRecogniser {
  readonly strategyLabel = "adaptive";
  readonly #map: MapSource;
  readonly #exhaustive: ExhaustiveSearch;
  readonly #descriptors: PlaceRecogniser | null;
  readonly #config: PlaceRecognitionConfig;

  /** `descriptors` is null when the package holds no index: everything is searched whole. */
  constructor(
    map: MapSource,
    exhaustive: ExhaustiveSearch,
    descriptors: PlaceRecogniser | null,
    config: PlaceRecognitionConfig,
  ) {
    this.#map = map;
    this.#exhaustive = exhaustive;
    this.#descriptors = descriptors;
    this.#config = config;
  }

  async propose(
    frame: VisionFrame,
    prior: PlaceHypothesis,
    candidatesMax?: number,
  ): Promise<Proposal> {
    if (prior.sigmaHorizontalM <= this.#config.priorSigmaMaxM) {
      return { method: "prior", hypotheses: [prior] };
    }
    const area = searchArea(prior, this.#map.bounds, frame.camera, this.#config, this.#map.gsdM);
    if (this.#descriptors === null || area.pixels <= this.#config.exhaustivePixelsMax) {
      return await this.#exhaustive.propose(frame, prior, candidatesMax);
    }
    return await this.#descriptors.propose(frame, prior, candidatesMax);
  }
}
