/**
 * Which variables of the project's the environment has.
 *
 * @module
 */
import { hasNativeLibrary, NativeErrorBuffer } from "../../core/mod.ts";
import { openDevice } from "./library.ts";

const NAMES_BYTES_MAX = 64 * 1024;

/**
 * The names that begin with `GDN_`, sorted; none where the library was not built (what needs it says
 * so). Deno tells a program that may read `GDN_*` the value of a name alone.
 */
export function environmentNames(): readonly string[] {
  if (!hasNativeLibrary("device")) return [];
  using device = openDevice();
  const ask = device.symbols.gdn_environment_names;
  if (ask === null) return [];
  const names = new Uint8Array(NAMES_BYTES_MAX), length = new BigInt64Array(1);
  const error = new NativeErrorBuffer();
  error.check(
    "gdn_environment_names",
    ask(names, BigInt(names.length), length, error.bytes),
  );
  const text = new TextDecoder().decode(names.subarray(0, Number(length[0])));
  return text.split("\0").filter((name) => name !== "").sort();
}
