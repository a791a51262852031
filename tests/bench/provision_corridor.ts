/**
 * Provisioning of a corridor of 20 km × 2 km at the 128 m side, about 22,000 places, over tiles of a package that
 * is there (drawn again and again): seconds, processor time and memory.
 *
 *     deno run -A tests/bench/provision_corridor.ts PACKAGE [KILOMETRES]
 *
 * @module
 */
import { readPlainFile, silentProgress } from "../../src/core/mod.ts";
import { readManifest } from "../../src/flight/flight_package/mod.ts";
import { openFaiss } from "../../src/native/faiss/mod.ts";
import { openVision } from "../../src/native/vision/mod.ts";
import { buildDescriptorIndex } from "../../src/navigation/descriptor_index/mod.ts";
import { TileMap } from "../../src/navigation/map/mod.ts";
import type { TileId, TileMetadata, TilePixelHandle } from "../../src/tiles/tile_contract/mod.ts";
import { provisionPackage } from "../../src/workstation/provisioning/mod.ts";

const [packagePath, kilometres = "20"] = Deno.args;
const ZOOM = 18, ACROSS_TILES = 20, WEST = 156_000, NORTH = 91_000;
/** At 48.5° a tile of zoom 18 is 101.3 m wide. */
const alongTiles = Math.round(Number(kilometres) * 1000 / 101.3);

const manifest = await readManifest(packagePath);
const paths = manifest.files.map(({ path }) => path).filter((path) => path.startsWith("tiles/"));
const pictures = await Promise.all(
  paths.slice(0, 200).map((path) => readPlainFile(`${packagePath}/${path}`, { bytesMax: 1e6 })),
);
const pictureOf = ({ x, y }: TileId) => pictures[(x * 31 + y * 7919) % pictures.length];
const tiles: TileMetadata[] = [];
for (let y = NORTH; y < NORTH + ACROSS_TILES; y++) {
  for (let x = WEST; x < WEST + alongTiles; x++) {
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
using vision = openVision();
using faiss = openFaiss();
const folder = await Deno.makeTempDir({ prefix: "gdn-corridor-" });
const beganMs = performance.now();
let label = "", labelMs = beganMs, rssMax = 0;
const stage = (next: string) => {
  const nowMs = performance.now();
  if (label !== "") {
    const { rss } = Deno.memoryUsage();
    console.log(
      `${label}: ${((nowMs - labelMs) / 1000).toFixed(1)} s, ${(rss / 1e6).toFixed(0)} MB`,
    );
  }
  label = next;
  labelMs = nowMs;
};
const memory: string[] = [];
const timer = setInterval(() => {
  const { rss } = Deno.memoryUsage();
  rssMax = Math.max(rssMax, rss);
  memory.push((rss / 1e6).toFixed(0));
}, 5000);
try {
  const summary = await provisionPackage({
    out: `${folder}/package`,
    area: null,
    zoom: ZOOM,
    name: "corridor",
    groundHeightM: 0,
    mapRegistrationSigmaM: 1.3,
    placeSidesM: [128],
    flightAt: null,
  }, {
    cache: {
      queryByBbox: () => Promise.resolve(tiles),
      readTilePixels: (tileId) => {
        const jpeg = pictureOf(tileId);
        return Promise.resolve({ jpeg, [Symbol.dispose]() {} } as unknown as TilePixelHandle);
      },
    },
    freshness: {
      now: () => new Date(),
      judgeAt: () => ({
        outcome: "fresh",
        reason: "",
        rule: { classification: "stable_rear" },
        refusedAfter: null,
      }),
    },
    pins: {
      missions: () => Promise.resolve([]),
      pinTiles: () => Promise.resolve(0),
      unpinOthers: () => Promise.resolve(0),
      unpinMission: () => Promise.resolve(0),
    },
    vision,
    placeModel: null,
    workFolder: `${folder}/work`,
    openMap: (source, frame) => new TileMap(vision, source, frame),
    buildDescriptorIndex: (path) => buildDescriptorIndex(path, faiss),
    progress: (next) => {
      stage(next);
      return silentProgress();
    },
  });
  stage("");
  const seconds = (performance.now() - beganMs) / 1000;
  const { user, system } = Deno.build.os === "linux" ? processTimes() : { user: 0, system: 0 };
  console.log(
    `${summary.tiles} tiles, ${summary.places} places in ${seconds.toFixed(1)} s; processor ` +
      `${user.toFixed(1)} + ${system.toFixed(1)} s; memory at most ${
        (rssMax / 1e6).toFixed(0)
      } MB, every 5 s: ` +
      memory.join(" "),
  );
} finally {
  clearInterval(timer);
  await Deno.remove(folder, { recursive: true });
}

function processTimes(): { user: number; system: number } {
  const fields = Deno.readTextFileSync("/proc/self/stat").split(") ")[1].split(" ");
  return { user: Number(fields[11]) / 100, system: Number(fields[12]) / 100 };
}
