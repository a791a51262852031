/** Camera: exposure mid-time on the one clock, sequence, calibration. */
export { calibrationDifferences } from "./compare.ts";
export * from "./contract.ts";
export { lightOf, type PictureLight } from "./light.ts";
