/** Flight packages: reading and verification. The component `provisioning` (C10) makes them. */
export * from "./contract.ts";
export * from "./errors.ts";
export { encodeManifest, readManifest } from "./manifest.ts";
export { packagedModel } from "./model_files.ts";
export { openFlightPackage } from "./open.ts";
export { verifiedBytes, verifyFiles, type VerifyProgress } from "./verify.ts";
