/**
 * What the signature of a package says beside "these are the bytes": the trusted comment of
 * `manifest.json.minisig`, signed together with them.
 *
 *     trusted comment: gdn-flight-package {"schema":1,"name":…,"counter":…,"manifestSha256":…,…}
 *
 * It stands there and not in the manifest, so that the same tiles make the same manifest, and a package is
 * signed anew for longer without being made anew.
 *
 * @module
 */
import * as z from "zod";
import { parseBoundedJson } from "../../../core/mod.ts";
import { PackageError } from "../errors.ts";

/** Files that stand beside the manifest and are not named in it. */
export const SIGNATURE_PATHS = {
  signature: "manifest.json.minisig",
  /** Signatures of newer keys by older ones; absent where no key was replaced. */
  succession: "manifest.json.keys",
} as const;

const PREFIX = "gdn-flight-package ";
const SCHEMA = 1;

export const KEY_ID_PATTERN = /^[0-9A-F]{16}$/;
export const AIRCRAFT_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
export const AIRCRAFT_MAX = 16;
export const REVOKED_MAX = 64;

export const PackageStatementSchema = z.strictObject({
  schema: z.literal(SCHEMA),
  /** As in the manifest. */
  name: z.string().min(1).max(200),
  /** Grows with every package of this name. */
  counter: z.int().min(1),
  /** Of manifest.json, lower-case hexadecimal. */
  manifestSha256: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  /** After it the package is refused on the ground. */
  expiresAt: z.iso.datetime(),
  /** Ids of the aircraft that may fly it; absent: any. */
  aircraft: z.array(z.string().regex(AIRCRAFT_ID_PATTERN)).min(1).max(AIRCRAFT_MAX).optional(),
  /** Keys that are not to be believed any more; absent: none. */
  revokedKeys: z.array(z.string().regex(KEY_ID_PATTERN)).min(1).max(REVOKED_MAX).optional(),
});
export type PackageStatement = Readonly<z.infer<typeof PackageStatementSchema>>;

/** In ASCII: the same statement gives the same text, and minisign prints it as it is. */
export function encodeStatement(statement: Omit<PackageStatement, "schema">): string {
  const { name, counter, manifestSha256, createdAt, expiresAt, aircraft, revokedKeys } = statement;
  const ordered: PackageStatement = {
    schema: SCHEMA,
    name,
    counter,
    manifestSha256,
    createdAt,
    expiresAt,
    ...(aircraft === undefined ? {} : { aircraft }),
    ...(revokedKeys === undefined ? {} : { revokedKeys }),
  };
  const escaped = JSON.stringify(ordered).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return PREFIX + escaped;
}

/** @throws PackageError (exit 65) where the comment is of something else, or of another schema */
export function parseStatement(comment: string, path: string): PackageStatement {
  if (!comment.startsWith(PREFIX)) {
    throw new PackageError(
      path,
      "is a signature, but not of a flight package; sign it with `operator package sign`",
    );
  }
  let value: unknown;
  try {
    value = parseBoundedJson(comment.slice(PREFIX.length));
  } catch (cause) {
    throw new PackageError(path, "states no JSON about the package; sign it again", { cause });
  }
  const schema = (value as { schema?: unknown } | null)?.schema;
  if (schema !== SCHEMA) {
    throw new PackageError(
      path,
      `has a statement of schema ${
        JSON.stringify(schema)
      }, this program reads ${SCHEMA}; sign it with ` +
        "this program's operator",
    );
  }
  const parsed = PackageStatementSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue.path.join(".") || "the statement";
  throw new PackageError(path, `${where}: ${issue.message}; sign it again`);
}
