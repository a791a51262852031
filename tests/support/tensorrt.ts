/**
 * The libraries with the ABI of ffi/tensorrt: the CPU double, which is always there, and TensorRT where
 * it is installed.
 *
 * @module
 */
import { hasNativeLibrary } from "../../src/core/mod.ts";
import {
  openTensorRt,
  type TensorRtLibrary,
  tensorRtStatus,
} from "../../src/native/tensorrt/mod.ts";
import { REPOSITORY } from "./paths.ts";

export const REFERENCE_LIBRARY = `${REPOSITORY}/build/test_lib/libgdn_tensorrt_reference.so`;

export function openReference(): TensorRtLibrary {
  return openTensorRt(REFERENCE_LIBRARY, { allowReference: true });
}

/** Why tests on TensorRT itself cannot run here; undefined where they can. */
export function tensorRtMissing(): string | undefined {
  if (!hasNativeLibrary("tensorrt")) return "libgdn_tensorrt.so was not built: no TensorRT headers";
  using library = openTensorRt();
  const { state, reason } = tensorRtStatus(library);
  return state === "available" ? undefined : `TensorRT is ${state}: ${reason}`;
}

/** Backends whose absence fails tests instead of skipping them: REQUIRE_BACKENDS=tensorrt,… */
export function isRequired(backend: string): boolean {
  return (Deno.env.get("REQUIRE_BACKENDS") ?? "").split(",").includes(backend);
}
