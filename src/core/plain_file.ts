/**
 * Opens files that others may have put there: a flight's folder, a card that came back, a folder that
 * other users can write. A link leads out of what the program may see, a named pipe never answers, a
 * device does something. So: plain files alone, inside the folder that was named, of bounded size; and
 * files of our own are never opened through a link.
 *
 * Between looking at a name and opening it another process can exchange the file: what was opened is
 * compared with what was looked at before it is used.
 *
 * @module
 */
import { DataError } from "./errors.ts";
import { nullIfAbsent } from "./files.ts";

/** What stands at a path is not to be opened: exit code 65. */
export class NotPlainFileError extends DataError {
  /** The message without the path. */
  readonly reason: string;
  constructor(path: string, reason: string) {
    super(path, reason);
    this.reason = reason;
  }
}

interface PlainFileOptions {
  /** The file must lie below this folder, after all links are followed. */
  readonly within?: string;
}

/**
 * Opens a file for reading.
 *
 * @throws NotPlainFileError; errors of the file system
 */
export async function openPlainFile(
  path: string,
  { within }: PlainFileOptions = {},
): Promise<Deno.FsFile> {
  if (within !== undefined) await requireInside(path, within);
  const seen = await Deno.stat(path);
  requirePlain(path, seen);
  return await sameFile(path, await Deno.open(path, { read: true }), seen);
}

/**
 * All bytes of a file.
 *
 * @throws NotPlainFileError, also where it has more than `bytesMax`; errors of the file system
 */
export async function readPlainFile(
  path: string,
  options: PlainFileOptions & { readonly bytesMax: number },
): Promise<Uint8Array<ArrayBuffer>> {
  using file = await openPlainFile(path, options);
  const { size } = await file.stat();
  if (size > options.bytesMax) {
    throw new NotPlainFileError(
      path,
      `has ${size} bytes, more than ${options.bytesMax} are not read`,
    );
  }
  const bytes = new Uint8Array(size);
  let filled = 0;
  while (filled < size) {
    const count = await file.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/**
 * Reads a file into `buffer`, synchronously: for many small files, where the turns of the event loop would cost
 * more than they do. Links are refused, also those within the folder.
 *
 * @returns the number of bytes read; more are left where it is the buffer's length
 * @throws NotPlainFileError; errors of the file system
 */
export function readPlainFileInto(path: string, buffer: Uint8Array): number {
  const seen = Deno.lstatSync(path);
  if (seen.isSymlink) throw new NotPlainFileError(path, "is a symbolic link");
  requirePlain(path, seen);
  using file = Deno.openSync(path, { read: true });
  const { dev, ino } = file.statSync();
  if (dev !== seen.dev || ino !== seen.ino) {
    throw new NotPlainFileError(path, "was exchanged for another file while it was opened");
  }
  let filled = 0;
  while (filled < buffer.length) {
    const count = file.readSync(buffer.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}

/** As {@link readPlainFile}, as UTF-8 text. */
export async function readPlainTextFile(
  path: string,
  options: PlainFileOptions & { readonly bytesMax: number },
): Promise<string> {
  return new TextDecoder().decode(await readPlainFile(path, options));
}

/**
 * Opens a file of our own for reading and writing, and makes it where it is absent; its content is
 * kept. The last part of `path` may not be a link; what stands before it is the user's.
 *
 * @throws NotPlainFileError; errors of the file system
 */
export async function openOwnFile(path: string): Promise<Deno.FsFile> {
  const seen = await nullIfAbsent(Deno.lstat(path));
  if (seen === null) {
    try {
      return await Deno.open(path, { read: true, write: true, createNew: true });
    } catch (error) {
      // Somebody else was faster, or it is a link since.
      if (error instanceof Deno.errors.AlreadyExists) return await openOwnFile(path);
      throw error;
    }
  }
  if (seen.isSymlink) {
    throw new NotPlainFileError(path, "is a symbolic link; remove it, the file is made anew");
  }
  requirePlain(path, seen);
  return await sameFile(path, await Deno.open(path, { read: true, write: true }), seen);
}

/**
 * What a person names for reading is a file or a folder: a named pipe would never answer. What cannot be
 * looked at is left to its reader, who says why.
 *
 * @throws NotPlainFileError
 */
export function refuseSpecialFile(path: string): void {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch {
    return;
  }
  if (!info.isDirectory) requirePlain(path, info);
}

async function requireInside(path: string, folder: string): Promise<void> {
  const [real, root] = [await Deno.realPath(path), await Deno.realPath(folder)];
  if (real.startsWith(root === "/" ? root : `${root}/`)) return;
  throw new NotPlainFileError(
    path,
    `is a link that leads out of ${folder}; copy the file itself there`,
  );
}

function requirePlain(path: string, { isFile, isDirectory }: Deno.FileInfo): void {
  if (isFile) return;
  throw new NotPlainFileError(
    path,
    isDirectory ? "is a folder" : "is no plain file but a named pipe, a socket or a device",
  );
}

async function sameFile(
  path: string,
  file: Deno.FsFile,
  seen: Deno.FileInfo,
): Promise<Deno.FsFile> {
  try {
    const { dev, ino } = await file.stat();
    if (dev === seen.dev && ino === seen.ino) return file;
    throw new NotPlainFileError(path, "was exchanged for another file while it was opened");
  } catch (error) {
    file.close();
    throw error;
  }
}
