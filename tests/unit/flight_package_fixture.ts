/**
 * A small package for tests: real layout and manifest, with arbitrary bytes as content.
 *
 * @module
 */
import { dirname } from "node:path";
import { sha256Hex } from "../../src/core/mod.ts";
import {
  encodeManifest,
  type Manifest,
  PACKAGE_FORMAT_VERSION,
  PACKAGE_PATHS,
  packageTilePath,
} from "../../src/flight/flight_package/mod.ts";

export const ZOOM = 18;
export const TILES = [{ x: 59894, y: 107931 }, { x: 59895, y: 107931 }, { x: 59895, y: 107932 }];

/** The header of a JPEG of 256×256 before bytes that no decoder would like. */
function tileBytes(length: number, fill: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  bytes.set([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 1, 0, 1, 0, 1, 1, 0x11, 0]);
  return bytes;
}

/** `expiresAt`: of the tiles in their order; absent where a tile never expires. */
export async function writePackage(
  folder: string,
  expiresAt: readonly (string | undefined)[] = [],
): Promise<Manifest> {
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const contents = new Map<string, Uint8Array>();
  for (const [i, tile] of TILES.entries()) {
    contents.set(packageTilePath({ zoom: ZOOM, ...tile }), tileBytes(1000 + i, i));
  }
  contents.set(
    PACKAGE_PATHS.tiles,
    text(TILES.map((tile, i) => ({
      ...tile,
      ...(expiresAt[i] === undefined ? {} : { expiresAt: expiresAt[i] }),
      source: "local_import",
      sourceGsdM: 0.5,
      capturedAt: "2021-06-01T00:00:00.000Z",
      coverage: 1,
      attribution: "",
    }))),
  );
  contents.set(PACKAGE_PATHS.places, text([{ latitudeDeg: 30, longitudeDeg: -97, sideM: 128 }]));
  contents.set(PACKAGE_PATHS.vocabulary, new Uint8Array(5000).fill(7));
  for (const suffix of ["", ".sha256", ".meta.json"]) {
    contents.set(PACKAGE_PATHS.index + suffix, new Uint8Array(300).fill(9));
  }
  for (const [path, bytes] of contents) {
    await Deno.mkdir(dirname(`${folder}/${path}`), { recursive: true });
    await Deno.writeFile(`${folder}/${path}`, bytes);
  }
  const manifest: Manifest = {
    format: "gdn-flight-package",
    formatVersion: PACKAGE_FORMAT_VERSION,
    name: "fixture",
    area: { southDeg: 30, westDeg: -98, northDeg: 31, eastDeg: -97 },
    zoom: ZOOM,
    tileCount: TILES.length,
    groundHeightM: 150,
    mapRegistrationSigmaM: 1,
    files: [...contents].map(([path, bytes]) => ({
      path,
      bytes: bytes.length,
      sha256: sha256Hex(bytes),
    })),
  };
  await Deno.writeFile(`${folder}/${PACKAGE_PATHS.manifest}`, encodeManifest(manifest));
  return manifest;
}
