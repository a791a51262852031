/**
 * Compiles engines on this host: the engine under the name that says what it is bound to, its sidecar,
 * and the timing cache, which makes the next one faster.
 *
 * @module
 */
import { MODEL_BYTES_MAX } from "./engine_gate.ts";
import { basename } from "node:path";
import { messageOf, nullIfAbsent, readPlainFile, replaceFile } from "../../core/mod.ts";
import { buildPlan, type TensorRtLibrary } from "../../native/tensorrt/mod.ts";
import type { CompileRequest, EngineEntry, EnginePrecision } from "./contract.ts";
import { buildEngineName, type EngineHost } from "./engine_name.ts";
import { describeEngine, sidecarPath } from "./engine_sidecar.ts";
import { EngineBuildError } from "./errors.ts";
import { typedError } from "./tensorrt_errors.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** @throws EngineBuildError, OutOfMemoryError, RuntimeNotAvailableError */
export async function compileTensorRtEngine(
  library: TensorRtLibrary,
  host: EngineHost,
  request: CompileRequest,
): Promise<EngineEntry> {
  const { modelPath, engineFolder, precision, profiles } = request;
  const what = `Cannot build an engine of ${basename(modelPath)}`;
  try {
    const file = engineNameOf(modelPath, host, precision);
    const onnx = await readPlainFile(modelPath, { bytesMax: MODEL_BYTES_MAX });
    const timingPath = `${engineFolder}/${timingCacheName(host)}`;
    const calibration = await readCalibration(request);
    const plan = await buildPlan(library, {
      onnx,
      precision,
      ...calibration,
      ...(profiles === undefined ? {} : { profiles }),
      ...(request.workspaceBytes === undefined ? {} : { workspaceBytes: request.workspaceBytes }),
      timingCache: await readIfThere(timingPath),
    });
    const path = `${engineFolder}/${file}`;
    const sidecar = describeEngine(file, plan.engine, onnx);
    // The sidecar last: an engine without one is refused.
    await Deno.remove(sidecarPath(path)).catch(() => {});
    await replaceFile(path, plan.engine);
    await replaceFile(sidecarPath(path), encodeJson(sidecar));
    await replaceFile(timingPath, plan.timingCache);
    if (calibration.samples !== undefined && request.calibrationCachePath !== undefined) {
      await replaceFile(request.calibrationCachePath, plan.calibrationCache);
    }
    return { path, sha256: sidecar.sha256, modelPath };
  } catch (error) {
    const typed = typedError(what, error, "build");
    // What is not of the native side is a name or a file that is not as it must be.
    if (typed !== error || error instanceof EngineBuildError) throw typed;
    throw new EngineBuildError(`${what}: ${messageOf(error)}`, { cause: error });
  }
}

/** File name of a model's engine on a host. @throws EngineNameError for a model that cannot name one */
export function engineNameOf(
  modelPath: string,
  host: EngineHost,
  precision: EnginePrecision,
): string {
  const model = basename(modelPath).replace(/\.onnx$/i, "").toLowerCase();
  return buildEngineName({ ...host, model, precision });
}

/** Timings are of one GPU and one TensorRT. */
function timingCacheName({ sm, jetpack, tensorrt }: EngineHost): string {
  return `timing.sm${sm}.jp${jetpack}.trt${tensorrt}.cache`;
}

async function readCalibration(
  { precision, calibrationCachePath, calibrationSamplesPath }: CompileRequest,
): Promise<{ readonly calibrationCache?: Bytes; readonly samples?: Bytes }> {
  if (precision !== "int8") return {};
  const cache = await readIfThere(calibrationCachePath);
  if (cache.length > 0) return { calibrationCache: cache };
  if (calibrationSamplesPath === undefined) {
    throw new EngineBuildError(
      "Cannot build an int8 engine without a calibration cache or samples to calibrate with",
    );
  }
  return { samples: await readPlainFile(calibrationSamplesPath, { bytesMax: MODEL_BYTES_MAX }) };
}

async function readIfThere(path: string | undefined): Promise<Bytes> {
  const bytes = path === undefined
    ? null
    : await nullIfAbsent(readPlainFile(path, { bytesMax: MODEL_BYTES_MAX }));
  return bytes ?? new Uint8Array(0);
}

function encodeJson(value: unknown): Bytes {
  return new TextEncoder().encode(JSON.stringify(value, null, 2) + "\n");
}
