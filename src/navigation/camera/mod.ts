/** Camera: exposure mid-time on the one clock, sequence, calibration. */
export * from "./contract.ts";
