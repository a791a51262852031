/**
 * What engines of this host are bound to.
 *
 * @module
 */
import { NativeError, RuntimeNotAvailableError } from "../../core/mod.ts";
import {
  type TensorRtDevice,
  tensorRtDevice,
  type TensorRtLibrary,
  tensorRtStatus,
} from "../../native/tensorrt/mod.ts";
import type { EngineHost } from "./engine_name.ts";
import { notInstalled } from "./tensorrt_errors.ts";

/** @throws RuntimeNotAvailableError when TensorRT or its GPU is not there, or JetPack cannot be told */
export async function tensorRtHost(library: TensorRtLibrary): Promise<EngineHost> {
  const { libraryVersion, reason } = tensorRtStatus(library);
  if (libraryVersion === null) throw notInstalled(reason);
  const device = await deviceOf(library);
  if (device.jetpack === "") {
    throw new RuntimeNotAvailableError(
      `Cannot tell the JetPack of this host: Jetson Linux ${
        device.l4t || "(unknown)"
      } is not one ` +
        "that this program knows; install the package nvidia-jetpack, which says it",
    );
  }
  return { sm: device.sm, jetpack: device.jetpack, tensorrt: libraryVersion };
}

async function deviceOf(library: TensorRtLibrary): Promise<TensorRtDevice> {
  try {
    return await tensorRtDevice(library);
  } catch (error) {
    if (!(error instanceof NativeError)) throw error;
    throw notInstalled(error.reason, error);
  }
}
