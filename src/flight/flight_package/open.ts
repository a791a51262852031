/**
 * Opens a package: verifies all of it, reads its lists, and checks them against each other.
 *
 * @module
 */
import * as z from "zod";
import { messageOf, parseBoundedJson } from "../../core/mod.ts";
import {
  type FlightPackage,
  type Manifest,
  PACKAGE_PATHS,
  type PackageTile,
  packageTilePath,
  PackageTileSchema,
  PlaceSchema,
} from "./contract.ts";
import { PackageError } from "./errors.ts";
import { parseManifest, readManifestBytes } from "./manifest.ts";
import { readMission } from "./mission.ts";
import { PackageTiles } from "./package_tiles.ts";
import { readTerrain } from "./terrain.ts";
import { checkTrust, type TrustDemands } from "./trust/check_trust.ts";
import { SIGNATURE_PATHS } from "./trust/statement.ts";
import { readVerified, verifyFiles, type VerifyProgress, type VerifyScope } from "./verify.ts";

const REQUIRED = [PACKAGE_PATHS.vocabulary, PACKAGE_PATHS.index, PACKAGE_PATHS.indexMetadata];
const LIST_BYTES_MAX = 1024 ** 3;

interface OpenPackageOptions {
  /** When the flight ends: tiles that expire earlier are left out. Without it, none are. */
  readonly flightUntil?: Date;
  /** SHA-256 that the manifest must have, lower-case hexadecimal. Without it, any. */
  readonly manifestSha256?: string;
  /** What its signature is held against. Without it nobody asks who made the package. */
  readonly trust?: TrustDemands;
  /**
   * `quick`: signature, manifest, names and sizes, and every file but those that are checked again when they
   * are read (tiles and models); {@link verifyRest} does the others. Only for a package that was verified
   * whole before. Default: whole.
   */
  readonly scope?: VerifyScope;
}

/**
 * Verifies the package and opens it. Needs read permission for the folder and nothing else.
 *
 * @throws PackageError (exit code 65) naming the file that is missing, unexpected, altered or
 * invalid; PackageTrustError (exit code 77) where `trust` does not allow it to be flown.
 */
export async function openFlightPackage(
  path: string,
  onProgress?: (manifest: Manifest) => VerifyProgress,
  options: OpenPackageOptions = {},
): Promise<FlightPackage> {
  const root = path.length > 1 ? path.replace(/\/+$/, "") : path;
  const { manifest, manifestSha256, trust } = await checkPackage(root, options);
  const unverified = await verifyFiles(root, manifest, onProgress?.(manifest), options.scope);
  const allTiles = await readList(root, manifest, PACKAGE_PATHS.tiles, PackageTileSchema);
  const places = await readList(root, manifest, PACKAGE_PATHS.places, PlaceSchema);
  checkTiles(root, manifest, allTiles);
  const expiredTiles = allTiles.filter((tile) => expires(tile, options.flightUntil));
  const tileMetadata = allTiles.filter((tile) => !expires(tile, options.flightUntil));
  if (tileMetadata.length === 0) throw allExpired(root, manifest, options.flightUntil);
  for (const needed of REQUIRED) {
    requireListed(root, manifest, needed);
  }
  return {
    path: root,
    manifest,
    manifestSha256,
    trust,
    unverified,
    tiles: new PackageTiles(root, manifest, tileMetadata),
    tileMetadata,
    expiredTiles,
    places,
    terrain: await readTerrain(root, manifest),
    ...await readMission(root, manifest),
    readFile: (path) => readVerified(root, requireListed(root, manifest, path)),
    hasFile: (path) => manifest.files.some((file) => file.path === path),
  };
}

/**
 * The manifest, and who signed it; no file is looked at. For a check before a flight.
 *
 * @throws as {@link openFlightPackage}
 */
async function checkPackage(
  root: string,
  { trust: demands, manifestSha256: expected }: Pick<
    OpenPackageOptions,
    "trust" | "manifestSha256"
  >,
): Promise<Pick<FlightPackage, "manifest" | "manifestSha256" | "trust">> {
  const bytes = await readManifestBytes(root, expected);
  // Before anything in it is believed.
  const trust = demands === undefined
    ? { kind: "unchecked" } as const
    : await checkTrust(root, bytes, demands);
  const manifest = parseManifest(root, bytes);
  if (trust.kind === "trusted" && trust.statement.name !== manifest.name) {
    throw new PackageError(
      `${root}/${SIGNATURE_PATHS.signature}`,
      `is of a package named ${JSON.stringify(trust.statement.name)}, and the manifest is of ` +
        `${JSON.stringify(manifest.name)}; sign it again`,
    );
  }
  return { manifest, manifestSha256: bytes.sha256, trust };
}

/** True when the tile must not be used any more at the flight's end. */
function expires({ expiresAt }: PackageTile, flightUntil: Date | undefined): boolean {
  return expiresAt !== undefined && flightUntil !== undefined &&
    Date.parse(expiresAt) < flightUntil.getTime();
}

function allExpired(root: string, manifest: Manifest, flightUntil: Date | undefined): PackageError {
  return new PackageError(
    `${root}/${PACKAGE_PATHS.tiles}`,
    `all ${manifest.tileCount} tiles have expired before the flight ends ` +
      `(${flightUntil?.toISOString()}): their sector does not accept older pictures; provision again with ` +
      "newer imagery",
  );
}

function requireListed(
  root: string,
  manifest: Manifest,
  path: string,
): Manifest["files"][number] {
  const file = manifest.files.find((candidate) => candidate.path === path);
  if (file === undefined) {
    throw new PackageError(
      `${root}/${PACKAGE_PATHS.manifest}`,
      `does not list ${path}, which every package needs; provision again`,
    );
  }
  return file;
}

async function readList<Item>(
  root: string,
  manifest: Manifest,
  name: string,
  schema: z.ZodType<Item>,
): Promise<readonly Item[]> {
  const path = `${root}/${name}`;
  const file = requireListed(root, manifest, name);
  if (file.bytes > LIST_BYTES_MAX) {
    throw new PackageError(path, `has ${file.bytes} bytes, more than is allowed`);
  }
  const text = new TextDecoder().decode(await readVerified(root, file));
  try {
    return z.array(schema).parse(parseBoundedJson(text));
  } catch (error) {
    const state = error instanceof z.ZodError
      ? `entry ${error.issues[0].path.join(".")}: ${error.issues[0].message}`
      : messageOf(error);
    throw new PackageError(path, `cannot be read: ${state}; provision again`, { cause: error });
  }
}

/** Checks that tiles.json, the manifest's count and the listed tile files name the same tiles. */
function checkTiles(root: string, manifest: Manifest, tiles: readonly PackageTile[]): void {
  const path = `${root}/${PACKAGE_PATHS.tiles}`;
  const listed = new Set(
    manifest.files.map((file) => file.path).filter((file) => file.startsWith("tiles/")),
  );
  if (tiles.length !== manifest.tileCount || listed.size !== manifest.tileCount) {
    throw new PackageError(
      path,
      `names ${tiles.length} tiles, ${listed.size} are listed and manifest.json counts ` +
        `${manifest.tileCount}; provision again`,
    );
  }
  for (const { x, y } of tiles) {
    const tile = packageTilePath({ zoom: manifest.zoom, x, y });
    if (!listed.delete(tile)) {
      throw new PackageError(
        path,
        `names ${tile}, which is missing or listed twice; provision again`,
      );
    }
  }
}
