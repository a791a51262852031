/**
 * Composes the companion computer: what runs models, and whose temperature is looked at.
 *
 * @module
 */
import { type DeviceLibrary, readGraphicsProcessor, readSystemText } from "../native/device/mod.ts";
import { openRuntime } from "../navigation/inference/mod.ts";
import { Companion, type ThermalInput, treeReader } from "./companion.ts";
import type { AirborneOptions } from "./contract.ts";

export function makeCompanion(
  { config, thermal }: AirborneOptions,
  device: DeviceLibrary,
): Companion {
  const { inference, thermalAdaptation, placeRecognition } = config;
  return new Companion({
    inference,
    thermalAdaptation,
    full: placeRecognition,
    thermal: thermal === undefined ? null : thermalInput(thermal, device),
    openRuntime,
  });
}

/** Deno opens no file of the kernel: this computer's own are read by the device library. */
function thermalInput(
  { folder, clock }: NonNullable<AirborneOptions["thermal"]>,
  device: DeviceLibrary,
): ThermalInput {
  if (folder !== "/sys") return { clock, readText: treeReader(folder) };
  return {
    clock,
    readText: (path) => readSystemText(device, path),
    readGraphicsProcessor: () => readGraphicsProcessor(device),
  };
}
