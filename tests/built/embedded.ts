/**
 * Proof by the bytes: the files that a program carries, searched for the signatures of the workstation's code.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { relative } from "node:path";
import { PATH_SIGNATURES } from "./signatures.ts";

/** First bytes of formats whose content a search does not see. */
const ARCHIVES: Readonly<Record<string, string>> = {
  gzip: "1f8b08",
  zip: "504b0304",
  zstd: "28b52ffd",
  xz: "fd377a585a00",
  bzip2: "425a68",
};

const BASE64_MAP = /sourceMappingURL=data:application\/json[^,]*;base64,([A-Za-z0-9+/=]+)/g;

export interface Finding {
  /** Relative to the folder that was searched. */
  readonly file: string;
  readonly signature: string;
}

export interface Search {
  readonly signatures: readonly string[];
  /** SHA-256 of the runtime: with it, and only with it, `bin/deno` is not searched, since it is not ours. */
  readonly runtimeSha256: string;
}

/** Where any of the signatures stands in the files below `folder`, in their names too. */
export async function findSignatures(folder: string, search: Search): Promise<Finding[]> {
  const findings: Finding[] = [];
  const searched: string[] = [];
  for (const path of filesBelow(folder)) {
    const file = relative(folder, path);
    if (file === "bin/deno" && await sha256(path) === search.runtimeSha256) continue;
    searched.push(path);
    const bytes = await Deno.readFile(path);
    for (const signature of PATH_SIGNATURES) {
      if (`${file}/`.includes(signature)) findings.push({ file, signature: `name: ${signature}` });
    }
    const archive = archiveKind(bytes);
    if (archive !== undefined) findings.push({ file, signature: `is packed: ${archive}` });
    for (const signature of inSourceMaps(bytes, search.signatures)) {
      findings.push({ file, signature: `source map: ${signature}` });
    }
  }
  const all = [...search.signatures, ...PATH_SIGNATURES];
  for (const { file, signature } of await grep(searched, all)) {
    findings.push({ file: relative(folder, file), signature });
  }
  return findings;
}

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}

function archiveKind(bytes: Uint8Array): string | undefined {
  const start = bytes.subarray(0, 6).toHex();
  return Object.keys(ARCHIVES).find((kind) => start.startsWith(ARCHIVES[kind]));
}

function inSourceMaps(bytes: Uint8Array, signatures: readonly string[]): string[] {
  const text = new TextDecoder("latin1").decode(bytes);
  const maps = [...text.matchAll(BASE64_MAP)].map(([, encoded]) => atob(encoded)).join("\n");
  return [...signatures, ...PATH_SIGNATURES].filter((signature) => maps.includes(signature));
}

/** Every occurrence, each signature once a file. The tool's search is many at once, in linear time. */
async function grep(files: readonly string[], signatures: readonly string[]): Promise<Finding[]> {
  const patterns = await Deno.makeTempFile({ prefix: "gdn-signatures-" });
  try {
    await Deno.writeTextFile(patterns, `${signatures.join("\n")}\n`);
    const { code, stdout, stderr } = await new Deno.Command("grep", {
      args: [
        ...["--text", "--only-matching", "--fixed-strings", "--with-filename", "--null"],
        ...["--no-messages", `--file=${patterns}`, "--", ...files],
      ],
      env: { LC_ALL: "C" },
    }).output();
    // 1: nothing was found.
    if (code > 1) throw new Error(`grep: ${new TextDecoder().decode(stderr)}`);
    const lines = new Set(new TextDecoder("latin1").decode(stdout).split("\n"));
    return [...lines].filter((line) => line !== "").map((line) => {
      const [file, signature] = line.split("\0");
      return { file, signature };
    });
  } finally {
    await Deno.remove(patterns);
  }
}
