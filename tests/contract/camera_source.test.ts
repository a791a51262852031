import {
  CameraConfigSchema,
  type CameraSource,
  openCamera,
} from "../../src/flight/camera_source/mod.ts";
import { cameraServer, framesForEver, SMALL_CAMERA, smallPicture } from "../support/camera.ts";
import { type CameraRig, cameraSourceSuite } from "./camera_source_suite.ts";

const config = CameraConfigSchema.parse({});

function rigOf(source: CameraSource, behind: AsyncDisposable): CameraRig {
  return {
    source,
    async [Symbol.asyncDispose]() {
      await source[Symbol.asyncDispose]();
      await behind[Symbol.asyncDispose]();
    },
  };
}

cameraSourceSuite("frames", async (clock) => {
  const pictures = await Promise.all([0, 1, 2].map((seed) => smallPicture(seed)));
  const server = cameraServer(framesForEver(pictures, 10));
  const { address } = server;
  return rigOf(openCamera({ address, calibration: SMALL_CAMERA, config, clock }), server);
});
