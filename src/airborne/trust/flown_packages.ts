/**
 * What a live flight remembers of the packages that were flown, beside its records: the newest version of each
 * name, so that an older one is told; which one was verified whole; and the keys that a signed package has
 * revoked.
 *
 * @module
 */
import * as z from "zod";
import {
  DataError,
  nullIfAbsent,
  parseBoundedJson,
  readPlainTextFile,
  replaceFile,
} from "../../core/mod.ts";
import { type FlightPackage, KEY_ID_PATTERN } from "../../flight/flight_package/mod.ts";

const FILE_NAME = "packages_flown.json";
const BYTES_MAX = 1024 * 1024;
const PACKAGES_MAX = 256;
const REVOKED_MAX = 1024;

const FlownPackagesSchema = z.strictObject({
  format: z.literal("gdn-packages-flown"),
  formatVersion: z.literal(1),
  /** Newest last. */
  packages: z.array(z.strictObject({
    name: z.string().max(200),
    /** The highest that was flown; 0: none was signed. */
    counter: z.int().min(0),
    /** Of the one that was verified whole last. */
    manifestSha256: z.string().regex(/^[0-9a-f]{64}$/),
  })).max(PACKAGES_MAX),
  revokedKeys: z.array(z.string().regex(KEY_ID_PATTERN)).max(REVOKED_MAX),
});
export type FlownPackages = Readonly<z.infer<typeof FlownPackagesSchema>>;

const NOTHING_FLOWN: FlownPackages = {
  format: "gdn-packages-flown",
  formatVersion: 1,
  packages: [],
  revokedKeys: [],
};

/** @throws DataError (exit 65): whoever can damage it could else have an older package flown */
export async function readFlownPackages(recorderFolder: string): Promise<FlownPackages> {
  const path = `${recorderFolder}/${FILE_NAME}`;
  const text = await nullIfAbsent(readPlainTextFile(path, { bytesMax: BYTES_MAX }));
  if (text === null) return NOTHING_FLOWN;
  try {
    return FlownPackagesSchema.parse(parseBoundedJson(text));
  } catch (cause) {
    throw new DataError(
      path,
      "cannot be read: it says which packages were flown here, so that no older one is; look why, then " +
        "remove it",
      { cause },
    );
  }
}

/** Of a package of this name; null: none was flown. */
export function flownBefore({ packages }: FlownPackages, name: string) {
  return packages.find((flown) => flown.name === name) ?? null;
}

/** What of {@link withFlown} did not fit, for a person; null where all did. */
export function forgottenText(
  before: FlownPackages,
  { trust }: Pick<FlightPackage, "trust">,
  after: FlownPackages,
): string | null {
  const names = before.packages
    .filter(({ name }) => flownBefore(after, name) === null).map(({ name }) =>
      JSON.stringify(name)
    );
  const revoked = [
    ...before.revokedKeys,
    ...trust.kind === "trusted" ? trust.statement.revokedKeys ?? [] : [],
  ];
  const keys = revoked.filter((key) => !after.revokedKeys.includes(key));
  const told = [
    ...names.length === 0 ? [] : [
      `${FILE_NAME} holds ${PACKAGES_MAX} packages, and which version of ${
        names.join(", ")
      } was flown is ` +
      "forgotten: an older one would be flown",
    ],
    ...keys.length === 0 ? [] : [
      `${FILE_NAME} holds ${REVOKED_MAX} revoked keys, and ${
        keys.join(", ")
      } did not fit: revoke them by ` +
      "`airborne keys revoke`",
    ],
  ];
  return told.length === 0 ? null : told.join("; ");
}

/** With the package of this flight, which was verified. */
export function withFlown(
  flown: FlownPackages,
  { manifest: { name }, manifestSha256, trust }: Pick<
    FlightPackage,
    "manifest" | "manifestSha256" | "trust"
  >,
): FlownPackages {
  const statement = trust.kind === "trusted" ? trust.statement : null;
  const before = flownBefore(flown, name);
  const counter = Math.max(before?.counter ?? 0, statement?.counter ?? 0);
  const others = flown.packages.filter((each) => each !== before);
  const revoked = new Set([...flown.revokedKeys, ...statement?.revokedKeys ?? []]);
  return {
    ...flown,
    packages: [...others, { name, counter, manifestSha256 }].slice(-PACKAGES_MAX),
    revokedKeys: [...revoked].slice(0, REVOKED_MAX),
  };
}

/** Whole or not at all, also if the power goes. */
export async function writeFlownPackages(
  recorderFolder: string,
  flown: FlownPackages,
): Promise<void> {
  const bytes = new TextEncoder().encode(`${JSON.stringify(flown, null, 2)}\n`);
  await replaceFile(`${recorderFolder}/${FILE_NAME}`, bytes);
}
