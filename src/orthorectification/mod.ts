/** Orthorectification: frames with a known pose → flat ground → slippy tiles. In both executables. */
export * from "./contract.ts";
export { distort, isUnfolded, jacobian, undistort } from "./distortion.ts";
export * from "./ground.ts";
export { northUpProjection, type NorthUpRaster, tileProjection } from "./tile_projection.ts";
