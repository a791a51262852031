/**
 * Runtimes for the tests of inference: a real one, and a thread that records what reaches ONNX Runtime.
 *
 * @module
 */
import { monotonicNs } from "../../src/core/mod.ts";
import {
  type InferenceConfig,
  InferenceConfigSchema,
  type InferenceEvent,
  OnnxRuntime,
  tensor,
  type ThermalState,
} from "../../src/navigation/inference/mod.ts";
import type { OnnxRuntimeOptions } from "../../src/navigation/inference/onnx_runtime.ts";
import { OrtFaultError } from "../../src/navigation/inference/ort_thread.ts";
import type { SessionThread } from "../../src/navigation/inference/ort_sessions.ts";
import type { OrtCalls } from "../../src/navigation/inference/ort_protocol.ts";

export const COOL: ThermalState = {
  throttled: false,
  telemetryAvailable: false,
  source: "none",
  temperatureC: null,
  measuredNs: monotonicNs(0),
};

export function makeConfig(changes: Partial<InferenceConfig> = {}): InferenceConfig {
  return InferenceConfigSchema.parse(changes);
}

export function makeRuntime(
  changes: Partial<InferenceConfig> = {},
  options: Partial<OnnxRuntimeOptions> = {},
): OnnxRuntime {
  return new OnnxRuntime({
    config: makeConfig(changes),
    thermalState: () => COOL,
    onEvent: () => {},
    ...options,
  });
}

/** A runtime over a recording thread, with the events that it reported. */
export function makeRecorded(
  changes: Partial<InferenceConfig>,
  options: Partial<OnnxRuntimeOptions> & { readonly absent?: readonly string[] } = {},
) {
  const thread = new RecordingThread(options.absent ?? []);
  const events: InferenceEvent[] = [];
  const runtime = makeRuntime(changes, {
    onEvent: (event) => events.push(event),
    startThread: () => thread,
    ...options,
  });
  return { runtime, thread, events };
}

/** Stands for ONNX Runtime: every model has an input `x` and an output `y` of two numbers. */
export class RecordingThread implements SessionThread {
  readonly opened: { readonly providers: string[]; readonly bytes: number }[] = [];
  readonly calls: string[] = [];
  /** Thrown by the next `run`. */
  runFault: OrtFaultError | null = null;
  readonly #absent: readonly string[];
  #sessions = 0;

  constructor(absent: readonly string[]) {
    this.#absent = absent;
  }

  call<Name extends keyof OrtCalls>(
    name: Name,
    given: OrtCalls[Name]["arguments"],
  ): Promise<OrtCalls[Name]["result"]> {
    this.calls.push(name);
    const result = name === "open"
      ? this.#open(given as OrtCalls["open"]["arguments"])
      : name === "run"
      ? this.#run(given as OrtCalls["run"]["arguments"])
      : null;
    return result instanceof Error
      ? Promise.reject(result)
      : Promise.resolve(result as OrtCalls[Name]["result"]);
  }

  terminate(): void {
    this.calls.push("terminate");
  }

  #open({ model, options }: OrtCalls["open"]["arguments"]) {
    const providers = options.executionProviders.map(({ name }) => name);
    this.opened.push({ providers, bytes: model.length });
    if (this.#absent.includes(providers[0])) {
      return new OrtFaultError("failed", `${providers[0]}: Failed to load shared library\nmore`);
    }
    const shape = [2];
    return {
      session: ++this.#sessions,
      inputs: [{ name: "x", elementType: "float32", shape }],
      outputs: [{ name: "y", elementType: "float32", shape }],
    };
  }

  #run({ inputs }: OrtCalls["run"]["arguments"]) {
    const fault = this.runFault;
    this.runFault = null;
    if (fault !== null) return fault;
    const y = tensor("y", "float32", [2]);
    (y.data as Float32Array).set(inputs[0].data as Float32Array);
    return { outputs: [y], spent: [inputs[0].data.buffer as ArrayBuffer] };
  }
}
