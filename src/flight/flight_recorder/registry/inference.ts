/**
 * Record kinds of inference (C7).
 *
 * @module
 */
import * as z from "zod";

export const INFERENCE_KINDS = {
  "c7.fallback_to_onnx_trt_ep": z.looseObject({
    model: z.string(),
    reason: z.string(),
    engine: z.string().optional(),
  }).describe("TensorRT cannot run its engine; ONNX Runtime is used instead, slower"),
  "c7.cpu_fallback": z.looseObject({
    model: z.string(),
    reason: z.string(),
    /** Providers that are active. */
    providers: z.array(z.string()).optional(),
  }).describe("A model runs on the CPU"),
  "c7.thermal_transition": z.looseObject({
    throttled: z.boolean(),
    /** false: nothing can be measured, and "not throttled" is assumed. */
    telemetryAvailable: z.boolean(),
    /** Source of the figures: jetson, nvml, linux. */
    source: z.string(),
    temperatureC: z.number().nullable().optional(),
    measuredNs: z.int().optional(),
  }).describe("The computer began or ended thermal throttling"),
};
