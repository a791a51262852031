/** Flight packages: reading and verification. The component `provisioning` (C10) makes them. */
export * from "./contract.ts";
export * from "./errors.ts";
export { encodeManifest, readManifest, readManifestBytes } from "./manifest.ts";
export { encodeCalibration } from "./mission.ts";
export { packagedModel } from "./model_files.ts";
export { openFlightPackage } from "./open.ts";
export { packageFrame } from "./package_frame.ts";
export { encodeTerrain, type TerrainEntry } from "./terrain.ts";
export { ANY_AIRCRAFT, readStatement, type TrustDemands } from "./trust/check_trust.ts";
export type { PackageTrust } from "./trust/package_trust.ts";
export * from "./trust/statement.ts";
export { encodeSuccessions, SUCCESSOR_COMMENT } from "./trust/succession.ts";
export * from "./trust/trust_folder.ts";
export { verifiedBytes, verifyFiles, type VerifyProgress, type VerifyScope } from "./verify.ts";
export { verifyRest } from "./verify_rest.ts";
