/**
 * Puts engines that were built beforehand into the folder where ONNX Runtime's TensorRT provider looks for them.
 *
 * @module
 */
import { basename, join } from "node:path";
import { messageOf } from "../../core/mod.ts";
import { EngineDeserializeError } from "./errors.ts";

/** Links the file into `folder`, and copies it where a link is not possible (another file system). */
export async function stageEngine(path: string, folder: string): Promise<void> {
  const staged = join(folder, basename(path));
  try {
    await Deno.mkdir(folder, { recursive: true });
    if (await isSameFile(path, staged)) return;
    await Deno.remove(staged).catch(ignoreMissing);
    try {
      await Deno.link(path, staged);
    } catch {
      await Deno.copyFile(path, staged);
    }
  } catch (error) {
    throw new EngineDeserializeError(
      `Cannot put ${basename(path)} into ${folder}: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

async function isSameFile(one: string, other: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([Deno.stat(one), Deno.stat(other)]);
    return a.ino !== null && a.ino === b.ino && a.dev === b.dev;
  } catch {
    return false;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
