/**
 * The camera behind an address.
 *
 * @module
 */
import { type Clock, refuseSpecialFile } from "../../core/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import { openCameraLibrary, requireGstreamer } from "../../native/camera/mod.ts";
import { parseCameraAddress } from "./address.ts";
import type { CameraConfig } from "./config.ts";
import type { CameraSource } from "./contract.ts";
import { CaptureFeed } from "./capture_feed.ts";
import { FrameSocket } from "./frame_socket.ts";
import { LiveCamera } from "./live_camera.ts";

interface CameraOptions {
  /** As `--camera` takes it. */
  readonly address: string;
  readonly calibration: CameraCalibration;
  readonly config: CameraConfig;
  readonly clock: Clock;
}

/**
 * The camera itself is opened when its frames are asked for.
 *
 * @throws UsageError where the address is none; NotPlainFileError where a video is no file; RuntimeNotAvailableError where it needs a library that is
 * not here.
 */
export function openCamera(options: CameraOptions): CameraSource {
  const { calibration, config, clock } = options;
  const address = parseCameraAddress(options.address);
  if (address.kind === "frames") {
    const { hostname, port } = address;
    const feed = new FrameSocket({ hostname, port, lostAfterS: config.lostAfterS, clock });
    return new LiveCamera({ feed, calibration, config, clock });
  }
  // Opening a named pipe waits for its writer, and no signal ends that.
  if (address.kind === "video") refuseSpecialFile(address.path);
  using opening = new DisposableStack();
  const library = opening.use(openCameraLibrary());
  if (address.kind !== "v4l2") requireGstreamer(library);
  const feed = new CaptureFeed({ address, library, calibration, config, clock });
  return new LiveCamera({ feed, calibration, config, clock, owned: opening.move() });
}
