/**
 * Orthorectification: projects frames with a known pose onto flat ground and cuts slippy tiles. In
 * both executables.
 */
export * from "./contract.ts";
export * from "./ground.ts";
export { northUpProjection, tileProjection } from "./tile_projection.ts";
export {
  type FlightTilesConfig,
  FlightTilesConfigSchema,
  type FrameKnowledge,
  judgeFrame,
} from "./flight_tile_gate.ts";
export {
  type FlightTile,
  type FlightTileCounts,
  FlightTileMaker,
  type FlightTileToolkit,
  type FlownFrame,
  wholeTiles,
} from "./flight_tile_maker.ts";
