/**
 * Local descriptors of a neural model with a grid of features as its first four-axis output of 64 to
 * 128 channels, such as XFeat's: one descriptor for each cell of the patch that holds ground.
 *
 * @module
 */
import { DataError } from "../../core/mod.ts";
import { type GreyPatch, LOCAL_DESCRIPTOR_LENGTH } from "../../native/vision/mod.ts";
import {
  type Engine,
  type EngineEntry,
  InferenceError,
  type InferenceRuntime,
  type TensorDeclaration,
} from "../inference/mod.ts";
import { greyInput } from "../matcher/mod.ts";
import type { PatchDescriber } from "./patch_describer.ts";

type Floats = Float32Array<ArrayBuffer>;

const CHANNELS_MIN = 64;

export class ModelDescriber implements PatchDescriber, AsyncDisposable {
  readonly elementType: "float32" | "float16";
  readonly #runtime: InferenceRuntime;
  readonly #engine: Engine;
  readonly #output: TensorDeclaration;

  private constructor(runtime: InferenceRuntime, engine: Engine, output: TensorDeclaration) {
    this.#runtime = runtime;
    this.#engine = engine;
    this.#output = output;
    this.elementType = output.elementType === "float16" ? "float16" : "float32";
  }

  /**
   * Loads the model. An entry with a hash is refused when the file has another.
   *
   * @throws DataError when it gives no grid of features; what the runtime throws
   */
  static async open(runtime: InferenceRuntime, entry: EngineEntry): Promise<ModelDescriber> {
    const engine = await runtime.deserializeEngine(entry);
    const [input] = engine.inputs;
    const isGrey = engine.inputs.length === 1 && input.shape.length === 4 &&
      input.elementType === "float32" && input.shape[1] === 1;
    const output = engine.outputs.find(({ shape, elementType }) =>
      shape.length === 4 && /^float(16|32)$/.test(elementType) &&
      (shape[1] ?? 0) >= CHANNELS_MIN && shape[1]! <= LOCAL_DESCRIPTOR_LENGTH
    );
    if (isGrey && output !== undefined) return new ModelDescriber(runtime, engine, output);
    await runtime.releaseEngine(engine);
    throw new DataError(
      entry.path,
      "makes no grid of 64 to 128 features from one grey picture: it cannot describe places",
    );
  }

  async describe(patch: GreyPatch): Promise<Floats> {
    const [, , rowsPx, columnsPx] = this.#engine.inputs[0].shape;
    const heightPx = rowsPx ?? patch.heightPx, widthPx = columnsPx ?? patch.widthPx;
    const input = greyInput(this.#engine.inputs[0].name, patch, { widthPx, heightPx });
    const outputs = await this.#runtime.infer(this.#engine, [input]);
    const grid = outputs.find(({ name }) => name === this.#output.name)!;
    const [, channels, rows, columns] = grid.shape;
    if (rows * widthPx !== columns * heightPx) {
      throw new InferenceError(
        `Cannot use ${this.#engine.name}: ${rows} × ${columns} features of a picture of ${heightPx} × ` +
          `${widthPx} pixels are no square cells`,
      );
    }
    const values = grid.data as Float32Array | Float16Array;
    const cellPx = widthPx / columns, out: number[][] = [];
    for (let row = 0; (row + 1) * cellPx <= patch.heightPx; row++) {
      for (let column = 0; (column + 1) * cellPx <= patch.widthPx; column++) {
        const x = Math.floor((column + 0.5) * cellPx), y = Math.floor((row + 0.5) * cellPx);
        if (patch.valid !== undefined && patch.valid[y * patch.widthPx + x] === 0) continue;
        out.push(unitRow(values, channels, row * columns + column, rows * columns));
      }
    }
    const descriptors = new Float32Array(out.length * LOCAL_DESCRIPTOR_LENGTH);
    out.forEach((values, i) => descriptors.set(values, i * LOCAL_DESCRIPTOR_LENGTH));
    return descriptors;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#runtime.releaseEngine(this.#engine);
  }
}

/** Length 1; shorter ones are filled up with zeros by who copies them, which changes no distance. */
function unitRow(
  values: Float32Array | Float16Array,
  channels: number,
  cell: number,
  cells: number,
): number[] {
  const row = Array.from({ length: channels }, (_, channel) => values[channel * cells + cell]);
  const norm = Math.hypot(...row);
  return norm === 0 ? row : row.map((value) => value / norm);
}
