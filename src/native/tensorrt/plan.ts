/**
 * Builds serialised engines from ONNX models.
 *
 * @module
 */
import { NativeErrorBuffer } from "../../core/mod.ts";
import type { TensorRtLibrary } from "./library.ts";
import { BUILD_OPTIONS_BYTES, PROFILE_BYTES } from "./symbols.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const PRECISIONS = { fp32: 0, fp16: 1, int8: 2 } as const;
const PARTS = { engine: 0, timingCache: 1, calibrationCache: 2 } as const;
const RANK_MAX = 8, NAME_BYTES = 256;

/** Shapes that an engine may be asked with, for one input with open axes. */
interface PlanProfile {
  readonly input: string;
  readonly min: readonly number[];
  readonly optimal: readonly number[];
  readonly max: readonly number[];
}

interface PlanRequest {
  readonly onnx: Bytes;
  readonly precision: keyof typeof PRECISIONS;
  readonly profiles?: readonly PlanProfile[];
  /** Scratch memory of one layer at most, bytes; without it TensorRT's own limit. */
  readonly workspaceBytes?: number;
  readonly device?: number;
  /** int8: what an earlier build returned. Without it `samples` are measured. */
  readonly calibrationCache?: Bytes;
  /** int8: whole sets of all inputs (float32, in the model's order, at their optimal shapes). */
  readonly samples?: Bytes;
  readonly timingCache?: Bytes;
}

interface Plan {
  readonly engine: Bytes;
  /** Makes the next build on this GPU faster. */
  readonly timingCache: Bytes;
  /** Empty unless int8 was calibrated. */
  readonly calibrationCache: Bytes;
}

const NOTHING: Bytes = new Uint8Array(0);

/** Minutes on a Jetson. @throws NativeError with one of the statuses of tensorrt.h */
export async function buildPlan({ symbols }: TensorRtLibrary, request: PlanRequest): Promise<Plan> {
  const { onnx, profiles = [], calibrationCache = NOTHING, samples = NOTHING } = request;
  const { timingCache = NOTHING } = request;
  const handle = new BigUint64Array(1);
  const error = new NativeErrorBuffer();
  const status = await symbols.gdn_trt_build(
    onnx,
    BigInt(onnx.length),
    encodeOptions(request),
    encodeProfiles(profiles),
    profiles.length,
    calibrationCache,
    BigInt(calibrationCache.length),
    samples,
    BigInt(samples.length),
    timingCache,
    BigInt(timingCache.length),
    handle,
    error.bytes,
  );
  error.check("gdn_trt_build", status);
  return takePlan(symbols, handle[0]);
}

/** Copies a native plan out and frees it. */
export function takePlan(symbols: TensorRtLibrary["symbols"], handle: bigint): Plan {
  const error = new NativeErrorBuffer();
  try {
    const read = (part: number): Bytes => {
      const size = new BigInt64Array(1);
      const sized = symbols.gdn_trt_plan_bytes(handle, part, size, error.bytes);
      error.check("gdn_trt_plan_bytes", sized);
      const bytes = new Uint8Array(Number(size[0]));
      if (bytes.length === 0) return bytes;
      const status = symbols.gdn_trt_plan_read(handle, part, bytes, size[0], error.bytes);
      error.check("gdn_trt_plan_read", status);
      return bytes;
    };
    return {
      engine: read(PARTS.engine),
      timingCache: read(PARTS.timingCache),
      calibrationCache: read(PARTS.calibrationCache),
    };
  } finally {
    error.check("gdn_trt_plan_free", symbols.gdn_trt_plan_free(handle, error.bytes));
  }
}

function encodeOptions({ precision, device = 0, workspaceBytes = 0 }: PlanRequest): Bytes {
  const bytes = new Uint8Array(BUILD_OPTIONS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, PRECISIONS[precision], true);
  view.setInt32(4, device, true);
  view.setBigInt64(8, BigInt(workspaceBytes), true);
  return bytes;
}

function encodeProfiles(profiles: readonly PlanProfile[]): Bytes {
  const bytes = new Uint8Array(profiles.length * PROFILE_BYTES);
  for (const [index, { input, min, optimal, max }] of profiles.entries()) {
    const name = new TextEncoder().encode(input);
    const ranks = new Set([min.length, optimal.length, max.length]);
    if (name.length >= NAME_BYTES || ranks.size !== 1 || min.length > RANK_MAX) {
      throw new RangeError(`the profile of "${input}" has too long a name, or ranks that differ`);
    }
    const start = index * PROFILE_BYTES;
    bytes.set(name, start);
    const view = new DataView(bytes.buffer, start);
    view.setInt32(NAME_BYTES, min.length, true);
    for (const [which, shape] of [min, optimal, max].entries()) {
      const at = NAME_BYTES + 8 + which * 8 * RANK_MAX;
      shape.forEach((axis, i) => view.setBigInt64(at + 8 * i, BigInt(axis), true));
    }
  }
  return bytes;
}
