/**
 * Makes a flight package. The same tiles and request make the same package, byte by byte.
 *
 * @module
 */
import { LocalFrame } from "../core/mod.ts";
import {
  PACKAGE_FORMAT_VERSION,
  PACKAGE_PATHS,
  type PackageTile,
  packageTilePath,
} from "../flight_package/mod.ts";
import { encodeVocabulary } from "../place_recognition/mod.ts";
import type { HnswParams } from "../descriptor_index/mod.ts";
import type { ProvisionRequest, ProvisionSummary, ProvisionTools } from "./contract.ts";
import { coverageMap } from "./coverage_map.ts";
import { describePlaces } from "./describe_places.ts";
import { PackageFolder } from "./package_folder.ts";
import { fittingSides } from "./place_grid.ts";
import { SelectedTiles } from "./selected_map.ts";
import { selectTiles, type TileSelection } from "./select_tiles.ts";

/** Recall of the true best ten is 1 on packages up to 20,000 places; a search stays under 2 ms. */
const HNSW: HnswParams = { m: 32, efConstruction: 200, efSearch: 256 };

/**
 * @throws UsageError when `out` holds something else than a package.
 * @throws ProvisioningError when there are no tiles, no structure in them, or no room to write.
 */
export async function provisionPackage(
  request: ProvisionRequest,
  tools: ProvisionTools,
): Promise<ProvisionSummary> {
  await using folder = await PackageFolder.begin(request.out);
  const selection = await selectTiles(tools.cache, request.area, request.zoom);
  const tiles = await copyTiles(folder, selection, tools);
  await folder.write(PACKAGE_PATHS.tiles, jsonLines(tiles));

  const frame = new LocalFrame({ ...middleOf(selection), heightM: request.groundHeightM });
  const map = tools.openMap(new SelectedTiles(tools.cache, selection), frame);
  const sidesM = fittingSides(map.bounds, request.placeSidesM);
  const { vision, signal } = tools;
  const progress = tools.progress.bind(tools);
  const described = await describePlaces({ map, frame, vision, sidesM, progress, signal });
  await folder.write(PACKAGE_PATHS.vocabulary, encodeVocabulary(described.vocabulary));
  await folder.write(PACKAGE_PATHS.places, jsonLines(described.places));
  const dimension = described.vocabulary.axisCount;
  {
    using index = tools.buildDescriptorIndex(`${folder.path}/${PACKAGE_PATHS.index}`);
    const placeIds = described.places.map((_, position) => position);
    await index.rebuildFromDescriptors(described.descriptors, placeIds, HNSW);
  }
  for (const suffix of ["", ".sha256", ".meta.json"]) {
    await folder.adopt(PACKAGE_PATHS.index + suffix);
  }

  const name = request.name ?? defaultName(selection);
  signal?.throwIfAborted();
  const { bytes, manifestSha256 } = await folder.finish({
    format: "gdn-flight-package",
    formatVersion: PACKAGE_FORMAT_VERSION,
    name,
    area: selection.area,
    zoom: selection.zoom,
    tileCount: tiles.length,
    groundHeightM: request.groundHeightM,
    mapRegistrationSigmaM: request.mapRegistrationSigmaM,
  });
  const covered = tiles.reduce((sum, tile) => sum + tile.coverage, 0);
  return {
    path: request.out,
    name,
    zoom: selection.zoom,
    tiles: tiles.length,
    holes: selection.holes,
    coverage: covered / (tiles.length + selection.holes.length),
    places: described.places.length,
    placeSidesM: sidesM,
    descriptorDimension: dimension,
    bytes,
    manifestSha256,
    coverageMap: coverageMap(selection.rectangle, tiles),
  };
}

async function copyTiles(
  folder: PackageFolder,
  selection: TileSelection,
  tools: ProvisionTools,
): Promise<PackageTile[]> {
  const tiles: PackageTile[] = [];
  using bar = tools.progress("copying tiles", selection.tiles.length);
  for (const metadata of selection.tiles) {
    tools.signal?.throwIfAborted();
    const { zoom, x, y, source } = metadata.tileId;
    {
      using handle = await tools.cache.readTilePixels(metadata.tileId);
      await folder.write(packageTilePath({ zoom, x, y }), handle.jpeg.slice());
    }
    tiles.push({
      x,
      y,
      source,
      sourceGsdM: metadata.sourceGsdM,
      capturedAt: metadata.capturedAt?.toISOString() ?? null,
      coverage: metadata.coverage,
      attribution: metadata.attribution,
    });
    bar.update(tiles.length);
  }
  bar.end();
  return tiles;
}

function middleOf({ area }: TileSelection): { latitudeDeg: number; longitudeDeg: number } {
  return {
    latitudeDeg: (area.southDeg + area.northDeg) / 2,
    longitudeDeg: (area.westDeg + area.eastDeg) / 2,
  };
}

function defaultName(selection: TileSelection): string {
  const { latitudeDeg, longitudeDeg } = middleOf(selection);
  return `zoom ${selection.zoom} around ${latitudeDeg.toFixed(4)}, ${longitudeDeg.toFixed(4)}`;
}

/** A JSON array with one item a line. */
function jsonLines(items: readonly unknown[]): Uint8Array<ArrayBuffer> {
  const text = "[\n" + items.map((item) => JSON.stringify(item)).join(",\n") + "\n]\n";
  return new TextEncoder().encode(text);
}
