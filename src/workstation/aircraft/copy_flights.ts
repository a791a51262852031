/**
 * Copies what flights left on an aircraft: nothing without its SHA-256, nothing twice.
 *
 * @module
 */
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import {
  bytesText,
  EXIT,
  FolderLock,
  nullIfAbsent,
  removeIfPresent,
  sha256OfFile,
  syncPath,
} from "../../core/mod.ts";
import { shellWord } from "./shell.ts";
import { AircraftError, askThere, type SshAccess, transfer } from "./ssh.ts";

export interface RemoteFile {
  /** Relative to the aircraft's folder, plain names: "flights/ID/segment_0000.mcap". */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

interface Listing {
  readonly files: readonly RemoteFile[];
  /** Of names that are not plain: named, and left there. */
  readonly leftOut: readonly string[];
}

/** Letters that mean the same to every shell, to sftp and to a file system. */
const PLAIN = /^(?:[A-Za-z0-9_][\w.-]*\/){0,6}[A-Za-z0-9_][\w.-]*$/;
/**
 * What `operator collect` knows: journals, segments, pictures of tiles in a flight's own folder. The tiles of
 * packages lie deeper, and were here before.
 */
const FLIGHT_FOLDER = "????????-????-????-????-????????????";
const WANTED = "-name lost+found -prune -o -type f " +
  `\\( -name '*.journal' -o -name '*.mcap' -o -path '*/${FLIGHT_FOLDER}/tiles/*.jpg' \\)`;

/** Sizes and hashes of what flights left there. @throws AircraftError */
export async function listFlights(access: SshAccess, signal: AbortSignal): Promise<Listing> {
  const find = `find . -xdev ${WANTED} -print0`;
  // A folder that it may not read must not be passed over: a pipe tells its last command's end alone.
  const script = `cd ${shellWord(access.address.folder)} && ${find} >/dev/null && ` +
    `${find} | xargs -0 -r stat -c '%s %n' && echo && ${find} | xargs -0 -r sha256sum`;
  const { text } = await askThere(access, script, signal);
  const [sizes, hashes] = text.split(/\n\n|^\n/, 2);
  const bytesOf = new Map<string, number>();
  for (const [, bytes, path] of sizes.matchAll(/^(\d+) \.\/(.+)$/gm)) {
    bytesOf.set(path, Number(bytes));
  }
  const files: RemoteFile[] = [];
  const leftOut: string[] = [];
  for (const line of (hashes ?? "").split("\n").filter((each) => each !== "")) {
    const [, sha256, path] = /^([0-9a-f]{64}) [ *]\.\/(.+)$/.exec(line) ?? [];
    const bytes = bytesOf.get(path);
    if (bytes !== undefined && PLAIN.test(path)) files.push({ path, bytes, sha256 });
    else leftOut.push(path ?? line);
  }
  return { files: files.sort((a, b) => a.path < b.path ? -1 : 1), leftOut: leftOut.sort() };
}

interface CopyTools {
  /** Folder that keeps what has come, whole or in part. */
  readonly staging: string;
  /** Another place in which a file may be already; null: there is none. */
  readonly kept: (file: RemoteFile) => string | null;
  readonly progress: (doneBytes: number) => void;
  readonly signal: AbortSignal;
}

interface Copied {
  readonly copied: number;
  readonly there: number;
  readonly bytes: number;
}

/** What one batch of sftp holds: a killed command's sftp goes on to the end of its batch. */
const BATCH_FILES = 64, BATCH_BYTES = 256e6;
const PROGRESS_MS = 500;
const TRIES = 2;

/**
 * Whole files stand in `staging` under their own names, what has come in part under `NAME.part`; sftp goes
 * on with those.
 *
 * @throws AircraftError 75 where the connection breaks or a file changes meanwhile; FolderLockedError 75
 */
export async function copyFlights(
  access: SshAccess,
  files: readonly RemoteFile[],
  tools: CopyTools,
): Promise<Copied> {
  const { staging } = tools;
  await Deno.mkdir(staging, { recursive: true });
  using _lock = await FolderLock.alone(`${staging}/copy.lock`);
  const missing: RemoteFile[] = [];
  for (const file of files) {
    tools.signal.throwIfAborted();
    if (!await isHere(file, tools)) missing.push(file);
  }
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = totalBytes - missing.reduce((sum, { bytes }) => sum + bytes, 0);
  const transferred = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  await requireRoom(staging, transferred);
  for (const batch of batches(missing)) {
    await fetchBatch(access, batch, tools, doneBytes);
    doneBytes += batch.reduce((sum, { bytes }) => sum + bytes, 0);
    tools.progress(doneBytes);
  }
  return { copied: missing.length, there: files.length - missing.length, bytes: transferred };
}

/** Before the first byte: a copy that fills the disk to the brim helps nobody. */
async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (bytes <= freeBytes) return;
  throw new AircraftError(
    "AIRCRAFT",
    `Cannot copy ${bytesText(bytes)} from the aircraft: ${
      bytesText(freeBytes)
    } are free at ${folder}; ` +
      "make room, or name another disk with --data",
    { exitCode: EXIT.io },
  );
}

async function isHere(file: RemoteFile, { staging, kept }: CopyTools): Promise<boolean> {
  for (const path of [`${staging}/${file.path}`, kept(file)]) {
    if (path === null) continue;
    const info = await nullIfAbsent(Deno.stat(path));
    if (info?.size === file.bytes && await sha256OfFile(path) === file.sha256) return true;
  }
  return false;
}

function* batches(files: readonly RemoteFile[]): Generator<RemoteFile[]> {
  let batch: RemoteFile[] = [], bytes = 0;
  for (const file of files) {
    if (batch.length >= BATCH_FILES || (batch.length > 0 && bytes + file.bytes > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.bytes;
  }
  if (batch.length > 0) yield batch;
}

async function fetchBatch(
  access: SshAccess,
  files: readonly RemoteFile[],
  tools: CopyTools,
  doneBytes: number,
): Promise<void> {
  let left = [...files];
  for (let tries = 0; left.length > 0; tries++) {
    if (tries === TRIES) {
      throw new AircraftError(
        "AIRCRAFT_CHANGED",
        `${left[0].path} is another file than a moment ago: is it still being written? Run the ` +
          "command again after the landing",
        { exitCode: EXIT.tryAgain },
      );
    }
    using _watch = watch(files, tools, doneBytes);
    await transfer(access, await commands(access, left, tools.staging), tools.signal);
    const wrong: RemoteFile[] = [];
    for (const file of left) if (!await accept(file, tools.staging)) wrong.push(file);
    left = wrong;
  }
}

/** `get -a` goes on with what has come, `-f` has it on the disk at the end. */
async function commands(
  { address: { folder } }: SshAccess,
  files: readonly RemoteFile[],
  staging: string,
): Promise<string[]> {
  const lines: string[] = [];
  for (const { path, bytes } of files) {
    const part = `${staging}/${path}.part`;
    await Deno.mkdir(dirname(part), { recursive: true });
    const partBytes = (await nullIfAbsent(Deno.stat(part)))?.size ?? 0;
    // sftp refuses to go on where there is nothing to come.
    if (partBytes >= bytes) await removeIfPresent(part);
    lines.push(`get -af ${quoted(`${folder}/${path}`)} ${quoted(part)}`);
  }
  return lines;
}

/** Names are plain, a folder of ours may hold anything: sftp(1) knows quotes and backslashes. */
function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, "\\$&")}"`;
}

/** Right: under its own name. Wrong: it begins anew. */
async function accept({ path, sha256 }: RemoteFile, staging: string): Promise<boolean> {
  const part = `${staging}/${path}.part`;
  if (await sha256OfFile(part) !== sha256) {
    await removeIfPresent(part);
    return false;
  }
  await Deno.rename(part, `${staging}/${path}`);
  await syncPath(dirname(`${staging}/${path}`));
  return true;
}

function watch(
  files: readonly RemoteFile[],
  { staging, progress }: CopyTools,
  doneBytes: number,
): Disposable {
  const timer = setInterval(() => {
    let bytes = doneBytes;
    for (const { path } of files) {
      try {
        bytes += Deno.statSync(`${staging}/${path}.part`).size;
      } catch {
        // Not begun, or whole already.
      }
    }
    progress(bytes);
  }, PROGRESS_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
