/**
 * The gate before every runtime: an engine of another host, of other bytes than its sidecar and the
 * flight package say, or without a sidecar never reaches it. What the gate has checked is what the
 * runtime gets: the file is read once.
 *
 * @module
 */
import { basename } from "node:path";
import {
  EXIT,
  messageOf,
  NotPlainFileError,
  parseBoundedJson,
  readPlainFile,
  readPlainTextFile,
} from "../../core/mod.ts";
import type { EngineEntry } from "./contract.ts";
import {
  type EngineHost,
  EngineNameError,
  hostDifferences,
  parseEngineName,
} from "./engine_name.ts";
import {
  type EngineSidecar,
  EngineSidecarSchema,
  sha256Of,
  sidecarPath,
} from "./engine_sidecar.ts";
import {
  EngineDeserializeError,
  EngineHashMismatchError,
  EngineHostMismatchError,
  EngineSchemaMismatchError,
  EngineSidecarMissingError,
  EngineTruncatedError,
} from "./errors.ts";

/** No file of Protocol Buffers is larger, so no ONNX model; engines are held to the same. */
export const MODEL_BYTES_MAX = 2 ** 31;
/** A sidecar has about 300 bytes. */
const SIDECAR_BYTES_MAX = 2 ** 16;

/** An engine of TensorRT, by its ending: it passes the gate; a model does not. */
export function isEngineFile(path: string): boolean {
  return path.endsWith(".engine");
}

/**
 * Reads an engine that this host may load. The name is checked first, then the sidecar, size and hash.
 *
 * @throws EngineSchemaMismatchError for a name or sidecar that does not follow the schema
 * @throws EngineHostMismatchError for an engine of another GPU, JetPack or TensorRT
 * @throws EngineSidecarMissingError, EngineTruncatedError, EngineHashMismatchError
 * @throws EngineDeserializeError when the file cannot be read, is no plain file or larger than a model can be
 */
export async function readEngine(
  entry: EngineEntry,
  host: EngineHost,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly sidecar: EngineSidecar }> {
  const file = basename(entry.path);
  checkName(file, host);
  const sidecar = await readSidecar(entry.path, file);
  const bytes = await readBytes(entry.path);
  if (bytes.length !== sidecar.bytes) {
    throw new EngineTruncatedError(
      `Cannot load ${file}: it has ${bytes.length} bytes, its sidecar says ${sidecar.bytes}; ` +
        "copy it again",
    );
  }
  checkHash(file, sha256Of(bytes), sidecar.sha256, "its sidecar");
  if (entry.sha256 !== undefined) {
    checkHash(file, sidecar.sha256, entry.sha256, "the flight package");
  }
  return { bytes, sidecar };
}

/**
 * Reads an ONNX model: every host may load it. Where its SHA-256 is known its bytes must have it.
 *
 * @throws EngineHashMismatchError, EngineDeserializeError
 */
export async function readModel(
  path: string,
  expected?: { readonly sha256: string; readonly from: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readBytes(path);
  if (expected !== undefined) {
    checkHash(basename(path), sha256Of(bytes), expected.sha256, expected.from);
  }
  return bytes;
}

function checkName(file: string, host: EngineHost): void {
  let differences: string[];
  try {
    differences = hostDifferences(parseEngineName(file), host);
  } catch (error) {
    if (!(error instanceof EngineNameError)) throw error;
    throw new EngineSchemaMismatchError(`Cannot load ${error.message}`, { cause: error });
  }
  if (differences.length === 0) return;
  throw new EngineHostMismatchError(
    `Cannot load ${file}: it was built for ${differences.join(", ")}; ` +
      "build it on this host (operator engines build)",
  );
}

async function readSidecar(path: string, file: string): Promise<EngineSidecar> {
  const from = sidecarPath(path);
  let text: string;
  try {
    text = await readPlainTextFile(from, { bytesMax: SIDECAR_BYTES_MAX });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw unreadable(from, error);
    throw new EngineSidecarMissingError(
      `Cannot load ${file}: its sidecar ${basename(from)} is missing; copy both, or build it again`,
    );
  }
  const malformed = (why: string, cause?: unknown) =>
    new EngineSchemaMismatchError(`Cannot load ${file}: its sidecar ${why}`, { cause });
  let value: unknown;
  try {
    value = parseBoundedJson(text);
  } catch (error) {
    throw malformed(`is not JSON (${messageOf(error)})`, error);
  }
  const parsed = EngineSidecarSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw malformed(`does not follow schema 1: ${issue.path.join(".")} ${issue.message}`);
  }
  if (parsed.data.file !== file) throw malformed(`is that of ${parsed.data.file}`);
  return parsed.data;
}

async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readPlainFile(path, { bytesMax: MODEL_BYTES_MAX });
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): EngineDeserializeError {
  const reason = error instanceof NotPlainFileError ? error.reason : messageOf(error);
  return new EngineDeserializeError(`Cannot load ${basename(path)}: ${reason}`, {
    cause: error,
    ...(error instanceof Deno.errors.NotFound ? { exitCode: EXIT.noInput } : {}),
  });
}

function checkHash(file: string, found: string, expected: string, who: string): void {
  if (found === expected) return;
  throw new EngineHashMismatchError(
    `Cannot load ${file}: its SHA-256 is ${found}, ${who} says ${expected}`,
  );
}
