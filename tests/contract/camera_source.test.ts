import {
  CameraConfigSchema,
  type CameraSource,
  openCamera,
} from "../../src/flight/camera_source/mod.ts";
import { cameraServer, framesForEver, SMALL_CAMERA, smallPicture } from "../support/camera.ts";
import { ballSource, HAS_GSTREAMER, rtspServer, writeVideo } from "../support/gstreamer.ts";
import { scratchFolder } from "../support/scratch.ts";
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

const nothing: AsyncDisposable = { [Symbol.asyncDispose]: () => Promise.resolve() };
const { widthPx, heightPx } = SMALL_CAMERA;
const SOURCE = { widthPx, heightPx, ratePerS: 50 };

cameraSourceSuite("frames", async (clock) => {
  const pictures = await Promise.all([0, 1, 2].map((seed) => smallPicture(seed)));
  const server = cameraServer(framesForEver(pictures, 10));
  const { address } = server;
  return rigOf(openCamera({ address, calibration: SMALL_CAMERA, config, clock }), server);
});

// On the double that tests/unit/camera_v4l2.test.ts preloads into a process of its own.
cameraSourceSuite("v4l2", (clock) => {
  const address = "v4l2:/dev/video7";
  const source = openCamera({ address, calibration: SMALL_CAMERA, config, clock });
  return Promise.resolve(rigOf(source, nothing));
}, { ignore: Deno.env.get("V4L2_SIZE") === undefined });

cameraSourceSuite("gstreamer, grey", (clock) => {
  const address = `gstreamer:${live(ballSource(SOURCE))} ! videoconvert`;
  const source = openCamera({ address, calibration: SMALL_CAMERA, config, clock });
  return Promise.resolve(rigOf(source, nothing));
}, { ignore: !HAS_GSTREAMER });

cameraSourceSuite("gstreamer, JPEG", (clock) => {
  const address = `gstreamer:${live(ballSource(SOURCE))} ! jpegenc`;
  const source = openCamera({ address, calibration: SMALL_CAMERA, config, clock });
  return Promise.resolve(rigOf(source, nothing));
}, { ignore: !HAS_GSTREAMER });

cameraSourceSuite("video", async (clock) => {
  const scratch = await scratchFolder();
  const path = `${scratch.path}/a ball & "more".mp4`;
  await writeVideo(`${scratch.path}/ball.mp4`, ballSource(SOURCE), 40);
  await Deno.rename(`${scratch.path}/ball.mp4`, path);
  const address = `video:${path}`;
  return rigOf(openCamera({ address, calibration: SMALL_CAMERA, config, clock }), scratch);
}, { ignore: !HAS_GSTREAMER });

cameraSourceSuite("rtsp", async (clock) => {
  const server = await rtspServer(SOURCE);
  const address = `rtsp://127.0.0.1:${server.port}/ball`;
  return rigOf(openCamera({ address, calibration: SMALL_CAMERA, config, clock }), server);
}, { ignore: !HAS_GSTREAMER });

function live(source: string): string {
  return source.replace("videotestsrc", "videotestsrc is-live=true");
}
