/** C5: state estimator, source label, spoof gate. */
export * from "./contract.ts";
