/** How the shim over GTSAM is built, and by which of its libraries. */
import assert from "node:assert/strict";
import { hasNativeLibrary, nativeBuildInfo } from "../../src/core/mod.ts";
import { gtsamStatus, openGtsam } from "../../src/native/gtsam/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import { isRequired } from "../support/tensorrt.ts";

const isBuilt = hasNativeLibrary("gtsam"), ignore = !isBuilt && !isRequired("gtsam");
const skipped = isBuilt ? "" : " (skipped: GTSAM is not installed)";

async function run(command: string, ...args: string[]) {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test({
  name: `the shim was compiled with -Werror against GTSAM's headers${skipped}`,
  ignore,
  fn: async () => {
    assert.ok(isBuilt, "build/lib/libgdn_gtsam.so was not built");
    const rules = await Deno.readTextFile(`${REPOSITORY}/build/cmake/build.ninja`);
    for (const source of ["smoother", "fixed_lag"]) {
      const place = `build gtsam/CMakeFiles/gdn_gtsam.dir/isam2/${source}.cc.o:`;
      const rule = rules.slice(rules.indexOf(place)).split("\n\n")[0];
      assert.match(rule, /^ +FLAGS = .*-Wall -Wextra .*-Werror/m);
    }
  },
});

Deno.test({
  name: `GTSAM is there in the version that it was compiled for${skipped}`,
  ignore,
  fn: () => {
    const { backend, state, headersVersion, libraryVersion, reason } = gtsamStatus();
    assert.deepEqual({ backend, state, reason }, {
      backend: "gtsam",
      state: "available",
      reason: "",
    });
    assert.match(headersVersion ?? "", /^4\.2\.\d+$/);
    assert.equal(libraryVersion, headersVersion);
    const { GTSAM, smoother } = nativeBuildInfo("gtsam").builtFrom;
    assert.match(GTSAM, /^4\.2/);
    assert.match(smoother, /^ISAM2$/);
  },
});

Deno.test("GDN_GTSAM=ON fails the configuration where GTSAM is not", async () => {
  await inScratch(async (folder) => {
    const { success, text } = await run(
      "cmake",
      ...["-S", `${REPOSITORY}/ffi`, "-B", folder, "-G", "Ninja"],
      ...["-DGDN_GTSAM=ON", "-DCMAKE_DISABLE_FIND_PACKAGE_GTSAM=ON"],
    );
    assert.ok(!success);
    assert.match(text, /GTSAM: no\s+CMake\s+package\s+GTSAM\s+of\s+version\s+4\.2/);
  });
});

Deno.test("the reference is no GTSAM: it is not in build/lib, and refused under any name", async () => {
  const shipped = [...Deno.readDirSync(`${REPOSITORY}/build/lib`)].map(({ name }) => name);
  assert.deepEqual(shipped.filter((name) => /reference|unstable/.test(name)), []);
  await inScratch(async (folder) => {
    const disguised = `${folder}/libgdn_gtsam.so`;
    await Deno.copyFile(`${REPOSITORY}/build/test_lib/libgdn_gtsam_reference.so`, disguised);
    assert.throws(() => openGtsam(disguised), /reference for tests, not GTSAM/);
  });
});
