/**
 * The terrain of a package: heights of its ground on a grid in the package's local frame.
 *
 * `terrain/heights.f32` holds them as 4-byte floats, least significant byte first, row by row from the
 * south-west post; the manifest says where the posts are.
 *
 * @module
 */
import type { Relief } from "../../native/vision/mod.ts";
import { type Manifest, PACKAGE_PATHS } from "./contract.ts";
import { PackageError } from "./errors.ts";
import { readVerified } from "./verify.ts";

const BYTES = 4;

export type TerrainEntry = NonNullable<Manifest["terrain"]>;

/** `heightM`: over the ellipsoid, row by row from the south. */
export function encodeTerrain(heightM: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(BYTES * heightM.length);
  const view = new DataView(bytes.buffer);
  heightM.forEach((height, i) => view.setFloat32(BYTES * i, height, true));
  return bytes;
}

/**
 * Heights over the package's ground height, in its local frame; null where its ground is flat.
 *
 * @throws PackageError where the manifest and the file disagree, or a height is none
 */
export async function readTerrain(root: string, manifest: Manifest): Promise<Relief | null> {
  const { terrain, groundHeightM } = manifest;
  const path = `${root}/${PACKAGE_PATHS.terrain}`;
  const file = manifest.files.find((each) => each.path === PACKAGE_PATHS.terrain);
  if (terrain === undefined && file === undefined) return null;
  if (terrain === undefined || file === undefined) {
    throw new PackageError(
      `${root}/${PACKAGE_PATHS.manifest}`,
      `names terrain in one place and not in another; provision again`,
    );
  }
  const { westM, southM, spacingM, columns, rows } = terrain;
  if (file.bytes !== BYTES * columns * rows) {
    throw new PackageError(
      path,
      `has ${file.bytes} bytes, ${columns}×${rows} heights are ${BYTES * columns * rows}; ` +
        "provision again",
    );
  }
  const bytes = await readVerified(root, file);
  return {
    westM,
    southM,
    spacingM,
    columns,
    rows,
    upM: decode(path, bytes, terrain, groundHeightM),
  };
}

function decode(
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  { minimumM, maximumM, columns, rows }: TerrainEntry,
  groundHeightM: number,
): Float32Array {
  const upM = new Float32Array(columns * rows);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < upM.length; i++) {
    const heightM = view.getFloat32(BYTES * i, true);
    if (!(heightM >= minimumM && heightM <= maximumM)) {
      throw new PackageError(
        path,
        `height ${i} is ${heightM} m, the manifest states ${minimumM} to ${maximumM} m; provision again`,
      );
    }
    upM[i] = heightM - groundHeightM;
  }
  return upM;
}
