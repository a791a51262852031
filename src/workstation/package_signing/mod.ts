/** Signing of flight packages, and the keys for it. Operator only. */
export { type HeldKey, KEY_NAME_PATTERN, KeyFolder } from "./key_folder.ts";
export { signPackage } from "./sign_package.ts";
export { noteSignedVersion, readSignedVersions } from "./signed_versions.ts";
