/**
 * Temperature and throttling of a discrete NVIDIA GPU.
 *
 * @module
 */
import { NATIVE_STATUS, NativeErrorBuffer } from "../../core/mod.ts";
import type { DeviceLibrary } from "./library.ts";

/** Of the first GPU; undefined where NVIDIA's management library is not installed or gives no answer. */
export function readGraphicsProcessor(
  device: DeviceLibrary,
): { readonly temperatureC: number; readonly throttled: boolean } | undefined {
  const temperatureC = new Int32Array(1), throttled = new Int32Array(1);
  const error = new NativeErrorBuffer();
  const status = device.symbols.gdn_graphics_processor_read(temperatureC, throttled, error.bytes);
  if (status === NATIVE_STATUS.notFound || status === NATIVE_STATUS.systemFailure) return undefined;
  error.check("gdn_graphics_processor_read", status);
  return { temperatureC: temperatureC[0], throttled: throttled[0] !== 0 };
}
