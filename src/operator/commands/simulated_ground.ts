/**
 * Options that name the ground which a simulated camera sees, and its source.
 *
 * @module
 */
import { LocalFrame, option, type OptionValues, UsageError } from "../../core/mod.ts";
import {
  type GroundSource,
  openProcedural,
  PictureGround,
  RaisedGround,
  readRasterFile,
  TileFolderGround,
} from "../../workstation/simulation/mod.ts";
import { openHeightFile } from "../../tiles/workstation/tile_import/mod.ts";
import { heightRange, knownHeights } from "../../workstation/terrain/mod.ts";
import { GROUND_HEIGHT_OPTIONS } from "../options.ts";

export const GROUND_GROUP = "Ground, one of --image, --tiles, --procedural";

export const GROUND_OPTIONS = {
  ...GROUND_HEIGHT_OPTIONS,
  image: option.path({
    access: "read",
    placeholder: "FILE",
    help: "a picture, north up, with --centre and --gsd; beyond its edges the camera sees its " +
      "mirror image",
    group: GROUND_GROUP,
  }),
  tiles: option.path({
    access: "read",
    placeholder: "FOLDER",
    help: "a folder {z}/{x}/{y}.jpg (its finest zoom)",
    group: GROUND_GROUP,
  }),
  procedural: option.text({
    placeholder: "SEED",
    help: "painted farmland without end around --centre, as it looks years after the map that " +
      "`operator simulate map` makes of the same seed; KIND:SEED is ground that repeats (orchards, " +
      "terraces, solar_parks, greenhouses), has no structure (water, sand) or is seen badly (snow, " +
      "night, over_exposed, haze, cloud_shadows)",
    group: GROUND_GROUP,
  }),
  centre: option.position({
    help: "the middle of the ground",
    example: "48.5,35.0",
    group: GROUND_GROUP,
  }),
  gsd: option.lengthM({
    minimum: 0.01,
    maximum: 20,
    help: "length of a pixel of the image",
    group: GROUND_GROUP,
  }),
} as const;

type Values = OptionValues<typeof GROUND_OPTIONS>;

/** Around the middle of ground without edges, either way: what a flight may see. */
const TERRAIN_REACH_M = 12_000;

/** The ground source that the options name, raised to its terrain where they name one. */
export async function openGround(values: Values): Promise<GroundSource> {
  const ground = await openLevelGround(values);
  const { terrain, terrainDatum, groundHeight } = values;
  if (terrain === undefined) {
    if (terrainDatum === undefined) return ground;
    throw new UsageError("--terrain-datum is of --terrain, which is not given");
  }
  const localFrame = new LocalFrame(ground.origin);
  const { westM, eastM, southM, northM } = ground.box ?? {
    westM: -TERRAIN_REACH_M,
    eastM: TERRAIN_REACH_M,
    southM: -TERRAIN_REACH_M,
    northM: TERRAIN_REACH_M,
  };
  const corner = (east: number, north: number) => localFrame.wgsFromLocal([east, north, 0]);
  const southWest = corner(westM, southM), northEast = corner(eastM, northM);
  const source = await openHeightFile(terrain, {
    southDeg: southWest.latitudeDeg,
    westDeg: southWest.longitudeDeg,
    northDeg: northEast.latitudeDeg,
    eastDeg: northEast.longitudeDeg,
  }, terrainDatum ?? null);
  const grid = knownHeights(source, localFrame, {
    eastMinM: westM,
    eastMaxM: eastM,
    northMinM: southM,
    northMaxM: northM,
  });
  const heightM = groundHeight ?? Math.round(10 * heightRange(grid).meanM) / 10;
  return new RaisedGround(ground, heightM, {
    ...grid,
    upM: grid.heightM.map((height) => height - heightM),
  });
}

async function openLevelGround(values: Values): Promise<GroundSource> {
  const given = [values.image, values.tiles, values.procedural].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new UsageError("give one ground: --image FILE, --tiles FOLDER or --procedural SEED");
  }
  const { centre, groundHeight: groundHeightM = 0, gsd: gsdM } = values;
  if (values.tiles !== undefined) {
    return TileFolderGround.open(values.tiles, { groundHeightM, centre, decode: readRasterFile });
  }
  if (centre === undefined) {
    throw new UsageError("needs --centre LAT,LON, the middle of the ground");
  }
  const origin = { ...centre, heightM: groundHeightM };
  if (values.procedural !== undefined) {
    return openProcedural({ seed: values.procedural, centre: origin, season: "world" });
  }
  if (gsdM === undefined) {
    throw new UsageError("needs --gsd M, metres per pixel of the image");
  }
  const path = values.image ?? "";
  return new PictureGround({
    name: path,
    picture: await readRasterFile(path),
    centre: origin,
    gsdM,
  });
}
