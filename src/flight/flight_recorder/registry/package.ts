/**
 * Record kinds of the flight package.
 *
 * @module
 */
import * as z from "zod";
import { Count } from "./shapes.ts";

export const PACKAGE_KINDS = {
  "package.verified": z.looseObject({
    name: z.string(),
    files: Count,
    bytes: Count,
    manifestSha256: z.string().optional(),
    /** Id of the operator's signing key. */
    publicKeyFingerprint: z.string().optional(),
    /** quick: signature, manifest, sizes and small files; whole: every byte. */
    scope: z.enum(["quick", "whole"]).optional(),
    /** untrusted: nobody who is trusted has signed it, or not for now and here. */
    trust: z.enum(["trusted", "untrusted", "unchecked"]).optional(),
    /** Why it is not trusted: the code of the error that it would be on an aircraft. */
    trustReason: z.string().optional(),
    /** Version that its signature states. */
    counter: Count.optional(),
  }).describe(
    "The flight package is complete; trust says whether somebody who is trusted signed it",
  ),
  "package.file_damaged": z.looseObject({
    /** In the package. */
    path: z.string(),
    /** It was taken off the map. */
    isTile: z.boolean(),
  }).describe(
    "A file of the flight package turned out in flight not to be the one that was signed",
  ),
};
