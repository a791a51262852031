/**
 * Descriptor search: the frame's north-up middle, described by VLAD, looked up in the package's
 * FAISS index.
 *
 * @module
 */
import { type PlaceHypothesis, turnClockwise } from "../matcher/mod.ts";
import type { VisionFrame } from "../../native/vision/mod.ts";
import type { PlaceRecognitionConfig } from "./config.ts";
import type { PlaceRecogniser, Proposal } from "./contract.ts";
import type { VladDescriptor } from "./vlad.ts";

/** A described place of the map, in the flight's local frame. */
export interface KnownPlace {
  readonly eastM: number;
  readonly northM: number;
  readonly sideM: number;
}

/** The narrow part of a descriptor index that a search needs. */
interface PlaceIndex {
  searchTopK(
    query: Float32Array<ArrayBuffer>,
    k: number,
  ): Promise<readonly { readonly id: number; readonly score: number }[]>;
}

/** Unknown headings are tried at this many turns. */
const TURNS = 12;

export class VladSearch implements PlaceRecogniser {
  readonly strategyLabel = "vlad";
  readonly #descriptor: VladDescriptor;
  readonly #index: PlaceIndex;
  readonly #places: readonly KnownPlace[];
  readonly #sidesM: readonly number[];
  readonly #config: PlaceRecognitionConfig;

  constructor(
    descriptor: VladDescriptor,
    index: PlaceIndex,
    places: readonly KnownPlace[],
    config: PlaceRecognitionConfig,
  ) {
    this.#descriptor = descriptor;
    this.#index = index;
    this.#places = places;
    this.#sidesM = [...new Set(places.map((place) => place.sideM))].sort((a, b) => a - b);
    this.#config = config;
  }

  async propose(
    frame: VisionFrame,
    prior: PlaceHypothesis,
    candidatesMax = Infinity,
  ): Promise<Proposal> {
    const candidates = Math.min(this.#config.candidates, candidatesMax);
    if (this.#places.length === 0) return { method: "vlad", hypotheses: [] };
    const wide = prior.sigmaHeadingRad > Math.PI / 8;
    const turns = wide ? TURNS : 1;
    const found: { place: KnownPlace; score: number; turnRad: number }[] = [];
    for (let turn = 0; turn < turns; turn++) {
      const turnRad = 2 * Math.PI * turn / turns;
      for (const hit of await this.#lookUp(frame, prior, turnRad, candidates)) {
        const place = this.#places[hit.id];
        if (place !== undefined) found.push({ place, score: hit.score, turnRad });
      }
    }
    found.sort((a, b) => b.score - a.score);
    return {
      method: "vlad",
      hypotheses: found.slice(0, candidates).map(({ place, turnRad }) => ({
        positionLocalM: [place.eastM, place.northM, prior.positionLocalM[2]],
        localFromCamera: turnClockwise(prior.localFromCamera, turnRad),
        sigmaHorizontalM: place.sideM / 4,
        sigmaHeadingRad: wide ? Math.PI / turns : prior.sigmaHeadingRad,
        sigmaHeightM: prior.sigmaHeightM,
      })),
    };
  }

  async #lookUp(
    frame: VisionFrame,
    prior: PlaceHypothesis,
    turnRad: number,
    candidates: number,
  ) {
    const heightM = prior.positionLocalM[2];
    const { widthPx, heightPx, fxPx } = frame.camera;
    const footprintM = heightM * Math.sqrt(widthPx * heightPx) / fxPx;
    const sideM = this.#sidesM.reduce((a, b) =>
      Math.abs(Math.log(b / footprintM)) < Math.abs(Math.log(a / footprintM)) ? b : a
    );
    const patchPx = this.#descriptor.patchPx;
    const localFromCamera = turnClockwise(prior.localFromCamera, turnRad);
    // The ground that the middle of the picture looks at, from the camera's foot point.
    const downwards = Math.max(0.2, -localFromCamera[8]);
    const patch = await frame.rectify({
      localFromCamera,
      heightM,
      centreEastM: localFromCamera[2] / downwards * heightM,
      centreNorthM: localFromCamera[5] / downwards * heightM,
      gsdM: sideM / patchPx,
      widthPx: patchPx,
      heightPx: patchPx,
    });
    const query = await this.#descriptor.describe({
      widthPx: patchPx,
      heightPx: patchPx,
      pixels: patch.pixels,
      valid: patch.mask,
    });
    return query === null ? [] : await this.#index.searchTopK(query, candidates);
  }
}
