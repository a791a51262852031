import assert from "node:assert/strict";
import {
  type BuildInfo,
  BuildInfoSchema,
  checkedBuildInfo,
  describeVersion,
  nativeBuildInfo,
  nativeBuildInfoInFile,
  nativeLibraryPath,
  readBuildInfo,
  RuntimeNotAvailableError,
  VERSION,
} from "../../src/core/mod.ts";
import { deviceAbi } from "../../src/native/device/symbols.ts";
import { faissAbi } from "../../src/native/faiss/symbols.ts";
import { visionAbi } from "../../src/native/vision/library.ts";
import { inScratch } from "../support/scratch.ts";

const LIBRARIES = { device: deviceAbi, faiss: faissAbi, vision: visionAbi };
const NAMES = Object.keys(LIBRARIES);

Deno.test("every library says what it was built from, in its file as well", async () => {
  for (const [name, abi] of Object.entries(LIBRARIES)) {
    const told = nativeBuildInfo(name);
    assert.equal(told.name, name);
    assert.equal(told.abiVersion, abi.version);
    assert.match(told.compiler, /^GCC \d+\.\d+/);
    assert.match(told.flags, /-std=c\+\+17/);
    assert.deepEqual(nativeBuildInfoInFile(await Deno.readFile(nativeLibraryPath(name))), told);
  }
  assert.match(nativeBuildInfo("vision").builtFrom.OpenCV, /^\d+\.\d+\.\d+$/);
  assert.match(nativeBuildInfo("faiss").builtFrom.FAISS, /^\d+\.\d+\.\d+$/);
});

Deno.test("a file that says nothing, and a library that is not there", () => {
  assert.equal(
    nativeBuildInfoInFile(new TextEncoder().encode("gdn-build-inf g gdn-build-info:")),
    undefined,
  );
  assert.throws(
    () => nativeBuildInfo("vision", "/nowhere/libgdn_vision.so"),
    RuntimeNotAvailableError,
  );
});

/** As a build writes it. */
const built = (): BuildInfo => ({
  ...checkedBuildInfo(NAMES),
  kind: "portable",
  commit: "a".repeat(40),
  packages: { sharp: "0.35.5" },
});

Deno.test("checkedBuildInfo() finds what was written, and names every difference", () =>
  inScratch(async (folder) => {
    const path = `${folder}/build_info.json`;
    const write = (info: BuildInfo) => Deno.writeTextFile(path, JSON.stringify(info));
    const info = built();
    await write(info);
    assert.deepEqual(readBuildInfo(path), info);
    assert.deepEqual(checkedBuildInfo(NAMES, path), info);
    const [device, ...others] = info.nativeLibraries;
    await write({
      ...info,
      version: "0.0.9",
      runtime: { ...info.runtime, deno: "2.0.0" },
      nativeLibraries: [{ ...device, abiVersion: 99 }, others[0]],
    });
    assert.throws(
      () => checkedBuildInfo(NAMES, path),
      (error) => {
        const text = String(error);
        for (
          const what of [
            'version: "0.0.9" was',
            "runtime: ",
            "library device: ",
            "library vision: nothing was",
          ]
        ) {
          assert.ok(text.includes(what), `${what} in ${text}`);
        }
        return !text.includes("library faiss") && !text.includes("target");
      },
    );
  }));

Deno.test("a file that is damaged is not taken for a checkout", () =>
  inScratch(async (folder) => {
    for (const text of ["", "{", "{}", JSON.stringify({ ...built(), commit: "main" })]) {
      await Deno.writeTextFile(`${folder}/build_info.json`, text);
      assert.throws(() => readBuildInfo(`${folder}/build_info.json`));
    }
    assert.equal(readBuildInfo(`${folder}/absent.json`).kind, "development");
  }));

Deno.test("--version begins with name and version; --json holds every library", () => {
  assert.equal(describeVersion("airborne", NAMES, false).split("\n")[0], `airborne ${VERSION}`);
  const { program, ...info } = JSON.parse(describeVersion("airborne", NAMES, true));
  assert.equal(program, "airborne");
  const names = BuildInfoSchema.parse(info).nativeLibraries.map(({ name }) => name);
  assert.deepEqual(names, NAMES);
});
