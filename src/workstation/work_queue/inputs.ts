/**
 * What jobs need beside their payload: files named by their SHA-256 in a folder of their run. A worker reads
 * them from that folder (shared), or over HTTP from the machine that has it, and uses none that it has not
 * hashed.
 *
 * @module
 */
import {
  EXIT,
  GdnError,
  messageOf,
  NotPlainFileError,
  pause,
  readPlainFile,
  sha256Hex,
  temporaryPathFor,
} from "../../core/mod.ts";
import { JobRefusedError, Sha256Schema } from "./payload.ts";

/** The document of a run: all its tiles by name, some 100 bytes each. */
export const DOCUMENT_BYTES_MAX = 512 << 20;
/** A connection over which nothing came for so long is dead. */
const SILENCE_MS_MAX = 30_000;
/** A server that does not answer is waited for that long within one attempt of a job. */
const WAIT_MS_MAX = 300_000;
const RETRY_MS = 1000;

/** The token that both ends of HTTP know. */
export const TOKEN_VARIABLE = "GDN_WORKERS_TOKEN";
const TOKEN_LENGTH_MIN = 16;

/** The inputs of one run, being handed in. */
export class InputFolder {
  readonly #path: string;

  /** `root`: the folder of all runs. */
  constructor(root: string, run: string) {
    this.#path = `${root}/${run}`;
  }

  /** Keeps a file and returns its name. */
  async put(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
    const sha256 = sha256Hex(bytes);
    const path = `${this.#path}/${sha256}`;
    if (await holds(path, sha256, bytes.length)) return sha256;
    await Deno.mkdir(this.#path, { recursive: true });
    // Not synced: who reads it hashes it, and the same command writes it again.
    const temporary = temporaryPathFor(path);
    await Deno.writeFile(temporary, bytes);
    await Deno.rename(temporary, path);
    return sha256;
  }

  async remove(): Promise<void> {
    await Deno.remove(this.#path, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

/** Whether the file is there, whole: one that was altered is written anew. */
async function holds(path: string, sha256: string, bytesMax: number): Promise<boolean> {
  try {
    return sha256Hex(await readPlainFile(path, { bytesMax })) === sha256;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof NotPlainFileError) return false;
    throw error;
  }
}

export interface InputSource {
  /** For messages. */
  readonly name: string;
  /** @throws GdnError where it cannot be used at all, such as with a wrong token */
  check(): Promise<void>;
  /**
   * A file of that hash, of at most so many bytes.
   *
   * @throws JobRefusedError for bytes of another hash, too many, or a name that is none
   */
  read(run: string, sha256: string, bytesMax: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** `run` and `sha256` have been read from a job or a document. */
async function hashed(
  sha256: string,
  reading: () => Promise<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!Sha256Schema.safeParse(sha256).success) {
    throw new JobRefusedError(`${JSON.stringify(sha256)} is no SHA-256`);
  }
  const bytes = await reading();
  const found = sha256Hex(bytes);
  if (found === sha256) return bytes;
  throw new JobRefusedError(`the input ${sha256} has the SHA-256 ${found}: it was altered`);
}

/** A folder that all machines see. */
export function sharedFolder(root: string): InputSource {
  return {
    name: root,
    async check() {
      const { isDirectory } = await Deno.stat(root);
      if (!isDirectory) throw new NotPlainFileError(root, "is no folder");
    },
    read: (run, sha256, bytesMax) =>
      hashed(sha256, async () => {
        try {
          return await readPlainFile(`${root}/${run}/${sha256}`, { within: root, bytesMax });
        } catch (error) {
          if (error instanceof NotPlainFileError) {
            throw new JobRefusedError(messageOf(error), { cause: error });
          }
          throw error;
        }
      }),
  };
}

/** The token of the environment. @throws GdnError 77 where there is none, or a short one */
export function workersToken(): string {
  const token = Deno.env.get(TOKEN_VARIABLE) ?? "";
  if (token.length >= TOKEN_LENGTH_MIN) return token;
  throw new GdnError(
    "NO_TOKEN",
    `Cannot speak HTTP: ${TOKEN_VARIABLE} must hold the token that both ends know, ` +
      `${TOKEN_LENGTH_MIN} characters at least`,
    { exitCode: EXIT.refused },
  );
}

interface HttpInputsOptions {
  /** Ends with "/". */
  readonly url: string;
  readonly token: string;
  readonly note: (line: string) => void;
  /** Ends the waiting for a server that does not answer. */
  readonly signal: AbortSignal;
}

/** `operator jobs serve` on another machine. It waits, with a message, for one that does not answer. */
export function httpInputs(options: HttpInputsOptions): InputSource {
  const { url } = options;
  return {
    name: url.startsWith("http:") ? `${url} (not encrypted)` : url,
    async check() {
      await patiently(() => received("", 0, options), options);
    },
    read: (run, sha256, bytesMax) =>
      hashed(
        sha256,
        () => patiently(() => received(`${run}/${sha256}`, bytesMax, options), options),
      ),
  };
}

/** For as long as an answer may still come: then the attempt has failed, and another worker may do better. */
async function patiently<T>(
  work: () => Promise<T>,
  { url, note, signal }: HttpInputsOptions,
): Promise<T> {
  const endMs = performance.now() + WAIT_MS_MAX;
  for (let waits = false;;) {
    try {
      const result = await work();
      if (waits) note(`${url} answers again`);
      return result;
    } catch (error) {
      if (error instanceof GdnError) throw error;
      if (performance.now() >= endMs) {
        throw new GdnError("NO_INPUT", `Cannot read inputs from ${url}: ${messageOf(error)}`, {
          cause: error,
          exitCode: EXIT.unavailable,
        });
      }
      if (!waits) {
        note(`${url} does not answer, or cuts its answer off (${messageOf(error)}): waiting`);
      }
      waits = true;
      await pause(RETRY_MS, signal);
      signal.throwIfAborted();
    }
  }
}

/** One answer. @throws GdnError where the server refuses; any other error where the connection fails */
async function received(
  path: string,
  bytesMax: number,
  { url, token }: HttpInputsOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const silence = new AbortController();
  const cut = () => silence.abort(new Error(`nothing came for ${SILENCE_MS_MAX / 1000} s`));
  let timer = setTimeout(cut, SILENCE_MS_MAX);
  try {
    const response = await fetch(new URL(path, url), {
      headers: { authorization: `Bearer ${token}` },
      redirect: "error",
      signal: silence.signal,
    });
    if (!response.ok) {
      await response.body?.cancel();
      throw refusal(response.status, path, url);
    }
    const parts: BlobPart[] = [];
    let bytes = 0;
    for await (const part of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(cut, SILENCE_MS_MAX);
      bytes += part.length;
      if (bytes > bytesMax) {
        throw new JobRefusedError(`an input has more than the ${bytesMax} bytes that it may have`);
      }
      parts.push(part);
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  } finally {
    clearTimeout(timer);
  }
}

function refusal(status: number, path: string, url: string): GdnError {
  const isRefused = status === 401;
  return new GdnError(
    isRefused ? "WRONG_TOKEN" : "NO_INPUT",
    isRefused
      ? `Cannot read inputs from ${url}: it refuses our token; set ${TOKEN_VARIABLE} as there`
      : `Cannot read ${path} from ${url}: it answers ${status}`,
    { exitCode: isRefused ? EXIT.refused : EXIT.unavailable },
  );
}
