import { PlanarKlt, PlanarKltConfigSchema } from "../../src/navigation/vio/mod.ts";
import { openOkvis2, realOkvis2 } from "../support/odometry.ts";
import { vioSuite } from "./vio_suite.ts";

vioSuite("planar_klt", (vision) => new PlanarKlt(vision, PlanarKltConfigSchema.parse({})));

vioSuite("okvis2 (reference)", async (vision) => (await openOkvis2(vision)).vio);

const { absent, ...okvis2 } = realOkvis2();
vioSuite("okvis2", async (vision) => {
  return (await openOkvis2(vision, { ...okvis2, allowReference: false })).vio;
}, { ignore: absent });
