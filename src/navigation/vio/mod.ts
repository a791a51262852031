/** C1: visual odometry. */
export * from "./contract.ts";
export {
  type Okvis2Config,
  Okvis2ConfigSchema,
  type PlanarKltConfig,
  PlanarKltConfigSchema,
} from "./config.ts";
export { Odometer } from "./odometer.ts";
export { Okvis2 } from "./okvis2.ts";
export { PlanarKlt } from "./planar_klt.ts";
