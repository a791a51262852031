/**
 * Small ONNX models for tests: an encoder of the few protobuf messages that they need. Field numbers
 * are those of onnx.proto (ONNX 1.16, IR version 8).
 *
 * @module
 */
import { type Tensor, tensor, type TensorDeclaration } from "../../src/navigation/inference/mod.ts";

/** TensorProto.DataType. */
const DATA_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;

interface OnnxNode {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers, lists of integers, and floats as {float}. */
  readonly attributes?: Readonly<Record<string, number | readonly number[] | { float: number }>>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly TensorDeclaration[];
  readonly outputs: readonly TensorDeclaration[];
  /** Weights. */
  readonly constants?: readonly Tensor[];
}

/** The bytes of an `.onnx` file. */
export function onnxModel(graph: OnnxGraph): Uint8Array<ArrayBuffer> {
  const { nodes, inputs, outputs, constants = [] } = graph;
  const encodedGraph = message(
    ...nodes.map((node) => bytesField(1, encodeNode(node))),
    textField(2, "graph"),
    ...constants.map((constant) => bytesField(5, encodeTensor(constant))),
    ...inputs.map((declaration) => bytesField(11, encodeDeclaration(declaration))),
    ...outputs.map((declaration) => bytesField(12, encodeDeclaration(declaration))),
  );
  const opset = message(textField(1, ""), integerField(2, 17));
  return message(integerField(1, 8), bytesField(7, encodedGraph), bytesField(8, opset));
}

/**
 * A model with the inputs and outputs of XFeat that finds nothing: three convolutions that step over cells of 8
 * pixels.
 */
export function xfeatShaped(): Uint8Array<ArrayBuffer> {
  const outputs = [["feats", 64], ["keypoints", 65], ["heatmap", 1]] as const;
  return onnxModel({
    nodes: outputs.map(([name]) => ({
      type: "Conv",
      inputs: ["input", `${name}_weights`],
      outputs: [name],
      attributes: { strides: [8, 8] },
    })),
    inputs: [{ name: "input", elementType: "float32", shape: [1, 1, 480, 640] }],
    outputs: outputs.map(([name, channels]) => ({
      name,
      elementType: "float32",
      shape: [1, channels, 60, 80],
    })),
    constants: outputs.map(([name, channels]) =>
      tensor(`${name}_weights`, "float32", [channels, 1, 8, 8])
    ),
  });
}

function encodeNode({ type, inputs, outputs, attributes = {} }: OnnxNode): Uint8Array<ArrayBuffer> {
  return message(
    ...inputs.map((name) => textField(1, name)),
    ...outputs.map((name) => textField(2, name)),
    textField(4, type),
    ...Object.entries(attributes).map(([name, value]) => {
      const content = typeof value === "number"
        ? [integerField(3, value), integerField(20, 2)]
        : "float" in value
        ? [floatField(2, value.float), integerField(20, 1)]
        : [...value.map((each) => integerField(8, each)), integerField(20, 7)];
      return bytesField(5, message(textField(1, name), ...content));
    }),
  );
}

function encodeTensor({ name, shape, elementType, data }: Tensor): Uint8Array<ArrayBuffer> {
  const raw = new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return message(
    ...shape.map((axis) => integerField(1, axis)),
    integerField(2, DATA_TYPES[elementType]),
    textField(8, name),
    bytesField(9, raw),
  );
}

function encodeDeclaration(
  { name, elementType, shape }: TensorDeclaration,
): Uint8Array<ArrayBuffer> {
  const axes = shape.map((axis, i) =>
    bytesField(1, axis === null ? textField(2, `${name}_${i}`) : integerField(1, axis))
  );
  const tensorType = message(
    integerField(1, DATA_TYPES[elementType]),
    bytesField(2, message(...axes)),
  );
  return message(textField(1, name), bytesField(2, bytesField(1, tensorType)));
}

function message(...fields: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(fields.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const field of fields) {
    bytes.set(field, at);
    at += field.length;
  }
  return bytes;
}

function integerField(field: number, value: number): Uint8Array<ArrayBuffer> {
  return message(varint(field << 3), varint(value));
}

function floatField(field: number, value: number): Uint8Array<ArrayBuffer> {
  return message(varint(field << 3 | 5), new Uint8Array(Float32Array.of(value).buffer));
}

function textField(field: number, text: string): Uint8Array<ArrayBuffer> {
  return bytesField(field, new TextEncoder().encode(text));
}

function bytesField(field: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return message(varint(field << 3 | 2), varint(bytes.length), bytes);
}

/** Negative integers take ten bytes, as two's complement of 64 bits. */
function varint(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return Uint8Array.from(bytes);
}
