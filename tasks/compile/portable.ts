/**
 * The portable build: launcher, payload and trailer in one file. The payload is a tar archive in two
 * zstd frames, the runtime's and that of everything else; ffi/launcher reads it.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { REPOSITORY } from "../executables.ts";
import type { Contents } from "./contents.ts";
import { launcherFile } from "./native.ts";
import { tarEnd, tarOf } from "./tar.ts";
import { runTool } from "./tools.ts";

/** Level 19 makes the runtime 11 % smaller for 24 times the time; see README.md. */
const ZSTD_LEVEL = 9;

const MAGIC = "GDNBUNDL";
const PROGRAM_BYTES = 24;

/** Writes the executable; returns its size in bytes. */
export async function writePortable(contents: Contents, out: string): Promise<number> {
  const { program, target, files, runtime } = contents;
  const folders = new Set<string>();
  const runtimeTar = tarOf(
    [{ path: "bin/deno", content: { file: runtime.file }, executable: true }],
    folders,
  );
  const restTar = [...tarOf(files, folders), tarEnd()];
  const payload = joined([await compressed(runtimeTar), await compressed(restTar)]);
  const trailer = new Uint8Array(8 + PROGRAM_BYTES + 8 + 32);
  trailer.set(new TextEncoder().encode(MAGIC));
  trailer.set(new TextEncoder().encode(program.name), 8);
  new DataView(trailer.buffer).setBigUint64(8 + PROGRAM_BYTES, BigInt(payload.length), true);
  trailer.set(createHash("sha256").update(payload).digest(), 8 + PROGRAM_BYTES + 8);
  const whole = joined([await Deno.readFile(launcherFile(target)), payload, trailer]);
  const fresh = `${out}.new`;
  await Deno.writeFile(fresh, whole, { mode: 0o755 });
  await Deno.rename(fresh, out);
  return whole.length;
}

/** zstd of these bytes, kept in build/compile by their hash: the runtime alone takes a minute. */
async function compressed(parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  const kept = `${REPOSITORY}/build/compile/${hash.digest("hex")}-${ZSTD_LEVEL}.zst`;
  if (!existsSync(kept)) {
    await Deno.writeFile(`${kept}.tar`, joined(parts));
    await runTool("zstd", [
      ...["--quiet", "--force", `-${ZSTD_LEVEL}`, "--long=27", "-T2", "--no-check"],
      ...[`${kept}.tar`, "-o", `${kept}.new`],
    ]);
    await Deno.rename(`${kept}.new`, kept);
    await Deno.remove(`${kept}.tar`);
  }
  return await Deno.readFile(kept);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
