/** C4: camera pose from correspondences. */
export * from "./contract.ts";
export { type PoseConfig, PoseConfigSchema } from "./config.ts";
export { PlanarPoseSolver } from "./planar_pose.ts";
