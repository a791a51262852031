import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";

/** `deno task setup --build-only` of the checkout in `root`. */
async function build(root: string): Promise<string> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--cached-only", "-P=tasks", "tasks/setup.ts", "--build-only"],
    cwd: root,
  }).output();
  const said = new TextDecoder().decode(stderr);
  assert.equal(code, 0, said);
  return said;
}

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** Path, size and time of change of everything in `folder`. */
const everything = (folder: string) => run("find", folder, "-printf", "%p %s %T@ %C@\\n");

/** Built where something is installed that need not be. */
const OPTIONAL = ["tensorrt", "gtsam", "okvis2"];

/** This checkout with libraries of one line each, built. */
async function makeCheckout(root: string): Promise<void> {
  await Deno.mkdir(`${root}/src`, { recursive: true });
  await run(
    "cp",
    "-r",
    `${REPOSITORY}/deno.json`,
    `${REPOSITORY}/deno.lock`,
    `${REPOSITORY}/tasks`,
    root,
  );
  await run("cp", "-r", `${REPOSITORY}/src/core`, `${root}/src`);
  for (const folder of ["common", "vision", "faiss", "device", "camera", "launcher", ...OPTIONAL]) {
    await Deno.mkdir(`${root}/ffi/${folder}`, { recursive: true });
  }
  for (const name of OPTIONAL) await Deno.writeTextFile(`${root}/ffi/${name}/CMakeLists.txt`, "");
  await run("cp", `${REPOSITORY}/ffi/CMakeLists.txt`, `${root}/ffi`);
  for (const name of ["abi.h", "lapack_runtime.cc"]) {
    await run("cp", `${REPOSITORY}/ffi/common/${name}`, `${root}/ffi/common`);
  }
  for (const name of ["vision", "faiss", "device", "camera"]) await writeSource(root, name, 1);
  await Deno.writeTextFile(`${root}/ffi/launcher/main.cc`, "int main() { return 0; }\n");
  await build(root);
}

async function writeSource(root: string, name: string, version: number): Promise<void> {
  await Deno.writeTextFile(
    `${root}/ffi/${name}/${name}.cc`,
    `#include "abi.h"\nGDN_API uint32_t version() { return ${version}; }\n`,
  );
}

function builtVersion(root: string): number {
  const library = Deno.dlopen(`${root}/build/lib/libgdn_vision.so`, {
    version: { parameters: [], result: "u32" },
  });
  const version = library.symbols.version();
  library.close();
  return version;
}

Deno.test("setup in a copied checkout builds there, and leaves the folder it came from alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "setup-" });
  try {
    const [first, copy, moved] = ["first", "copy", "moved"].map((name) => `${folder}/${name}`);
    await makeCheckout(first);
    assert.equal(await build(first), "", "nothing to say where nothing changed");

    await run("cp", "-r", first, copy);
    await writeSource(copy, "vision", 2);
    const before = await everything(`${first}/build/cmake`) +
      await everything(`${first}/build/lib`);
    const said = await build(copy);
    assert.match(said, /configuring .*\/copy\/build\/cmake anew: it belongs to .*\/first\/build/);
    assert.equal(
      await everything(`${first}/build/cmake`) + await everything(`${first}/build/lib`),
      before,
    );
    assert.equal(builtVersion(copy), 2);
    assert.equal(builtVersion(first), 1);

    await Deno.rename(copy, moved);
    await writeSource(moved, "vision", 3);
    assert.match(await build(moved), /configuring .*\/moved\/build\/cmake anew/);
    assert.equal(builtVersion(moved), 3);
    await assert.rejects(Deno.stat(copy), Deno.errors.NotFound);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("setup configures anew when the compiler is another version, or gone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "setup-" });
  try {
    await makeCheckout(folder);
    const cmake = (await run("find", `${folder}/build/cmake`, "-name", "CMakeCXXCompiler.cmake"))
      .trim();
    const told = await Deno.readTextFile(cmake);
    await Deno.writeTextFile(
      cmake,
      told.replace(/(CMAKE_CXX_COMPILER_VERSION) ".*"/, '$1 "4.0.0"'),
    );
    assert.match(await build(folder), /anew: .* was version 4\.0\.0 and is \d/);

    const cache = `${folder}/build/cmake/CMakeCache.txt`;
    const entries = await Deno.readTextFile(cache);
    await Deno.writeTextFile(
      cache,
      entries.replace(/^(CMAKE_CXX_COMPILER:\w+)=.*$/m, "$1=/usr/bin/c++-of-old"),
    );
    assert.match(
      await build(folder),
      /anew: CMAKE_CXX_COMPILER was \/usr\/bin\/c\+\+-of-old, which is gone/,
    );
    assert.equal(await build(folder), "");
    assert.equal(builtVersion(folder), 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
