import { PlanarKlt, PlanarKltConfigSchema } from "../../src/navigation/vio/mod.ts";
import { vioSuite } from "./vio_suite.ts";

vioSuite("planar_klt", (vision) => new PlanarKlt(vision, PlanarKltConfigSchema.parse({})));
