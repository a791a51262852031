/**
 * Simulated flights over any ground, from a seed, as recorded flights for replay. Operator and
 * tests only.
 */
export {
  type Aircraft,
  cameraGsdM,
  type FlightOptions,
  flightOptions,
  GPS_LOST_AFTER_START,
} from "./flight_options.ts";
export { CAMERA_LOOK, FlightCamera, momentCount, type Shot } from "./frames.ts";
export { GroundWindow } from "./ground_window.ts";
export { GpsSensor, type GpsWindow } from "./gps_sensor.ts";
export {
  greyOf,
  type GroundPatch,
  type GroundSource,
  type PatchRequest,
  PictureGround,
  RaisedGround,
} from "./ground.ts";
export { mapTile, tilesOfBox, tilesOfCorridor, writeMapTiles } from "./map_tiles.ts";
export { TileFolderGround } from "./tile_ground.ts";
export { ProceduralGround } from "./procedural/procedural_ground.ts";
export { openProcedural, SPECIAL_GROUNDS } from "./procedural/special_ground.ts";
export { BMI088, ImuSensor } from "./imu.ts";
export type { SeasonName } from "./procedural/season.ts";
export { readRasterFile } from "./raster_file.ts";
export type { LocalBox } from "./route.ts";
export { type SimulatedCamera, simulatedCamera } from "./camera_model.ts";
export { FlightSensors, STREAM_SIGMAS } from "./streams.ts";
export { landingFrom } from "./landing.ts";
export { STANDS_S, trueFlight } from "./truth.ts";
export { simulateFlight } from "./simulate_flight.ts";
export { joinTrajectories, Trajectory, type TrueState } from "./trajectory.ts";
