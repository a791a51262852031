/**
 * Construction of tensors and the checks that every runtime makes before it reads or writes one.
 *
 * @module
 */
import type { Tensor, TensorArrays, TensorDeclaration, TensorElementType } from "./contract.ts";
import { InferenceError } from "./errors.ts";

const ARRAYS = {
  float32: Float32Array,
  float16: Float16Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
} as const satisfies Record<TensorElementType, unknown>;

export const TENSOR_ELEMENT_TYPES = Object.keys(ARRAYS) as readonly TensorElementType[];

/** Product of the axes; 1 for a scalar's empty shape. */
function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, axis) => product * axis, 1);
}

/** A tensor over `buffer`, without a copy; a new one of zeros without it. */
export function tensor<Type extends TensorElementType>(
  name: string,
  elementType: Type,
  shape: readonly number[],
  buffer?: ArrayBuffer,
): Extract<Tensor, { readonly elementType: Type }> {
  const make = ARRAYS[elementType] as unknown as new (
    from: ArrayBuffer | number,
  ) => TensorArrays[Type];
  const data = new make(buffer ?? elementCount(shape));
  return { name, elementType, shape, data } as unknown as Extract<
    Tensor,
    { readonly elementType: Type }
  >;
}

/**
 * Every declared input once, each of its type and shape.
 *
 * @throws InferenceError
 */
export function checkInputs(
  model: string,
  declared: readonly TensorDeclaration[],
  given: readonly Tensor[],
): void {
  for (const declaration of declared) {
    const matching = given.filter(({ name }) => name === declaration.name);
    if (matching.length !== 1) {
      throw refusal(
        model,
        `input "${declaration.name}" was given ${matching.length} times; the model takes ` +
          namesOf(declared),
      );
    }
    checkTensor(model, "input", declaration, matching[0]);
  }
  refuseUnknown(model, "input", declared, given);
}

/**
 * Buffers for outputs: of declared names, each once, of the declared type and shape.
 *
 * @throws InferenceError
 */
export function checkOutputs(
  model: string,
  declared: readonly TensorDeclaration[],
  given: readonly Tensor[],
): void {
  refuseUnknown(model, "output", declared, given);
  for (const [index, each] of given.entries()) {
    if (given.findIndex(({ name }) => name === each.name) !== index) {
      throw refusal(model, `output "${each.name}" was given twice`);
    }
    const declaration = declared.find(({ name }) => name === each.name)!;
    checkTensor(model, "output", declaration, each);
  }
}

/** Copies `from` into the caller's `to`. @throws InferenceError when they differ in shape. */
export function copyInto(model: string, from: Tensor, to: Tensor): Tensor {
  if (from.shape.join() !== to.shape.join() || from.elementType !== to.elementType) {
    throw refusal(
      model,
      `output "${to.name}" is ${describe(from)}, the buffer for it ${describe(to)}`,
    );
  }
  (to.data as Uint8Array).set(from.data as Uint8Array);
  return to;
}

function checkTensor(
  model: string,
  what: "input" | "output",
  declaration: TensorDeclaration,
  given: Tensor,
): void {
  const { shape, data, elementType } = given;
  const fits = elementType === declaration.elementType &&
    shape.length === declaration.shape.length &&
    shape.every((axis, i) =>
      Number.isSafeInteger(axis) && axis >= 0 && axis === (declaration.shape[i] ?? axis)
    );
  if (!fits) {
    throw refusal(
      model,
      `${what} "${given.name}" is ${describe(given)}, the model declares ${describe(declaration)}`,
    );
  }
  if (!(data instanceof ARRAYS[elementType]) || data.length !== elementCount(shape)) {
    throw refusal(
      model,
      `${what} "${given.name}" is ${describe(given)} over ${data.length} elements of ` +
        data.constructor.name,
    );
  }
}

function refuseUnknown(
  model: string,
  what: "input" | "output",
  declared: readonly TensorDeclaration[],
  given: readonly Tensor[],
): void {
  const unknown = given.find((each) => !declared.some(({ name }) => name === each.name));
  if (unknown === undefined) return;
  throw refusal(model, `it has no ${what} "${unknown.name}", but ${namesOf(declared)}`);
}

function describe(
  { elementType, shape }: { elementType: string; shape: readonly (number | null)[] },
): string {
  return `${elementType} [${shape.map((axis) => axis ?? "?").join(", ")}]`;
}

function namesOf(declared: readonly TensorDeclaration[]): string {
  return declared.map(({ name }) => `"${name}"`).join(", ") || "none";
}

function refusal(model: string, problem: string): InferenceError {
  return new InferenceError(`Cannot run ${model}: ${problem}`);
}
