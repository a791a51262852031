/**
 * What an executable is: version, commit, kind of build, runtime and native libraries. A build writes it
 * into `build_info.json` at the root of the executable's tree; a checkout has no such file.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { EXIT, GdnError } from "./errors.ts";
import {
  hasNativeLibrary,
  type NativeBuildInfo,
  nativeBuildInfo,
  NativeBuildInfoSchema,
  nativeLibraryPath,
} from "./native_library.ts";
import { VERSION } from "./version.ts";

const PATH = fileURLToPath(new URL("../../build_info.json", import.meta.url));

export const BuildInfoSchema = z.strictObject({
  format: z.literal("gdn-build-info"),
  formatVersion: z.literal(1),
  /** Semver. */
  version: z.string(),
  /** SHA-1 of the commit, 40 hexadecimal digits; null where it is not known. */
  commit: z.string().regex(/^[0-9a-f]{40}$/).nullable(),
  /**
   * `portable`: runtime and bundles behind our own launcher; `compiled`: by `deno compile`;
   * `development`: run from a checkout.
   */
  kind: z.enum(["development", "portable", "compiled"]),
  /** "x86_64-unknown-linux-gnu" */
  target: z.string(),
  runtime: z.strictObject({ deno: z.string(), v8: z.string(), typescript: z.string() }),
  nativeLibraries: z.array(NativeBuildInfoSchema).readonly(),
  /** npm packages with native code: name → version. */
  packages: z.record(z.string(), z.string()),
});
export type BuildInfo = Readonly<z.infer<typeof BuildInfoSchema>>;

/** What an executable says of itself is not what is in it: it was put together wrongly. */
class BuildMismatchError extends GdnError {
  constructor(differences: readonly string[]) {
    super(
      "BUILD_MISMATCH",
      `Cannot vouch for this build: what is in it differs from build_info.json:\n  ${
        differences.join("\n  ")
      }\nInstall it again`,
      { exitCode: EXIT.software },
    );
  }
}

/**
 * What was written when the executable was built, and what a checkout knows of itself otherwise. Opens
 * no library: `nativeLibraries` of a checkout is empty.
 */
export function readBuildInfo(path: string = PATH): BuildInfo {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    // A checkout has no such file, and its permission sets do not name it.
    const isCheckout = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotCapable;
    if (isCheckout) return developmentInfo();
    throw error;
  }
  return BuildInfoSchema.parse(JSON.parse(text));
}

function developmentInfo(): BuildInfo {
  return {
    format: "gdn-build-info",
    formatVersion: 1,
    version: VERSION,
    commit: null,
    kind: "development",
    target: Deno.build.target,
    runtime: runtimeHere(),
    nativeLibraries: [],
    packages: {},
  };
}

function runtimeHere(): BuildInfo["runtime"] {
  const { deno, v8, typescript } = Deno.version;
  return { deno, v8, typescript };
}

/**
 * Opens every library and holds it, the runtime and the version against what was written. Of a checkout
 * the libraries that were built are asked.
 *
 * @throws BuildMismatchError that lists every difference
 */
export function checkedBuildInfo(libraries: readonly string[], path?: string): BuildInfo {
  const info = readBuildInfo(path);
  const there = info.kind === "development" ? libraries.filter((name) => hasNativeLibrary(name)) : [
    ...new Set([...libraries, ...info.nativeLibraries.map(({ name }) => name)]),
  ];
  const found = {
    ...info,
    version: VERSION,
    target: Deno.build.target,
    runtime: runtimeHere(),
    nativeLibraries: there.map((name) => nativeBuildInfo(name, nativeLibraryPath(name))),
  };
  const differences = info.kind === "development" ? [] : differencesOf(info, found);
  if (differences.length > 0) throw new BuildMismatchError(differences);
  return found;
}

function differencesOf(written: BuildInfo, found: BuildInfo): string[] {
  const flat = (info: BuildInfo) => {
    const libraries = info.nativeLibraries.map((library: NativeBuildInfo) =>
      [`library ${library.name}`, library] as const
    );
    return Object.fromEntries([
      ["version", info.version],
      ["target", info.target],
      ["runtime", info.runtime],
      ...libraries,
    ].map(([name, value]) => [name, JSON.stringify(value) as string | undefined]));
  };
  const [before, now] = [flat(written), flat(found)];
  return [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => before[name] !== now[name])
    .map((name) =>
      `${name}: ${before[name] ?? "nothing"} was written, ${now[name] ?? "nothing"} is there`
    );
}

/** For people; the first line is the program's name and version alone. */
function versionText(program: string, info: BuildInfo): string {
  const { commit, kind, target, runtime: { deno, v8, typescript }, packages } = info;
  const build = kind === "development"
    ? "run from a checkout"
    : `commit ${commit ?? "unknown"}, ${kind} build`;
  return [
    `${program} ${info.version}`,
    `${build}, ${target}`,
    `Deno ${deno}, V8 ${v8}, TypeScript ${typescript}`,
    ...info.nativeLibraries.map(({ name, abiVersion, compiler, flags, builtFrom }) =>
      `lib${name}: ABI ${abiVersion}; ${
        [...Object.entries(builtFrom).map(([part, version]) => `${part} ${version}`), compiler]
          .join(", ")
      }; ${flags}`
    ),
    ...Object.entries(packages).map(([name, version]) => `npm ${name} ${version}`),
  ].join("\n");
}

/**
 * What `--version` prints; as JSON it is checked first.
 *
 * @throws BuildMismatchError of `json`
 */
export function describeVersion(
  program: string,
  libraries: readonly string[],
  json: boolean,
): string {
  if (json) return JSON.stringify({ program, ...checkedBuildInfo(libraries) });
  return versionText(program, readBuildInfo());
}
