/**
 * File operations that Deno leaves to its callers.
 *
 * @module
 */

/** Writes all of `bytes`; one `write` may take fewer. */
export async function writeAll(
  file: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

/** As {@link writeAll}, here and now. */
export function writeAllSync(
  file: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let done = 0; done < bytes.length;) done += file.writeSync(bytes.subarray(done));
}

/** What `reading` finds; null where nothing has that name. Other faults are thrown. */
export async function nullIfAbsent<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Whether something has that name, be it a link to nothing; a fault is no answer, and thrown. */
export async function exists(path: string): Promise<boolean> {
  return await nullIfAbsent(Deno.lstat(path)) !== null;
}

/** Removes a file, or a folder with what is in it; what is absent is no error. */
export async function removeIfPresent(path: string): Promise<void> {
  await nullIfAbsent(Deno.remove(path, { recursive: true }));
}
