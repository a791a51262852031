/**
 * What goes into each executable: the one description that both kinds of build, the list of licences and the
 * bill of materials are made from.
 *
 * @module
 */
import type { PermissionSet } from "../../src/core/mod.ts";
import { permissionSet } from "../executables.ts";

export type ProgramName = "airborne" | "operator";
export const PROGRAMS: readonly ProgramName[] = ["airborne", "operator"];

export type TargetName = "x86_64-unknown-linux-gnu" | "aarch64-unknown-linux-gnu";

export interface Target {
  readonly name: TargetName;
  /** As the npm registry names it, in `cpu` of a package. */
  readonly npmCpu: "x64" | "arm64";
  readonly debianArchitecture: "amd64" | "arm64";
  /** Prefix of the cross tools; "" for this machine's own. */
  readonly tools: string;
  /** The runtime: its npm package, and the SHA-256 of the program in it. */
  readonly runtimePackage: string;
  readonly runtimeSha256: string;
}

/** The runtime that goes inside; another one runs no build. */
export const RUNTIME_VERSION = "2.9.6";

export const TARGETS: Readonly<Record<TargetName, Target>> = {
  "x86_64-unknown-linux-gnu": {
    name: "x86_64-unknown-linux-gnu",
    npmCpu: "x64",
    debianArchitecture: "amd64",
    tools: "",
    runtimePackage: "@deno/linux-x64-glibc",
    runtimeSha256: "bceb5b6a6239b0b010418406d8c77a508f67cf4337d94288f1c19fe71304aab0",
  },
  "aarch64-unknown-linux-gnu": {
    name: "aarch64-unknown-linux-gnu",
    npmCpu: "arm64",
    debianArchitecture: "arm64",
    tools: "aarch64-linux-gnu-",
    runtimePackage: "@deno/linux-arm64-glibc",
    runtimeSha256: "d08d392418df53f4e6e88a08909c0e1bccbf9adcead7232df72b6ad6075ec416",
  },
};

export interface Program {
  readonly name: ProgramName;
  /** Relative to the repository. */
  readonly entry: string;
  /**
   * Modules that may be started as workers; those that the entry reaches are bundles beside its own.
   * A worker that is not named here is refused.
   */
  readonly workers: readonly string[];
  /** Files and folders of the repository, at the same path inside. */
  readonly files: readonly string[];
  /**
   * Packages that stay packages, since they load files of their own; those that a bundle imports are
   * packed. All others are in the bundles.
   */
  readonly packages: readonly KeptPackage[];
  /** Our own native libraries, by name: build/lib/libgdn_NAME.so. */
  readonly libraries: readonly string[];
}

export interface KeptPackage {
  readonly name: string;
  /** Files of it, and of the packages that it needs, that are left out. */
  without(target: Target): RegExp;
  /** Packages that it names and that a running program does not load. */
  readonly unused: readonly string[];
}

/** Of no use in a running program: types, maps, sources, documents (licences stay). */
const NOT_NEEDED =
  /\.(d\.ts|d\.cts|d\.mts|map|md|markdown|flow|cc|h|hpp|gyp)$|^(install|src|script)\//
    .source;

const SHARP: KeptPackage = { name: "sharp", without: () => new RegExp(NOT_NEEDED), unused: [] };

/** Its CommonJS twin and PostgreSQL's extensions, of which the migrations use none. */
const PGLITE: KeptPackage = {
  name: "@electric-sql/pglite",
  without: () =>
    new RegExp(
      `${NOT_NEEDED}|\\.cjs$|\\.tar\\.gz$|^dist/(contrib|live|node-postgres|pg_\\w+|vector|worker)/`,
    ),
  unused: [],
};

/** For one machine instead of six; what fetches GPU libraries at its installation is never loaded. */
const ONNXRUNTIME: KeptPackage = {
  name: "onnxruntime-node",
  without: ({ npmCpu }) =>
    new RegExp(`${NOT_NEEDED}|^bin/napi-v\\d+/(?!linux/${npmCpu}/)|^(lib|__commit)\\.ts$`),
  unused: ["adm-zip", "global-agent"],
};

const WORKERS = [
  "src/flight/flight_recorder/writer_worker.ts",
  "src/navigation/inference/ort_worker.ts",
];

const DESCRIPTIONS: Readonly<Record<ProgramName, Program>> = {
  airborne: {
    name: "airborne",
    entry: "src/airborne/main.ts",
    workers: WORKERS,
    files: [],
    packages: [ONNXRUNTIME],
    libraries: ["vision", "faiss", "device", "camera"],
  },
  operator: {
    name: "operator",
    entry: "src/operator/main.ts",
    workers: WORKERS,
    files: ["migrations"],
    packages: [SHARP, PGLITE, ONNXRUNTIME],
    libraries: ["vision", "faiss", "device"],
  },
};

/**
 * Where the entries of a permission set of deno.json lie inside an executable. null: a folder of the
 * checkout that an executable does not have; its command line names its folders.
 */
const INSIDE: Readonly<Record<string, string | null>> = {
  "build/lib": "build/lib",
  migrations: "migrations",
  // A worker's module is read under the program's own permissions; it is one bundle.
  "src/core": "{bundles}",
  "src/flight/flight_recorder": "{bundles}",
  "src/navigation/inference": "{bundles}",
  "/usr/bin/ldd": "/usr/bin/ldd",
  "/etc/gdn/trust": "/etc/gdn/trust",
  config: null,
  data: null,
  packages: null,
  flights: null,
  maps: null,
};

/** The description of a program. */
export function describe(name: ProgramName): Program {
  return DESCRIPTIONS[name];
}

/** Where the bundles of a program lie inside it. */
export function bundleFolder(name: ProgramName): string {
  return `src/${name}`;
}

/** The program's permission set of deno.json, with its paths as they are inside. */
export function permissionsInside(
  name: ProgramName,
  hasPackages: boolean,
  setName: string = name,
): PermissionSet {
  const set = permissionSet(setName);
  const inside = (kind: "read" | "write" | "ffi", extra: readonly string[] = []) => {
    const own = set[kind] ?? false;
    if (own === true) throw new Error(`deno.json: ${setName} may ${kind} everything`);
    const places = (own || []).map((entry) => placeInside(name, kind, entry));
    return [...new Set([...places.filter((place) => place !== null), ...extra])];
  };
  const kept = hasPackages ? ["node_modules"] : [];
  return {
    ...set,
    read: inside("read", [...kept, "build_info.json"]),
    write: inside("write"),
    ffi: inside("ffi", kept),
  };
}

function placeInside(name: ProgramName, kind: string, entry: string): string | null {
  const place = INSIDE[entry];
  if (place === undefined) {
    throw new Error(
      `deno.json: ${name} may ${kind} ${entry}, and INSIDE of tasks/compile/description.ts does not ` +
        "say where that is in an executable",
    );
  }
  return place === null ? null : place.replace("{bundles}", bundleFolder(name));
}
