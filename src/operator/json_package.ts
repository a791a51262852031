/**
 * What the commands of flight packages and their keys print with `--json`.
 *
 * @module
 */
import * as z from "zod";
import { ManifestSchema, PackageStatementSchema } from "../flight/flight_package/mod.ts";
import { Count, line, Utc } from "./json_line.ts";

const Key = line("key", {
  name: z.string(),
  id: z.string().describe("as minisign prints it"),
  isRevoked: z.boolean(),
  successorOf: z.string().nullable().describe("id of the key that signed it"),
});

export const PACKAGE_RESULTS = {
  "package verify": [line("verified", {
    path: z.string(),
    name: z.string(),
    files: Count,
    bytes: Count,
    tiles: Count,
    places: Count,
    signature: z.union([
      z.strictObject({ isTrusted: z.literal(false), reason: z.string() }),
      z.strictObject({
        isTrusted: z.literal(true),
        keyId: z.string(),
        counter: Count.describe("version of the package"),
        createdAt: Utc,
        expiresAt: Utc,
        aircraft: z.array(z.string()).describe("empty: any"),
      }),
    ]),
  })],
  "package sign": [line("signed", {
    path: z.string(),
    keyId: z.string(),
    ...PackageStatementSchema.omit({ schema: true }).shape,
  })],
  "keys create": [Key],
  "keys list": [Key],
  "keys revoke": [Key],
  "package show": [
    ManifestSchema.omit({ files: true }).extend({
      type: z.literal("package"),
      path: z.string(),
      fileCount: Count,
      bytes: Count,
      signature: PackageStatementSchema.extend({ keyId: z.string() }).nullable()
        .describe("as it says of itself, not verified; null: unsigned"),
    }),
  ],
} as const;
