/**
 * What inference reports to the program that uses it: it records, logs and alerts the ground station.
 *
 * @module
 */
import type { ThermalState } from "./contract.ts";

export type InferenceEvent =
  /** Once for each runtime: at the first inference that TensorRT cannot do. */
  | {
    readonly type: "fallback_to_onnx_trt_ep";
    /** File name of the model that runs instead. */
    readonly model: string;
    /** File name of the engine that could not be loaded. */
    readonly engine: string;
    readonly reason: string;
  }
  /** Once for each runtime: no GPU provider could load the model. */
  | {
    readonly type: "cpu_fallback";
    readonly model: string;
    readonly reason: string;
    /** Execution providers that are active. */
    readonly providers: readonly string[];
  }
  /** Throttling began or ended. */
  | { readonly type: "thermal_transition"; readonly state: ThermalState }
  /** Nothing can be measured: when that begins, at most once a second, and every minute. */
  | { readonly type: "thermal_unavailable"; readonly state: ThermalState };

export type OnInferenceEvent = (event: InferenceEvent) => void;
