/**
 * The shim over NVIDIA's headers, where there are some: in the system's folders, or where GDN_TENSORRT_ROOT
 * and GDN_CUDA_ROOT name them. It needs no GPU and no libnvinfer.
 */
import assert from "node:assert/strict";
import { openTensorRt, tensorRtStatus } from "../../src/native/tensorrt/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import { isRequired, REFERENCE_LIBRARY } from "../support/tensorrt.ts";

const HEADERS = [Deno.env.get("GDN_TENSORRT_ROOT"), "/usr", "/usr/local/TensorRT"]
  .filter((root) => root !== undefined)
  .flatMap((root) => [`${root}/include`, `${root}/include/${Deno.build.arch}-linux-gnu`])
  .find((folder) => {
    try {
      return Deno.statSync(`${folder}/NvInfer.h`).isFile;
    } catch {
      return false;
    }
  });

async function cmake(...args: string[]): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command("cmake", { args, stdin: "null" })
    .output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

Deno.test("the headers of TensorRT are there where REQUIRE_BACKENDS names it", () => {
  if (isRequired("tensorrt")) assert.ok(HEADERS, "no NvInfer.h; set GDN_TENSORRT_ROOT");
});

Deno.test("GDN_TENSORRT=ON fails the configuration where the headers are not", async () => {
  await inScratch(async (folder) => {
    const { success, text } = await cmake(
      ...["-S", `${REPOSITORY}/ffi`, "-B", folder, "-G", "Ninja", "-DGDN_TENSORRT=ON"],
      ...[
        "-DGDN_TENSORRT_INCLUDE=GDN_TENSORRT_INCLUDE-NOTFOUND",
        "-DCMAKE_FIND_ROOT_PATH=/nowhere",
      ],
      ...["-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY", "-DGDN_EIGEN=/usr/include/eigen3"],
      "-DGDN_OPENCV=/usr/include/opencv4",
    );
    assert.ok(!success);
    assert.match(text, /TensorRT: not found: NvInfer\.h \(package libnvinfer-dev\)/);
  });
});

Deno.test({
  name:
    `the shim compiles with -Werror, needs no NVIDIA library to be opened, and says what is missing${
      HEADERS === undefined ? " (skipped: no NvInfer.h; set GDN_TENSORRT_ROOT)" : ""
    }`,
  ignore: HEADERS === undefined,
  fn: async () => {
    await inScratch(async (folder) => {
      const configured = await cmake(
        ...["-S", `${REPOSITORY}/ffi`, "-B", `${folder}/cmake`, "-G", "Ninja", "-DGDN_TENSORRT=ON"],
      );
      assert.ok(configured.success, configured.text);
      const built = await cmake("--build", `${folder}/cmake`, "--target", "gdn_tensorrt");
      assert.ok(built.success, built.text);
      using library = openTensorRt(`${folder}/lib/libgdn_tensorrt.so`);
      const status = tensorRtStatus(library);
      assert.equal(status.backend, "tensorrt");
      assert.match(status.headersVersion, /^(8|9|10|11)\.\d+\.\d+$/);
      if (status.state === "available") return;
      assert.notEqual(status.reason, "");
      assert.equal(status.canBuild, false);
    });
  },
});

Deno.test("the CPU double is no TensorRT: it is not in build/lib, and refused under any name", async () => {
  const shipped = [...Deno.readDirSync(`${REPOSITORY}/build/lib`)].map(({ name }) => name);
  assert.deepEqual(shipped.filter((name) => name.includes("reference")), []);
  await inScratch(async (folder) => {
    const disguised = `${folder}/libgdn_tensorrt.so`;
    await Deno.copyFile(REFERENCE_LIBRARY, disguised);
    assert.throws(() => openTensorRt(disguised), /CPU double for tests/);
  });
});
