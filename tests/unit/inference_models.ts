/**
 * Models for the tests of inference, each with an input to run it on.
 *
 * @module
 */
import { type Tensor, tensor } from "../../src/navigation/inference/mod.ts";
import { type OnnxGraph, onnxModel } from "../support/onnx_model.ts";

export interface TestModel {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly inputs: readonly Tensor[];
}

function values<T extends Tensor>(into: T, value: (i: number) => number): T {
  const { data } = into;
  for (let i = 0; i < data.length; i++) {
    if (data instanceof BigInt64Array) data[i] = BigInt(Math.round(value(i)));
    else data[i] = value(i);
  }
  return into;
}

const wave = (i: number) => Math.sin(0.7 * i) + 0.1 * Math.cos(3 * i);
const integers = (i: number) => (37 * i) % 101 - 50;

function model(name: string, graph: OnnxGraph, inputs: readonly Tensor[]): TestModel {
  return { name, bytes: onnxModel(graph), inputs };
}

/** y = x · w, 4 × 64 by 64 × 32. */
export function matrixProduct(): TestModel {
  const w = values(tensor("w", "float32", [64, 32]), wave);
  return model("matrix product", {
    nodes: [{ type: "MatMul", inputs: ["x", "w"], outputs: ["y"] }],
    inputs: [{ name: "x", elementType: "float32", shape: [4, 64] }],
    outputs: [{ name: "y", elementType: "float32", shape: [4, 32] }],
    constants: [w],
  }, [values(tensor("x", "float32", [4, 64]), (i) => wave(i + 5))]);
}

/** 3 × 3 convolution and rectifier, of pictures of any size. */
export function convolution(rows = 24, columns = 17): TestModel {
  const w = values(tensor("w", "float32", [8, 1, 3, 3]), wave);
  return model("convolution with open axes", {
    nodes: [
      { type: "Conv", inputs: ["x", "w"], outputs: ["c"], attributes: { pads: [1, 1, 1, 1] } },
      { type: "Relu", inputs: ["c"], outputs: ["y"] },
    ],
    inputs: [{ name: "x", elementType: "float32", shape: [1, 1, null, null] }],
    outputs: [{ name: "y", elementType: "float32", shape: [1, 8, null, null] }],
    constants: [w],
  }, [values(tensor("x", "float32", [1, 1, rows, columns]), wave)]);
}

/** y = x · w + x, half precision in, inside and out. */
export function halfPrecision(): TestModel & { readonly weights: Tensor } {
  const w = values(tensor("w", "float16", [16, 16]), wave);
  const made = model("half precision", {
    nodes: [
      { type: "MatMul", inputs: ["x", "w"], outputs: ["p"] },
      { type: "Add", inputs: ["p", "x"], outputs: ["y"] },
    ],
    inputs: [{ name: "x", elementType: "float16", shape: [2, 16] }],
    outputs: [{ name: "y", elementType: "float16", shape: [2, 16] }],
    constants: [w],
  }, [values(tensor("x", "float16", [2, 16]), wave)]);
  return { ...made, weights: w };
}

/** Integer product of int8 by uint8 into int32. */
export function integerProduct(): TestModel {
  const w = values(tensor("w", "int8", [16, 8]), integers);
  return model("integer product", {
    nodes: [{ type: "MatMulInteger", inputs: ["x", "w"], outputs: ["y"] }],
    inputs: [{ name: "x", elementType: "uint8", shape: [3, 16] }],
    outputs: [{ name: "y", elementType: "int32", shape: [3, 8] }],
    constants: [w],
  }, [values(tensor("x", "uint8", [3, 16]), (i) => (61 * i) % 256)]);
}

/** The 5 greatest values of a row and where they stand (int64), of two inputs added. */
export function greatest(): TestModel {
  const k = values(tensor("k", "int64", [1]), () => 5);
  return model("two inputs, two outputs", {
    nodes: [
      { type: "Add", inputs: ["a", "b"], outputs: ["s"] },
      { type: "TopK", inputs: ["s", "k"], outputs: ["value", "place"] },
    ],
    inputs: [
      { name: "a", elementType: "float32", shape: [2, 40] },
      { name: "b", elementType: "float32", shape: [2, 40] },
    ],
    outputs: [
      { name: "value", elementType: "float32", shape: [2, 5] },
      { name: "place", elementType: "int64", shape: [2, 5] },
    ],
    constants: [k],
  }, [
    values(tensor("a", "float32", [2, 40]), wave),
    values(tensor("b", "float32", [2, 40]), (i) => wave(i + 11)),
  ]);
}

/** Its output's size depends on what is in it: where x is not 0, as int64. */
export function nonZero(): TestModel {
  return model("output of a size that the values decide", {
    nodes: [{ type: "NonZero", inputs: ["x"], outputs: ["y"] }],
    inputs: [{ name: "x", elementType: "float32", shape: [null] }],
    outputs: [{ name: "y", elementType: "int64", shape: [1, null] }],
  }, [values(tensor("x", "float32", [9]), (i) => i % 3)]);
}

export function allModels(): readonly TestModel[] {
  return [
    matrixProduct(),
    convolution(),
    halfPrecision(),
    integerProduct(),
    greatest(),
    nonZero(),
  ];
}
