/**
 * What building an index asks of the disk: few operations, so that a test can record them and try
 * every state that a crash may leave.
 *
 * @module
 */
import { syncPath, writeSynced } from "../../core/mod.ts";

export interface IndexDisk {
  /** A new file whose bytes are on the disk when it settles. */
  writeSynced(path: string, bytes: Uint8Array): Promise<void>;
  /** Waits for the bytes of a file, or for the names of a folder. */
  sync(path: string): Promise<void>;
  /** Replaces `to`. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
}

export const realDisk: IndexDisk = {
  writeSynced,
  sync: syncPath,
  rename: (from, to) => Deno.rename(from, to),
  remove: (path) => Deno.remove(path),
};
