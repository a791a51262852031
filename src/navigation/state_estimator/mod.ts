/** C5: state estimator, source label, spoof gate. */
export * from "./contract.ts";
export { defaultEskfConfig, type EskfConfig, EskfConfigSchema } from "./config.ts";
export * from "./errors.ts";
export { Eskf, type EskfOptions } from "./eskf.ts";
export {
  type ImuBias,
  ImuPreintegrator,
  type NavigationState,
  type PreintegratedMotion,
} from "./imu_preintegrator.ts";
export { type ImuSampling, ImuStream } from "./imu_stream.ts";
export { type EstimateAlert, NoEstimateAlert } from "./no_estimate_alert.ts";
export { type LabelChange, type LabelInputs, SourceLabelMachine } from "./source_label.ts";
export { type PromotionDecision, SpoofPromotionGate } from "./sources/spoof_promotion_gate.ts";
