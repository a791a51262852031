/**
 * File operations that Deno does not provide.
 *
 * @module
 */

/** Writes all of `bytes`; one call of `write` may write fewer. */
export async function writeAll(
  file: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** Like {@link writeAll}, but synchronous. */
export function writeAllSync(
  file: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/**
 * The result of `reading`; null when nothing has that name, also because the folder in it is a file.
 * Other errors are thrown.
 */
export async function nullIfAbsent<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return null;
    }
    throw error;
  }
}

/** Whether something has that name, even a dangling link; other errors are thrown. */
export async function exists(path: string): Promise<boolean> {
  return await nullIfAbsent(Deno.lstat(path)) !== null;
}

/** Removes a file, or a folder with its content; an absent one is not an error. */
export async function removeIfPresent(path: string): Promise<void> {
  await nullIfAbsent(Deno.remove(path, { recursive: true }));
}
