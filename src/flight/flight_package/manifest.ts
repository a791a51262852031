/**
 * Reads and writes manifest.json; its bytes are untrusted.
 *
 * @module
 */
import {
  exists,
  EXIT,
  GdnError,
  messageOf,
  NotPlainFileError,
  parseBoundedJson,
  readPlainFile,
  sha256Hex,
} from "../../core/mod.ts";
import {
  type Manifest,
  ManifestSchema,
  PACKAGE_FORMAT_VERSION,
  PACKAGE_PATHS,
} from "./contract.ts";
import { PackageError } from "./errors.ts";

/** About 400,000 files. */
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;
/** No single file of a package is larger. */
const FILE_BYTES_MAX = 64 * 1024 ** 3;
/** Relative, forward slashes, plain names: no path that could lead out of the folder. */
const PATH_PATTERN = /^(?:[A-Za-z0-9_][A-Za-z0-9_.-]*\/){0,8}[A-Za-z0-9_][A-Za-z0-9_.-]*$/;

/** The bytes of a manifest: the same content gives the same bytes. */
export function encodeManifest(manifest: Manifest): Uint8Array<ArrayBuffer> {
  const files = [...manifest.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const { format, formatVersion, name, area, zoom, tileCount } = manifest;
  const { groundHeightM, mapRegistrationSigmaM, freshness, terrain, takeoff } = manifest;
  const ordered: Manifest = {
    format,
    formatVersion,
    name,
    area,
    zoom,
    tileCount,
    groundHeightM,
    mapRegistrationSigmaM,
    ...(freshness === undefined ? {} : { freshness }),
    ...(terrain === undefined ? {} : { terrain }),
    ...(takeoff === undefined ? {} : { takeoff }),
    files,
  };
  const { files: _, ...head } = ordered;
  // One file a line, so that a changed tile is one changed line.
  const lines = files.map((file) => "    " + JSON.stringify(file)).join(",\n");
  const text = JSON.stringify(head, null, 2).replace(/\n}$/, `,\n  "files": [\n${lines}\n  ]\n}\n`);
  return new TextEncoder().encode(text);
}

/** The bytes of manifest.json, of which a signature is, and their SHA-256. */
export interface ManifestBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}

/** @throws PackageError naming manifest.json. */
export async function readManifest(packagePath: string): Promise<Manifest> {
  return parseManifest(packagePath, await readManifestBytes(packagePath));
}

/**
 * @param expectedSha256 that they must have, lower-case hexadecimal; any where it is absent
 * @throws PackageError naming manifest.json.
 */
export async function readManifestBytes(
  packagePath: string,
  expectedSha256?: string,
): Promise<ManifestBytes> {
  const path = `${packagePath}/${PACKAGE_PATHS.manifest}`;
  const bytes = await readManifestFile(packagePath, path);
  const sha256 = sha256Hex(bytes);
  if (expectedSha256 !== undefined && sha256 !== expectedSha256) {
    throw new PackageError(
      path,
      `is of another package: its SHA-256 is ${sha256}, ${expectedSha256} is required; copy the ` +
        "package again that was provisioned for this flight",
    );
  }
  return { bytes, sha256 };
}

/** @throws PackageError naming manifest.json. */
export function parseManifest(packagePath: string, { bytes }: ManifestBytes): Manifest {
  const path = `${packagePath}/${PACKAGE_PATHS.manifest}`;
  let value: unknown;
  try {
    value = parseBoundedJson(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new PackageError(path, `is not valid JSON (${messageOf(error)}); provision again`);
  }
  checkVersion(path, value);
  const parsed = ManifestSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PackageError(
      path,
      `${issue.path.join(".") || "the manifest"}: ${issue.message}; provision again`,
    );
  }
  checkFiles(path, parsed.data);
  return parsed.data;
}

async function readManifestFile(
  packagePath: string,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readPlainFile(path, { within: packagePath, bytesMax: MANIFEST_BYTES_MAX });
  } catch (error) {
    if (error instanceof NotPlainFileError) {
      throw new PackageError(path, `${error.reason}; provision again`, { cause: error });
    }
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      if (!await exists(packagePath)) {
        throw new GdnError(
          "NO_INPUT",
          `Cannot open the flight package ${packagePath}: there is no such folder`,
          { cause: error, exitCode: EXIT.noInput },
        );
      }
      throw new PackageError(
        packagePath,
        `is not a flight package: it has no ${PACKAGE_PATHS.manifest}; make one with \`operator provision\``,
        { cause: error },
      );
    }
    throw error;
  }
}

/** A different format version is reported as such, not as a list of unknown keys. */
function checkVersion(path: string, value: unknown): void {
  const head = (value ?? {}) as { format?: unknown; formatVersion?: unknown };
  if (head.format !== "gdn-flight-package") {
    throw new PackageError(path, 'is not of a flight package: "format" is another or absent');
  }
  if (head.formatVersion !== PACKAGE_FORMAT_VERSION) {
    throw new PackageError(
      path,
      `has package version ${JSON.stringify(head.formatVersion)}, this program reads ` +
        `${PACKAGE_FORMAT_VERSION}; provision again with this program's operator`,
    );
  }
}

function checkFiles(path: string, manifest: Manifest): void {
  const seen = new Set<string>();
  for (const file of manifest.files) {
    const refuse = (state: string) =>
      new PackageError(path, `lists ${JSON.stringify(file.path)}, ${state}; provision again`);
    if (file.path.length > 200 || !PATH_PATTERN.test(file.path)) {
      throw refuse("which is not a plain path inside the package");
    }
    if (file.path === PACKAGE_PATHS.manifest) throw refuse("which must not list itself");
    if (seen.has(file.path)) throw refuse("twice");
    if (file.bytes > FILE_BYTES_MAX) throw refuse(`with ${file.bytes} bytes, more than is allowed`);
    seen.add(file.path);
  }
  const { southDeg, westDeg, northDeg, eastDeg } = manifest.area;
  if (!(southDeg < northDeg && westDeg < eastDeg)) {
    throw new PackageError(path, "has an empty area; provision again");
  }
}
