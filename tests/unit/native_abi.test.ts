import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import type { NativeAbi } from "../../src/core/mod.ts";
import { cameraAbi, cameraSymbols } from "../../src/native/camera/symbols.ts";
import { deviceAbi, deviceSymbols } from "../../src/native/device/symbols.ts";
import { faissAbi, faissSymbols } from "../../src/native/faiss/symbols.ts";
import { gtsamAbi, gtsamSymbols } from "../../src/native/gtsam/symbols.ts";
import { tensorrtAbi, tensorrtSymbols } from "../../src/native/tensorrt/symbols.ts";
import { visionAbi, visionSymbols } from "../../src/native/vision/library.ts";
import { REPOSITORY } from "../support/paths.ts";

/** Every native library with the table of symbols that its bindings open, and what opening checks. */
const LIBRARIES: Readonly<Record<string, [Deno.ForeignLibraryInterface, NativeAbi]>> = {
  camera: [cameraSymbols, cameraAbi],
  device: [deviceSymbols, deviceAbi],
  faiss: [faissSymbols, faissAbi],
  gtsam: [gtsamSymbols, gtsamAbi],
  tensorrt: [tensorrtSymbols, tensorrtAbi],
  vision: [visionSymbols, visionAbi],
};

/** Built where TensorRT or GTSAM is installed: the ABI is also that of what stands for them in tests. */
const STAND_INS: Readonly<Record<string, readonly string[]>> = {
  gtsam: ["test_lib/libgdn_gtsam_reference.so", "test_lib/libgdn_gtsam_unstable.so"],
  tensorrt: ["test_lib/libgdn_tensorrt_reference.so"],
};

/** Those of a name that were built here. */
function builtLibraries(name: string): readonly string[] {
  return [`lib/libgdn_${name}.so`, ...STAND_INS[name] ?? []]
    .map((path) => `${REPOSITORY}/build/${path}`).filter((path) => existsSync(path));
}

interface Declaration {
  readonly result: string;
  readonly parameters: readonly string[];
}

/** Types of the C side as FFI names; a pointer is "buffer". */
const FFI_TYPES: Readonly<Record<string, string>> = {
  void: "void",
  int32_t: "i32",
  uint32_t: "u32",
  int64_t: "i64",
  uint64_t: "u64",
  float: "f32",
  double: "f64",
};

function ffiType(text: string, withName: boolean): string {
  if (text.includes("*") || text.includes("[")) return "buffer";
  const words = text.replace(/\bconst\b/g, "").trim().split(/\s+/);
  if (withName && words.length > 1) words.pop();
  const type = FFI_TYPES[words.join(" ")];
  assert.ok(type, `the C type "${text}" has no fixed width, or this test does not know it`);
  return type;
}

/** The headers of a folder without their comments. */
function headers(folder: string): string[] {
  return [...Deno.readDirSync(`${REPOSITORY}/ffi/${folder}`)]
    .filter((entry) => entry.name.endsWith(".h"))
    .map((entry) =>
      Deno.readTextFileSync(`${REPOSITORY}/ffi/${folder}/${entry.name}`)
        .replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "")
    );
}

/** The GDN_API declarations of a folder's headers. */
function declarations(folder: string): Map<string, Declaration> {
  const found = new Map<string, Declaration>();
  for (const text of headers(folder)) {
    for (const [, result, name, list] of text.matchAll(/GDN_API\s+([\w*\s]+?)(\w+)\(([^)]*)\);/g)) {
      const parameters = list.trim() === "" || list.trim() === "void"
        ? []
        : list.split(",").map((parameter) => ffiType(parameter, true));
      found.set(name, { result: ffiType(result, false), parameters });
    }
  }
  return found;
}

const LINKER_SYMBOLS = ["__bss_start", "_edata", "_end", "_init", "_fini"];

/** Strong symbols that a built library exports. */
async function exported(path: string): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command("nm", {
    args: ["-D", "--defined-only", path],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  // Weak C++ symbols (V, W, u) stay visible whatever the visibility is; they are not part of the API.
  return new TextDecoder().decode(stdout).trim().split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, kind]) => "TDBR".includes(kind)).map(([, , symbol]) => symbol).sort();
}

Deno.test("every library of ffi/ has its line in this test", () => {
  const folders = [...Deno.readDirSync(`${REPOSITORY}/ffi`)]
    .filter((entry) => entry.isDirectory && entry.name !== "common").map((entry) => entry.name)
    // The launcher is a program, and so is the odometry child: what they are told is no library's interface.
    .filter((name) => declarations(name).size > 0);
  assert.deepEqual(folders.sort(), Object.keys(LIBRARIES).sort());
});

for (const [name, [symbols, abi]] of Object.entries(LIBRARIES)) {
  Deno.test(`libgdn_${name} exports what its headers declare, and nothing else`, async () => {
    const declared = [...declarations(name).keys()].sort();
    assert.ok(declared.length > 0);
    const paths = builtLibraries(name);
    assert.ok(paths.length > 0);
    for (const path of paths) {
      const strong = (await exported(path)).filter((symbol) => !LINKER_SYMBOLS.includes(symbol));
      assert.deepEqual(strong, declared, path);
    }
  });

  Deno.test(`the symbol table of ${name} has the types of its headers`, () => {
    const declared = declarations(name);
    assert.ok(declared.delete(`gdn_${name}_build_info`), "nativeBuildInfo() asks for it");
    for (const asked of [abi.symbol, ...Object.keys(abi.structBytes)]) {
      assert.ok(declared.delete(asked), `${asked} is asked for by openNativeLibrary()`);
    }
    const bound = new Set<string>();
    for (const [key, definition] of Object.entries(symbols)) {
      // A symbol may be bound twice, blocking and not: the second time under a key of its own.
      const { parameters, result, name: symbol = key } = definition as Deno.ForeignFunction;
      assert.deepEqual({ result, parameters: [...parameters] }, declared.get(symbol), key);
      bound.add(symbol);
    }
    assert.deepEqual([...bound].sort(), [...declared.keys()].sort());
  });

  Deno.test(`opening ${name} checks the size of every struct of its headers`, () => {
    const structs = headers(name).flatMap((text) =>
      [...text.matchAll(/struct gdn_(\w+)\s*\{/g)].map(([, struct]) => `gdn_sizeof_${struct}`)
    );
    assert.deepEqual(Object.keys(abi.structBytes).sort(), structs.sort());
  });
}
