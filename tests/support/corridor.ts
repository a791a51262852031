/**
 * A corridor 2 km wide at the 128 m side, over tiles of a package that is there (drawn again and again), and
 * packages of it, for benchmarks of provisioning.
 *
 * @module
 */
import { readPlainFile, silentProgress } from "../../src/core/mod.ts";
import { readManifest } from "../../src/flight/flight_package/mod.ts";
import type { FaissLibrary } from "../../src/native/faiss/mod.ts";
import type { VisionLibrary } from "../../src/native/vision/mod.ts";
import { buildDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { TileMap } from "../../src/navigation/map/mod.ts";
import type { TileId, TileMetadata, TilePixelHandle } from "../../src/tiles/tile_contract/mod.ts";
import {
  provisionPackage,
  type ProvisionSummary,
  type ProvisionTools,
} from "../../src/workstation/provisioning/mod.ts";

const ZOOM = 18, ACROSS_TILES = 20, WEST = 156_000, NORTH = 91_000;
/** At 48.5° a tile of zoom 18 is so wide. */
const TILE_M = 101.3;
const PICTURES_MAX = 200;

interface Corridor {
  /** Makes a package in `folder`/`name`. */
  provision(
    name: string,
    onStage: (label: string) => void,
    workers?: ProvisionTools["workers"],
  ): Promise<ProvisionSummary>;
}

/** @param packagePath whose tiles are drawn */
export async function openCorridor(
  { packagePath, kilometres, folder, vision, faiss }: {
    readonly packagePath: string;
    readonly kilometres: number;
    readonly folder: string;
    readonly vision: VisionLibrary;
    readonly faiss: FaissLibrary;
  },
): Promise<Corridor> {
  const manifest = await readManifest(packagePath);
  const paths = manifest.files.map(({ path }) => path).filter((path) => path.startsWith("tiles/"));
  const pictures = await Promise.all(
    paths.slice(0, PICTURES_MAX)
      .map((path) => readPlainFile(`${packagePath}/${path}`, { bytesMax: 1e6 })),
  );
  const pictureOf = ({ x, y }: TileId) => pictures[(x * 31 + y * 7919) % pictures.length];
  const tiles = tilesOf(Math.round(kilometres * 1000 / TILE_M));
  const cache: ProvisionTools["cache"] = {
    queryByBbox: () => Promise.resolve(tiles),
    readTilePixels: (tileId) => {
      const jpeg = pictureOf(tileId);
      return Promise.resolve({ jpeg, [Symbol.dispose]() {} } as unknown as TilePixelHandle);
    },
  };
  return {
    provision: (name, onStage, workers) =>
      provisionPackage({
        out: `${folder}/${name}`,
        area: null,
        zoom: ZOOM,
        name: "corridor",
        groundHeightM: 0,
        mapRegistrationSigmaM: 1.3,
        placeSidesM: [128],
        flightAt: null,
      }, {
        cache,
        freshness: FRESH,
        pins: NO_PINS,
        vision,
        placeModel: null,
        workFolder: `${folder}/work-${name}`,
        openMap: (source, frame) => new TileMap(vision, source, frame),
        buildDescriptorIndex: (path) => buildDescriptorIndex(path, faiss),
        progress: (label) => {
          onStage(label);
          return silentProgress();
        },
        ...workers === undefined ? {} : { workers },
      }),
  };
}

function tilesOf(along: number): TileMetadata[] {
  const tiles: TileMetadata[] = [];
  for (let y = NORTH; y < NORTH + ACROSS_TILES; y++) {
    for (let x = WEST; x < WEST + along; x++) {
      tiles.push({
        tileId: { zoom: ZOOM, x, y, source: "bench" },
        tileSizePx: 256,
        sourceGsdM: 0.4,
        capturedAt: null,
        contentSha256: "0".repeat(64),
        diskBytes: 1,
        coverage: 1,
        attribution: "",
      });
    }
  }
  return tiles;
}

const FRESH: ProvisionTools["freshness"] = {
  now: () => new Date(),
  judgeAt: () => ({
    outcome: "fresh",
    reason: "",
    rule: { classification: "stable_rear" },
    refusedAfter: null,
  }),
};

const NO_PINS: ProvisionTools["pins"] = {
  missions: () => Promise.resolve([]),
  pinTiles: () => Promise.resolve(0),
  unpinOthers: () => Promise.resolve(0),
  unpinMission: () => Promise.resolve(0),
};
