/**
 * SIFT (Lowe, IJCV 2004; OpenCV's) with the root normalisation of Arandjelović and Zisserman
 * (CVPR 2012). Upright: pictures are north up already, and an orientation of a point's own would
 * throw that knowledge away.
 *
 * @module
 */
import {
  detectSift,
  type GreyPatch,
  LOCAL_DESCRIPTOR_LENGTH,
  type VisionLibrary,
} from "../../native/vision/mod.ts";
import type { FeaturesConfig } from "./config.ts";
import type {
  FeatureExtractor,
  LocalFeatures,
  PairingRule,
  PictureSize,
} from "./local_features.ts";

/** OpenCV takes less. */
const SIDE_MIN_PX = 16;

export class SiftExtractor implements FeatureExtractor {
  readonly label = "features";
  readonly descriptorLength = LOCAL_DESCRIPTOR_LENGTH;
  readonly pairing: PairingRule;
  readonly isLocal = true;
  readonly #vision: VisionLibrary;
  readonly #config: FeaturesConfig;

  constructor(vision: VisionLibrary, config: FeaturesConfig) {
    this.#vision = vision;
    this.#config = config;
    this.pairing = { ratio: config.ratioMax, cosineMin: -1 };
  }

  pictureSize(): PictureSize {
    return { widthPx: this.#config.sidePx, heightPx: this.#config.sidePx };
  }

  async extract(picture: GreyPatch): Promise<LocalFeatures> {
    const empty = new Float32Array(0);
    if (Math.min(picture.widthPx, picture.heightPx) < SIDE_MIN_PX) {
      return { count: 0, pointsPx: empty, descriptors: empty };
    }
    const { count, keypoints, descriptors } = await detectSift(this.#vision, picture, {
      featuresMax: this.#config.featuresMax,
      contrastThreshold: this.#config.contrastMin,
      upright: true,
    });
    const pointsPx = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      pointsPx[2 * i] = keypoints[4 * i];
      pointsPx[2 * i + 1] = keypoints[4 * i + 1];
    }
    return { count, pointsPx, descriptors };
  }
}
