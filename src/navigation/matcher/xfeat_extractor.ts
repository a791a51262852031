/**
 * `onnx`: local features of a model with the outputs of XFeat (xfeat_features.ts), through an
 * inference runtime (C7).
 *
 * @module
 */
import { DataError } from "../../core/mod.ts";
import type { GreyPatch } from "../../native/vision/mod.ts";
import {
  type Engine,
  type EngineEntry,
  InferenceError,
  type InferenceRuntime,
  type Tensor,
} from "../inference/mod.ts";
import type { OnnxMatcherConfig } from "./config.ts";
import type {
  FeatureExtractor,
  LocalFeatures,
  PairingRule,
  PictureSize,
} from "./local_features.ts";
import { greyInput } from "./grey_input.ts";
import {
  featuresOfXfeat,
  XFEAT_CELL_PX,
  XFEAT_DESCRIPTOR_LENGTH,
  XFEAT_KEYPOINT_CHANNELS,
} from "./xfeat_features.ts";

/** Open axes must be whole multiples of this: the model halves its picture five times. */
const SIDE_STEP_PX = 32;

interface XfeatOptions {
  readonly runtime: InferenceRuntime;
  readonly model: EngineEntry;
  readonly config: OnnxMatcherConfig;
  /** Share of the configured picture's sides that the computer allows for now, 0 to 1. */
  readonly inputScale: () => number;
}

export class XfeatExtractor implements FeatureExtractor, AsyncDisposable {
  readonly label = "onnx";
  readonly descriptorLength = XFEAT_DESCRIPTOR_LENGTH;
  readonly pairing: PairingRule;
  /** Its cells of eight pixels count from the picture's corner, and its picture has one size. */
  readonly isLocal = false;
  readonly #runtime: InferenceRuntime;
  readonly #engine: Engine;
  readonly #config: OnnxMatcherConfig;
  readonly #inputScale: () => number;

  private constructor(options: XfeatOptions, engine: Engine) {
    const { runtime, config, inputScale } = options;
    this.#runtime = runtime;
    this.#engine = engine;
    this.#config = config;
    this.#inputScale = inputScale;
    this.pairing = { ratio: config.ratioMax, cosineMin: config.cosineMin };
  }

  /**
   * Loads the model.
   *
   * @throws DataError when it has other inputs and outputs than XFeat; what the runtime throws
   */
  static async open(options: XfeatOptions): Promise<XfeatExtractor> {
    const { runtime, model } = options;
    const engine = await runtime.deserializeEngine(model);
    const fault = unfit(engine);
    if (fault === null) return new XfeatExtractor(options, engine);
    await runtime.releaseEngine(engine);
    throw new DataError(model.path, `${fault}; the onnx matcher needs a model like XFeat`);
  }

  /** The model's own size; where it leaves that open, the configured one, scaled. */
  pictureSize(): PictureSize {
    const [, , heightPx, widthPx] = this.#engine.inputs[0].shape;
    const share = this.#inputScale();
    const open = (px: number) =>
      Math.max(SIDE_STEP_PX, SIDE_STEP_PX * Math.floor(px * share / SIDE_STEP_PX));
    return {
      widthPx: widthPx ?? open(this.#config.inputWidthPx),
      heightPx: heightPx ?? open(this.#config.inputHeightPx),
    };
  }

  async extract(picture: GreyPatch, size: PictureSize): Promise<LocalFeatures> {
    const { widthPx, heightPx } = size;
    const input = greyInput(this.#engine.inputs[0].name, picture, size);
    const outputs = await this.#runtime.infer(this.#engine, [input]);
    const columns = widthPx / XFEAT_CELL_PX, rows = heightPx / XFEAT_CELL_PX;
    const grid = (channels: number) =>
      gridOf(this.#engine.name, outputs, [channels, rows, columns]);
    return featuresOfXfeat({
      features: grid(XFEAT_DESCRIPTOR_LENGTH),
      keypoints: grid(XFEAT_KEYPOINT_CHANNELS),
      reliability: grid(1),
      columns,
      rows,
    }, { ...this.#config, separationPx: this.#config.keypointSeparationPx });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#runtime.releaseEngine(this.#engine);
  }
}

/** Why this is no model like XFeat; null when it is one. */
function unfit(engine: Engine): string | null {
  const [input] = engine.inputs;
  const isGrey = engine.inputs.length === 1 && input.elementType === "float32" &&
    input.shape.length === 4 && input.shape[0] === 1 && input.shape[1] === 1;
  if (!isGrey) return "its input is no single grey picture of float32 (1 × 1 × rows × columns)";
  const sides = input.shape.slice(2);
  if (sides.some((side) => side !== null && side % SIDE_STEP_PX !== 0)) {
    return `its picture of ${sides.join(" × ")} pixels is no multiple of ${SIDE_STEP_PX}`;
  }
  for (const channels of [XFEAT_DESCRIPTOR_LENGTH, XFEAT_KEYPOINT_CHANNELS, 1]) {
    const fits = engine.outputs.some(({ shape, elementType }) =>
      shape.length === 4 && shape[1] === channels && elementType === "float32" &&
      shape.slice(2).every((cells, i) =>
        cells === null || sides[i] === null || cells * XFEAT_CELL_PX === sides[i]
      )
    );
    if (!fits) return `none of its outputs is float32 of 1 × ${channels} × rows/8 × columns/8`;
  }
  return null;
}

/** @throws InferenceError: a model that leaves its sizes open may have cells of other sides than XFeat's */
function gridOf(
  model: string,
  outputs: readonly Tensor[],
  [channels, rows, columns]: readonly [channels: number, rows: number, columns: number],
): Float32Array {
  const { name, shape, data } = outputs.find(({ shape }) => shape[1] === channels)!;
  if (shape[2] === rows && shape[3] === columns) return data as Float32Array;
  throw new InferenceError(
    `Cannot use ${model}: its output "${name}" has ${shape[2]} × ${
      shape[3]
    } cells, XFeat's would have ` +
      `${rows} × ${columns}`,
  );
}
