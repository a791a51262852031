import assert from "node:assert/strict";
import {
  nativeLibraryPath,
  openNativeLibrary,
  RuntimeNotAvailableError,
} from "../../src/core/mod.ts";

const VERSION = "gdn_vision_abi_version";

function refusal(path: string, version: number): RuntimeNotAvailableError {
  let error: unknown;
  try {
    openNativeLibrary(path, {}, { symbol: VERSION, version }).close();
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
    { symbol: VERSION, version: 1 },
  );
  library.close();
  library.close();
  library[Symbol.dispose]();
});

Deno.test("openNativeLibrary() names the file and the mend when it cannot be used", () => {
  const path = nativeLibraryPath("vision");
  assert.match(
    refusal(path, 999).message,
    /ABI version 1, this program needs 999.*deno task build/,
  );
  const absent = refusal("/nowhere/libgdn_vision.so", 1).message;
  assert.match(absent, /\/nowhere\/libgdn_vision\.so.*deno task setup/s);
});
