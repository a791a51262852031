import assert from "node:assert/strict";
import {
  type NativeAbi,
  nativeLibraryPath,
  openNativeLibrary,
  RuntimeNotAvailableError,
} from "../../src/core/mod.ts";

import { visionAbi } from "../../src/native/vision/library.ts";

const VERSION = visionAbi.symbol;

function refusal(path: string, abi: NativeAbi): RuntimeNotAvailableError {
  let error: unknown;
  try {
    openNativeLibrary(path, {}, abi).close();
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof RuntimeNotAvailableError, String(error));
  assert.equal(error.exitCode, 69);
  return error;
}

Deno.test("openNativeLibrary() opens a library of the right version, and closing twice is fine", () => {
  const library = openNativeLibrary(
    nativeLibraryPath("vision"),
    { [VERSION]: { parameters: [], result: "u32" } },
    visionAbi,
  );
  library.close();
  library.close();
  library[Symbol.dispose]();
});

Deno.test("openNativeLibrary() names the file and the remedy when it cannot be used", () => {
  const path = nativeLibraryPath("vision");
  assert.match(
    refusal(path, { ...visionAbi, version: 999 }).message,
    /ABI version \d+, this program needs 999.*deno task build/,
  );
  assert.match(
    refusal(path, { ...visionAbi, structBytes: { gdn_sizeof_pose_query: 7 } }).message,
    /gdn_sizeof_pose_query is 160 bytes, this program expects 7.*deno task build/,
  );
  const absent = refusal("/nowhere/libgdn_vision.so", visionAbi).message;
  assert.match(absent, /\/nowhere\/libgdn_vision\.so.*deno task setup/s);
});
