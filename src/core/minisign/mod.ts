/** Signatures of files in minisign's format. */
export {
  type MinisignPublicKey,
  type MinisignSecretKey,
  readPublicKey,
  readSecretKey,
} from "./keys.ts";
export { signFile, verifyFile } from "./signature.ts";
