/** C1: visual odometry. */
export * from "./contract.ts";
export { type PlanarKltConfig, PlanarKltConfigSchema } from "./config.ts";
export { PlanarKlt } from "./planar_klt.ts";
