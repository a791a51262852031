/**
 * What the commands of engines share: the files of a folder or a package, each held against the gate.
 *
 * @module
 */
import { basename } from "node:path";
import { bytesText, exists, messageOf, option, sha256OfFile, UsageError } from "../../core/mod.ts";
import {
  type Manifest,
  MODEL_FOLDER,
  PACKAGE_PATHS,
  readManifest,
} from "../../flight/flight_package/mod.ts";
import {
  EngineDeserializeError,
  type EngineHost,
  EngineNameError,
  hostDifferences,
  parseEngineName,
  readEngine,
} from "../../navigation/inference/mod.ts";

/** The parts that the composition root passes to the commands. */
export interface EngineParts {
  /** GPU, JetPack and TensorRT of this host. @throws RuntimeNotAvailableError */
  host(): Promise<EngineHost>;
}

export const ENGINES_ARGUMENT = {
  path: option.path({
    access: "read",
    placeholder: "FOLDER|PACKAGE",
    required: true,
    help: "folder of engines, or flight package",
  }),
} as const;

export const HOST_OPTION = {
  host: option.text({
    help: "the host that is to fly them, as in an engine's name: sm87.jp6.2.trt10.3.0",
    absent: "this host, where TensorRT is installed",
  }),
} as const;

interface ModelFile {
  readonly file: string;
  readonly model: string;
  readonly bytes: number;
  /** Null for an ONNX model, which every host may load. */
  readonly precision: string | null;
  /** Whether the host may load it; null: not known which host. */
  readonly matchesHost: boolean | null;
  /** `unlisted`: nothing says what its bytes must be. */
  readonly hash: "right" | "wrong" | "unlisted";
  /** Why it would be refused; null: it may fly. */
  readonly refusal: string | null;
}

/** The host of --host, else this one, else null. @throws UsageError */
export async function hostOf(
  text: string | undefined,
  parts: EngineParts,
): Promise<EngineHost | null> {
  if (text === undefined) return await parts.host().catch(() => null);
  try {
    const { sm, jetpack, tensorrt } = parseEngineName(`model.${text}.fp32.engine`);
    return { sm, jetpack, tensorrt };
  } catch {
    throw new UsageError(`--host: "${text}" is no host; expected the form sm87.jp6.2.trt10.3.0`);
  }
}

/** Models and engines of a folder or a package, by name. @throws PackageError */
export async function readModelFiles(path: string, host: EngineHost | null): Promise<ModelFile[]> {
  const isPackage = await exists(`${path}/${PACKAGE_PATHS.manifest}`);
  const listed = isPackage ? (await readManifest(path)).files : undefined;
  const folder = isPackage ? `${path}/${MODEL_FOLDER}` : path;
  if (isPackage && !await exists(folder)) return [];
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && /\.(engine|onnx)$/.test(name)) names.push(name);
  }
  const files: ModelFile[] = [];
  for (const name of names.sort()) {
    files.push(
      name.endsWith(".onnx")
        ? await readModelFile(`${folder}/${name}`, listed)
        : await readEngineFile(`${folder}/${name}`, host, listed),
    );
  }
  return files;
}

function listedHash(path: string, listed: Manifest["files"] | undefined): string | undefined {
  return listed?.find((file) => file.path === `${MODEL_FOLDER}/${basename(path)}`)?.sha256;
}

async function readModelFile(
  path: string,
  listed: Manifest["files"] | undefined,
): Promise<ModelFile> {
  const file = basename(path), expected = listedHash(path, listed);
  const isRight = expected === undefined || await sha256OfFile(path) === expected;
  const refusal = listed !== undefined && expected === undefined
    ? `Cannot load ${file}: the package does not list it`
    : isRight
    ? null
    : `Cannot load ${file}: its SHA-256 is not the package's`;
  const hash = expected === undefined ? "unlisted" : isRight ? "right" : "wrong";
  const { size: bytes } = await Deno.stat(path);
  const model = file.slice(0, -".onnx".length);
  return { file, model, bytes, precision: null, matchesHost: true, hash, refusal };
}

async function readEngineFile(
  path: string,
  host: EngineHost | null,
  listed: Manifest["files"] | undefined,
): Promise<ModelFile> {
  const file = basename(path);
  const { size: bytes } = await Deno.stat(path);
  const refused = { file, model: file, bytes, precision: null, matchesHost: false };
  try {
    const name = parseEngineName(file);
    const matchesHost = host === null ? null : hostDifferences(name, host).length === 0;
    const known = { ...refused, model: name.model, precision: name.precision, matchesHost };
    // Everything but the host is checked first: an engine of another host has a hash too.
    const sha256 = listedHash(path, listed);
    try {
      await readEngine({ path, ...(sha256 === undefined ? {} : { sha256 }) }, name);
    } catch (error) {
      if (!(error instanceof EngineDeserializeError)) throw error;
      const hash = error.code === "ENGINE_SIDECAR_MISSING" ? "unlisted" : "wrong";
      return { ...known, hash, refusal: error.message };
    }
    const differences = host === null ? [] : hostDifferences(name, host);
    const refusal = differences.length === 0
      ? null
      : `Cannot load ${file}: it was built for ${differences.join(", ")}`;
    return { ...known, hash: "right", refusal };
  } catch (error) {
    if (!(error instanceof EngineNameError)) throw error;
    return { ...refused, hash: "unlisted", refusal: `Cannot load ${messageOf(error)}` };
  }
}

/** One line for people. */
export function modelFileText(each: ModelFile): string {
  const host = each.matchesHost === null ? "host?" : each.matchesHost ? "host ok" : "other host";
  const kind = each.precision ?? (each.file.endsWith(".onnx") ? "onnx" : "-");
  return [
    each.file.padEnd(48),
    kind.padEnd(5),
    bytesText(each.bytes).padStart(9),
    host.padEnd(10),
    `hash ${each.hash}`,
  ].join("  ");
}

/** What is in a host's name. */
export function hostText({ sm, jetpack, tensorrt }: EngineHost): string {
  return `sm${sm}.jp${jetpack}.trt${tensorrt}`;
}
