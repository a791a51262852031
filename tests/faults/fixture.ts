/**
 * One small world for the fault tests, built once per run with the shipped programs: a picture of
 * ground, the tile cache made of it, a package, and a flight of ten seconds over it. Every file has
 * a copy of its own.
 *
 * @module
 */
import sharp from "sharp";
import { seededRandom } from "../../src/core/mod.ts";
import { buildOnce } from "../support/build_once.ts";
import { run } from "./programs.ts";
import { emptyCache } from "../support/empty_cache.ts";

export const CENTRE = "50,30";
export const GSD_M = "0.5";
/** Options that place {@link World.ground}. */
export const PLACE = ["--centre", CENTRE, "--gsd", GSD_M] as const;
const SIDE_PX = 900;

export interface World {
  /** Everything lies below this folder. */
  readonly folder: string;
  /** A PNG of 450 m × 450 m. */
  readonly ground: string;
  /** Data folder of a tile cache that holds it. */
  readonly data: string;
  readonly package: string;
  /** Ten pictures, 200 Hz IMU, 1 s of GPS. */
  readonly flight: string;
}

/** Registers the hooks that bring the world before the first test of a file and remove it after. */
export function worldForFile(): () => World {
  let world: World | undefined;
  Deno.test.beforeAll(async () => {
    const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "gdn-faults-" }));
    world = worldIn(folder);
    await buildOnce("faults-world", folder, (into) => buildWorld(worldIn(into)));
  });
  Deno.test.afterAll(async () => {
    if (world !== undefined) await Deno.remove(world.folder, { recursive: true });
  });
  return () => {
    if (world === undefined) throw new Error("the world is built by beforeAll");
    return world;
  };
}

function worldIn(folder: string): World {
  return {
    folder,
    ground: `${folder}/ground.png`,
    data: `${folder}/data`,
    package: `${folder}/package`,
    flight: `${folder}/flight`,
  };
}

async function buildWorld(world: World): Promise<void> {
  const { folder } = world;
  await paintGround(world.ground);
  await emptyCache(world.data);
  const steps = [
    ["tiles", "import", world.ground, ...PLACE, "--data", world.data],
    ["provision", "--out", world.package, "--data", world.data, "--footprint", "100"],
    [
      ...["simulate", "flight", "--out", world.flight, "--image", world.ground, ...PLACE],
      ...["--aircraft", "multirotor", "--duration", "10", "--frame-rate", "1"],
    ],
  ];
  for (const args of steps) {
    const { code, err } = await run("operator", args, { write: [folder] });
    if (code !== 0) throw new Error(`operator ${args.join(" ")} ended with ${code}: ${err}`);
  }
}

/** Rectangles of any colour: structure enough to be found again. */
export async function paintGround(path: string): Promise<void> {
  const random = seededRandom("ground of the fault tests");
  const pixels = new Uint8Array(SIDE_PX * SIDE_PX * 3).fill(110);
  for (let i = 0; i < 500; i++) {
    const width = 8 + random.integer(60), height = 8 + random.integer(60);
    const left = random.integer(SIDE_PX), top = random.integer(SIDE_PX);
    const colour = [random.integer(256), random.integer(256), random.integer(256)];
    for (let y = top; y < Math.min(SIDE_PX, top + height); y++) {
      for (let x = left; x < Math.min(SIDE_PX, left + width); x++) {
        pixels.set(colour, 3 * (y * SIDE_PX + x));
      }
    }
  }
  const raw = { width: SIDE_PX, height: SIDE_PX, channels: 3 } as const;
  await sharp(pixels, { raw }).png().toFile(path);
}
