/**
 * What the TensorRT shim finds on a host: libraries of other versions, without the symbols that they must
 * have, cut short; and which JetPack a Jetson has. No header of NVIDIA is needed.
 */
import assert from "node:assert/strict";
import { buildNative } from "../../tasks/native_build.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";

const PROBE = `${REPOSITORY}/build/host_probe`;
const AVAILABLE = "0", ABSENT = "1", WRONG_VERSION = "2";
const TRT_10_3 = 100300;

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

let built: Promise<boolean> | undefined;

async function probe(...args: string[]): Promise<string[]> {
  built ??= buildNative(`${REPOSITORY}/ffi/tensorrt/oracle`, PROBE);
  assert.ok(await built);
  return (await run(`${PROBE}/host_probe`, ...args)).split("\n");
}

/** A shared library with exactly this in it. */
async function library(path: string, source: string): Promise<void> {
  await Deno.writeTextFile(`${path}.c`, source);
  await run("cc", "-shared", "-fPIC", "-o", path, `${path}.c`);
}

Deno.test("a library that is not there, is no library or is cut short is absent, with the loader's reason", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/libnvinfer.so.10`;
    const [state, version, reason] = await probe("library", path, `${TRT_10_3}`);
    assert.deepEqual([state, version], [ABSENT, "0.0.0"]);
    assert.match(reason, /libnvinfer\.so\.10: cannot open shared object file/);

    await Deno.writeTextFile(path, "no library at all".repeat(100));
    const [textState, , textReason] = await probe("library", path, `${TRT_10_3}`);
    assert.equal(textState, ABSENT);
    assert.match(textReason, /invalid ELF header/);

    await library(path, "int getInferLibVersion(void) { return 100300; }");
    const whole = await Deno.readFile(path);
    for (const part of [0.05, 0.5, 0.9, 0.999]) {
      // The loader itself would map it and die of SIGBUS.
      await Deno.writeFile(path, whole.subarray(0, Math.floor(whole.length * part)));
      const [cutState, , cutReason] = await probe("library", path, `${TRT_10_3}`);
      assert.equal(cutState, ABSENT);
      assert.match(cutReason, /is cut short: install it again/);
    }
  });
});

Deno.test("another version is told from the right one, by what the library answers", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/libnvinfer.so`;
    await library(path, "int getInferLibVersion(void) { return 8601; }");
    const [state, version, reason] = await probe("library", path, `${TRT_10_3}`);
    assert.deepEqual([state, version], [WRONG_VERSION, "8.6.1"]);
    assert.match(reason, /is version 8\.6\.1, this program was built for 10\.3\.0/);

    await library(path, "int getInferLibVersion(void) { return 100301; }");
    const patch = await probe("library", path, `${TRT_10_3}`);
    assert.deepEqual(patch.slice(0, 2), [WRONG_VERSION, "10.3.1"], "the patch number counts too");
  });
});

Deno.test("the right version without a symbol is refused by its name; with all of them it is available", async () => {
  await inScratch(async (folder) => {
    const path = `${folder}/libnvinfer.so`;
    await library(path, "int getInferLibVersion(void) { return 100300; }");
    const [state, version, reason] = await probe(
      "library",
      path,
      `${TRT_10_3}`,
      "createInferRuntime_INTERNAL",
    );
    assert.deepEqual([state, version], [WRONG_VERSION, "10.3.0"]);
    assert.match(reason, /has no createInferRuntime_INTERNAL/);

    await library(path, "int something(void) { return 1; }");
    const [foreign, , why] = await probe("library", path, `${TRT_10_3}`);
    assert.equal(foreign, WRONG_VERSION);
    assert.match(why, /has no getInferLibVersion: it is no TensorRT/);

    await library(
      path,
      "int getInferLibVersion(void) { return 100300; } void* createInferRuntime_INTERNAL(void) { return 0; }",
    );
    const found = await probe("library", path, `${TRT_10_3}`, "createInferRuntime_INTERNAL");
    assert.deepEqual(found.slice(0, 3), [AVAILABLE, "10.3.0", ""]);
  });
});

const RELEASE = (l4t: string) => {
  const [major, ...rest] = l4t.split(".");
  return `# R${major} (release), REVISION: ${
    rest.join(".")
  }, GCID: 38968081, BOARD: generic, EABI: aarch64\n`;
};
const PACKAGES = (status: string, version: string) =>
  `Package: base-files\nStatus: install ok installed\nVersion: 12ubuntu4\n\n` +
  `Package: nvidia-jetpack\nStatus: ${status}\nArchitecture: arm64\nVersion: ${version}\n\n`;

Deno.test("JetPack comes from its package, else from the release of Jetson Linux, else it is unknown", async () => {
  const hosts: readonly [string | undefined, string | undefined, string, string][] = [
    [undefined, undefined, "none", ""],
    [undefined, PACKAGES("install ok installed", "6.2+b77"), "none", ""],
    ["36.4.3", undefined, "6.2", "36.4.3"],
    ["36.4.4", undefined, "6.2.1", "36.4.4"],
    ["35.4.1", PACKAGES("deinstall ok config-files", "9.9"), "5.1.2", "35.4.1"],
    ["99.1.0", undefined, "", "99.1.0"],
    ["99.1.0", PACKAGES("install ok installed", "9.1.2+b5"), "9.1.2", "99.1.0"],
    ["not a release", undefined, "", ""],
  ];
  for (const [l4t, packages, jetpack, release] of hosts) {
    await inScratch(async (root) => {
      await Deno.mkdir(`${root}/etc`, { recursive: true });
      await Deno.mkdir(`${root}/var/lib/dpkg`, { recursive: true });
      if (l4t !== undefined) await Deno.writeTextFile(`${root}/etc/nv_tegra_release`, RELEASE(l4t));
      if (packages !== undefined) {
        await Deno.writeTextFile(`${root}/var/lib/dpkg/status`, packages);
      }
      assert.deepEqual((await probe("jetpack", root)).slice(0, 2), [jetpack, release], l4t);
    });
  }
});
