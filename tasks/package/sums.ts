/**
 * SHA256SUMS over a folder, and its signature.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readPublicKey, readSecretKey, signFile, verifyFile } from "../../src/core/minisign/mod.ts";
import { DataError, EXIT, GdnError } from "../../src/core/mod.ts";
import { filesBelow } from "./files.ts";
import type { Release } from "./release.ts";

const SUMS = "SHA256SUMS";
const SIGNATURE = "SHA256SUMS.minisig";

/** Of every file below the folder but the sums themselves; returns the path. */
export async function writeSums(folder: string): Promise<string> {
  const lines: string[] = [];
  for (const path of await filesBelow(folder)) {
    if (path === SUMS || path === SIGNATURE) continue;
    lines.push(`${await sha256Of(`${folder}/${path}`)}  ${path}\n`);
  }
  await Deno.writeTextFile(`${folder}/${SUMS}`, lines.join(""));
  return `${folder}/${SUMS}`;
}

/** Returns the path of the signature, whose trusted comment names the release. */
export async function signSums(
  folder: string,
  release: Release,
  key: { readonly secretKey: string; readonly passwordFile: string | undefined },
): Promise<string> {
  const password = key.passwordFile === undefined
    ? undefined
    : (await Deno.readTextFile(key.passwordFile)).split(/\r?\n/)[0];
  const secretKey = readSecretKey(await Deno.readTextFile(key.secretKey), key.secretKey, password);
  const comment = `gps-denied-onboard ${release.version} commit ${release.commit}`;
  const sums = await Deno.readFile(`${folder}/${SUMS}`);
  await Deno.writeTextFile(`${folder}/${SIGNATURE}`, signFile(sums, secretKey, comment));
  return `${folder}/${SIGNATURE}`;
}

/**
 * Checks the signature of the folder's sums, and by them the files named.
 *
 * @throws DataError for a file that differs; GdnError (77) for a signature that is not right
 */
export async function verifySums(
  folder: string,
  files: readonly string[],
  publicKeyPath: string,
): Promise<string> {
  const publicKey = readPublicKey(await Deno.readTextFile(publicKeyPath), publicKeyPath);
  const sums = await Deno.readFile(`${folder}/${SUMS}`);
  const signature = await Deno.readTextFile(`${folder}/${SIGNATURE}`);
  const verified = verifyFile(sums, signature, publicKey, `${folder}/${SIGNATURE}`);
  if (!verified.ok) {
    throw new GdnError(
      "SIGNATURE",
      `Cannot trust ${folder}/${SUMS}: ${verified.reason}; nothing was installed. Fetch the release ` +
        "and the key again, each from where its makers publish it",
      { exitCode: EXIT.refused },
    );
  }
  const known = new Map(
    new TextDecoder().decode(sums).split("\n").map((line) => [line.slice(66), line.slice(0, 64)]),
  );
  for (const file of files) {
    if (known.get(file) !== await sha256Of(`${folder}/${file}`)) {
      throw new DataError(`${folder}/${file}`, `is not what ${SUMS} names; fetch it again`);
    }
  }
  return verified.trustedComment;
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}
