/**
 * The portable executable as ffi/launcher reads it: launcher, payload, trailer. Here it is taken
 * apart, for an installation keeps its tree unpacked.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { DataError, RuntimeNotAvailableError } from "../../src/core/mod.ts";
import { removeIfThere } from "./files.ts";

const MAGIC = "GDNBUNDL";
const PROGRAM_BYTES = 24;
const TRAILER_BYTES = 8 + PROGRAM_BYTES + 8 + 32;

export interface Portable {
  /** The name of the unpacked tree, by which the launcher finds it. */
  readonly treeName: string;
  /** The executable without its payload: what an installation has in bin/. */
  readonly launcher: Uint8Array;
  readonly payload: Uint8Array;
}

/** @throws DataError where the file is no portable executable, or is damaged */
export async function readPortable(path: string): Promise<Portable> {
  const bytes = await Deno.readFile(path);
  const at = bytes.length - TRAILER_BYTES;
  const trailer = bytes.slice(Math.max(at, 0));
  const size = trailer.length < TRAILER_BYTES
    ? 0
    : Number(new DataView(trailer.buffer).getBigUint64(8 + PROGRAM_BYTES, true));
  if (new TextDecoder().decode(trailer.subarray(0, 8)) !== MAGIC || size > at) {
    throw new DataError(path, "is no executable of deno task compile");
  }
  const program = new TextDecoder().decode(trailer.subarray(8, 8 + PROGRAM_BYTES))
    .replaceAll("\0", "");
  const payload = bytes.subarray(at - size, at);
  const hash = trailer.subarray(TRAILER_BYTES - 32).toHex();
  if (createHash("sha256").update(payload).digest("hex") !== hash) {
    throw new DataError(path, "its payload is damaged; run deno task compile");
  }
  // A payload of no bytes: the launcher then knows its tree's name, and nothing to unpack.
  new DataView(trailer.buffer).setBigUint64(8 + PROGRAM_BYTES, 0n, true);
  const launcher = new Uint8Array(at - size + TRAILER_BYTES);
  launcher.set(bytes.subarray(0, at - size));
  launcher.set(trailer, at - size);
  return { treeName: `${program}-${hash.slice(0, 32)}`, launcher, payload };
}

/** Unpacks into `folder`, which is made anew. Works for an executable of another machine too. */
export async function unpackPortable({ payload }: Portable, folder: string): Promise<void> {
  await removeIfThere(folder);
  await Deno.mkdir(folder, { recursive: true });
  const archive = `${folder}.tar.zst`;
  await Deno.writeFile(archive, payload);
  try {
    const args = ["--use-compress-program=zstd -d --long=27", "-xf", archive, "-C", folder];
    const { success, stderr } = await new Deno.Command("tar", { args, stdin: "null" }).output();
    if (!success) {
      throw new RuntimeNotAvailableError(
        `Cannot unpack ${archive}: ${new TextDecoder().decode(stderr).trim()}`,
      );
    }
  } finally {
    await Deno.remove(archive);
  }
  // What the launcher locks while a program runs from the tree.
  await Deno.writeTextFile(`${folder}/lock`, "");
}
