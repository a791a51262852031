/**
 * Addresses of cameras, as `--camera` takes them.
 *
 * @module
 */
import { UsageError } from "../../core/mod.ts";

export interface CameraAddress {
  readonly kind: "frames";
  readonly hostname: string;
  readonly port: number;
}

export const CAMERA_ADDRESS_FORMS = "frames:tcp:HOST:PORT";

/** @throws UsageError (exit 64) that says which forms there are. */
export function parseCameraAddress(text: string): CameraAddress {
  const frames = /^frames:tcp:(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  if (frames !== null) {
    const port = Number(frames[3]);
    if (port >= 1 && port <= 65535) {
      return { kind: "frames", hostname: frames[1] ?? frames[2], port };
    }
  }
  throw new UsageError(`no camera has this address; there are: ${CAMERA_ADDRESS_FORMS}`);
}
