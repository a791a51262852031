/**
 * The camera behind an address.
 *
 * @module
 */
import type { Clock } from "../../core/mod.ts";
import type { CameraCalibration } from "../../navigation/camera/mod.ts";
import { type CameraAddress, parseCameraAddress } from "./address.ts";
import type { CameraConfig, CameraSource, PictureFeed } from "./contract.ts";
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
 * Nothing is opened before its frames are asked for.
 *
 * @throws UsageError where the address is none.
 */
export function openCamera(options: CameraOptions): CameraSource {
  const { calibration, config, clock } = options;
  const feed = feedOf(parseCameraAddress(options.address), options);
  return new LiveCamera({ feed, calibration, config, clock });
}

function feedOf(address: CameraAddress, { config, clock }: CameraOptions): PictureFeed {
  const { hostname, port } = address;
  return new FrameSocket({ hostname, port, lostAfterS: config.lostAfterS, clock });
}
