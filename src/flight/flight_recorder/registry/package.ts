/**
 * Kinds of the flight package.
 *
 * @module
 */
import { z } from "zod";
import { Count } from "./shapes.ts";

export const PACKAGE_KINDS = {
  "package.verified": z.looseObject({
    name: z.string(),
    files: Count,
    bytes: Count,
    manifestSha256: z.string().optional(),
    /** Of the operator's key that signed it. */
    publicKeyFingerprint: z.string().optional(),
    /** quick: signature, manifest, sizes and small files; whole: every byte. */
    scope: z.enum(["quick", "whole"]).optional(),
  }).describe("The flight package is whole and is what the operator signed"),
};
