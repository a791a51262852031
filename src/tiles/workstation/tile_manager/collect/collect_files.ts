/**
 * Copies the files of a flight from the aircraft's storage, one by one. A file that is here already
 * is never overwritten by other content; running the copy again changes nothing.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { messageOf, Output } from "../../../../core/mod.ts";
import { TileManagerError } from "../errors.ts";
import { EXIT } from "../../../../core/mod.ts";

export type CopyOutcome =
  /** Not here before: copied. */
  | "copied"
  /** Here already, byte for byte the same. */
  | "kept"
  /**
   * The file here was the beginning of this one (an earlier copy that was cut short); it was
   * completed.
   */
  | "completed"
  /** Another file of that name is here; both are kept. */
  | "kept_both";

const BLOCK_BYTES = 1024 * 1024;

/** @throws TileManagerError (exit code 74) naming both files; no partly written file remains. */
export async function collectFile(source: string, target: string): Promise<CopyOutcome> {
  try {
    const known = await compare(source, target);
    switch (known) {
      case "same":
        return "kept";
      case "absent":
        await copy(source, target);
        return "copied";
      case "beginning":
        await copy(source, target);
        return "completed";
      case "other": {
        const { hash } = await hashOf(source, Infinity);
        const beside = besideName(target, hash.slice(0, 8));
        if (await compare(source, beside) === "same") return "kept";
        await copy(source, beside);
        return "kept_both";
      }
    }
  } catch (error) {
    throw new TileManagerError(
      "COLLECT_FAILED",
      `Cannot copy ${source} to ${target}: ${
        messageOf(error)
      }; what was copied before is complete: ` +
        "correct the cause and run the command again",
      { cause: error, exitCode: EXIT.io },
    );
  }
}

async function compare(
  source: string,
  target: string,
): Promise<"absent" | "same" | "beginning" | "other"> {
  let targetBytes: number;
  try {
    targetBytes = (await Deno.stat(target)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "absent";
    throw error;
  }
  const { size: sourceBytes } = await Deno.stat(source);
  if (targetBytes > sourceBytes) return "other";
  const here = await hashOf(target, Infinity);
  const there = await hashOf(source, targetBytes);
  if (here.hash !== there.hash) return "other";
  return targetBytes === sourceBytes ? "same" : "beginning";
}

async function copy(source: string, target: string): Promise<void> {
  await using output = await Output.file(target, { force: true });
  await Deno.copyFile(source, output.temporaryPath);
  const [from, to] = [
    await hashOf(source, Infinity),
    await hashOf(output.temporaryPath, Infinity),
  ];
  if (from.hash !== to.hash) throw new Error("the copy is not what was copied");
  await output.commit();
}

async function hashOf(path: string, bytesMax: number): Promise<{ readonly hash: string }> {
  const hash = createHash("sha256");
  using file = await Deno.open(path, { read: true });
  const block = new Uint8Array(BLOCK_BYTES);
  for (let left = bytesMax; left > 0;) {
    const length = await file.read(block.subarray(0, Math.min(block.length, left)));
    if (length === null) break;
    hash.update(block.subarray(0, length));
    left -= length;
  }
  return { hash: hash.digest("hex") };
}

/**
 * Puts the beginning of the content's hash into the name: segment_0000.mcap →
 * segment_0000.1a2b3c4d.mcap
 */
function besideName(path: string, mark: string): string {
  const dot = path.lastIndexOf(".");
  return dot <= path.lastIndexOf("/")
    ? `${path}.${mark}`
    : `${path.slice(0, dot)}.${mark}${path.slice(dot)}`;
}
