/**
 * A small model with XFeat's kind of output: a grid of 64 features, one for each cell of 8 × 8 pixels,
 * of gradients. It takes pictures of any size.
 *
 * @module
 */
import { tensor } from "../../src/navigation/inference/mod.ts";
import { onnxModel } from "./onnx_model.ts";

const CHANNELS = 64, SIDE = 16, DIRECTIONS = 16;

/** Smoothed derivatives in sixteen directions, in each quarter of the square. */
function filterBank(gain: number): Float32Array<ArrayBuffer> {
  const filters = new Float32Array(CHANNELS * SIDE * SIDE);
  for (let channel = 0, i = 0; channel < CHANNELS; channel++) {
    const quarter = Math.floor(channel / DIRECTIONS), angle = 2 * Math.PI * channel / DIRECTIONS;
    for (let row = 0; row < SIDE; row++) {
      for (let column = 0; column < SIDE; column++, i++) {
        const x = column - (quarter % 2 === 0 ? 3.5 : 11.5);
        const y = row - (quarter < 2 ? 3.5 : 11.5);
        const along = x * Math.cos(angle) + y * Math.sin(angle);
        filters[i] = gain * along * Math.exp(-(x * x + y * y) / 8);
      }
    }
  }
  return filters;
}

/** `gain` changes the file, and nothing that matters. */
export function featureModel(
  options: { readonly gain: number; readonly elementType: "float32" | "float16" },
): Uint8Array<ArrayBuffer> {
  const filters = filterBank(options.gain);
  const isHalf = options.elementType === "float16";
  return onnxModel({
    nodes: [
      {
        type: "Conv",
        inputs: ["image", "filters"],
        outputs: ["filtered"],
        attributes: {
          kernel_shape: [SIDE, SIDE],
          strides: [8, 8],
          pads: [4, 4, 4, 4],
        },
      },
      { type: "Relu", inputs: ["filtered"], outputs: [isHalf ? "single" : "feats"] },
      ...(isHalf
        ? [{ type: "Cast", inputs: ["single"], outputs: ["feats"], attributes: { to: 10 } }]
        : []),
    ],
    inputs: [{ name: "image", elementType: "float32", shape: [1, 1, null, null] }],
    outputs: [
      { name: "feats", elementType: options.elementType, shape: [1, CHANNELS, null, null] },
    ],
    constants: [tensor("filters", "float32", [CHANNELS, 1, SIDE, SIDE], filters.buffer)],
  });
}
