/** Flight packages: read and verify. Making them is provisioning's work. */
export * from "./contract.ts";
export * from "./errors.ts";
export { encodeManifest, readManifest } from "./manifest.ts";
export { openFlightPackage, type OpenPackageOptions } from "./open.ts";
export { verifiedBytes, verifyFiles, type VerifyProgress } from "./verify.ts";
