/** Signatures of files in minisign's format. */
export { createKeyPair } from "./create.ts";
export {
  keyIdText,
  type MinisignPublicKey,
  type MinisignSecretKey,
  readPublicKey,
  readSecretKey,
} from "./keys.ts";
export { parseSignature, signFile, verifyFile } from "./signature.ts";
