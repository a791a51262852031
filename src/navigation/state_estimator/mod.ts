/** C5: state estimator, source label, spoof gate. */
export * from "./contract.ts";
export { defaultEskfConfig, type EskfConfig, EskfConfigSchema } from "./config.ts";
export * from "./errors.ts";
export { Eskf } from "./eskf.ts";
export type { EskfOptions } from "./eskf_options.ts";
export { type ImuBias, ImuPreintegrator, type NavigationState } from "./imu_preintegrator.ts";
export { isam2 } from "./isam2.ts";
export { ImuStream } from "./imu_stream.ts";
export { NoEstimateAlert } from "./no_estimate_alert.ts";
export { type LabelInputs, SourceLabelMachine } from "./source_label.ts";
export { SpoofPromotionGate } from "./sources/spoof_promotion_gate.ts";
