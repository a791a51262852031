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
  }).describe("The flight package is complete and is the one that the operator signed"),
};
