/**
 * Measures the tiles of one replayed flight.
 *
 * @module
 */
import type { FrameLine } from "../../../src/airborne/json_lines.ts";
import type { LocalFrame } from "../../../src/core/mod.ts";
import { ManifestSchema, packageFrame } from "../../../src/flight/flight_package/mod.ts";
import { openVision } from "../../../src/native/vision/mod.ts";
import type { GroundSource } from "../../../src/workstation/simulation/mod.ts";
import { GroundView } from "./ground_view.ts";
import { madeTiles } from "./made_tiles.ts";
import { placementOf, type TilePlacement } from "./placement.ts";
import { FlightCameras } from "./true_cameras.ts";

/** Larger than the coarser limit of N7. */
const REACH_M = 110;

export interface MeasuredFlight {
  /** The simulated flight's folder, with its truth. */
  readonly flight: string;
  readonly packagePath: string;
  /** Where `airborne replay --make-tiles` left its journal. */
  readonly tilesFolder: string;
  readonly frames: readonly FrameLine[];
  readonly world: GroundSource;
  /** Radius around its place within which a tile's picture is searched. */
  readonly reachM?: number;
}

/** @throws GdnError */
export async function tilePlacements(measured: MeasuredFlight): Promise<TilePlacement[]> {
  using vision = openVision();
  const parts = {
    lens: vision,
    ground: new GroundView(measured.world),
    cameras: await FlightCameras.read(measured.flight),
    packageFrame: await frameOf(measured.packagePath),
    reachM: measured.reachM ?? REACH_M,
    lines: new Map(measured.frames.map((line) => [line.sequence, line])),
  };
  const placements: TilePlacement[] = [];
  // Neighbouring tiles share the ground that was painted for them.
  const tiles = (await madeTiles(measured.tilesFolder))
    .toSorted((a, b) => a.tile.x - b.tile.x || a.tile.y - b.tile.y);
  for (const made of tiles) placements.push(await placementOf(made, parts));
  return placements;
}

/** The local frame of reference that airborne uses for a package. */
async function frameOf(packagePath: string): Promise<LocalFrame> {
  const text = await Deno.readTextFile(`${packagePath}/manifest.json`);
  return packageFrame(ManifestSchema.parse(JSON.parse(text)));
}
