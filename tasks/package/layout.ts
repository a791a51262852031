/**
 * Where an installation keeps what: one list of files for the Debian package and for
 * `deno task install`.
 *
 * @module
 */
import { join, relative } from "node:path";
import { REPOSITORY } from "../executables.ts";
import type { Program } from "./release.ts";

/** A path below the root of the machine, without the slash in front: "usr/bin/airborne". */
interface Place {
  readonly path: string;
}

export type InstalledFile =
  & Place
  & (
    | {
      readonly kind: "file";
      readonly mode: number;
      /** The file that is copied, or what is written. */
      readonly source: { readonly path: string } | { readonly text: string };
      /** Belongs to the administrator: an upgrade keeps what was edited, a removal leaves it. */
      readonly isConfiguration: boolean;
    }
    | { readonly kind: "link"; readonly target: string }
  );

/** What was built and is to be installed. */
export interface BuiltProgram {
  readonly program: Program;
  /** The executable that goes to bin/. */
  readonly executable: string;
  /** The unpacked tree of the executable, and the name under which the executable looks for it. */
  readonly tree: string;
  readonly treeName: string;
  /** Manual pages and completion scripts: text by path below the prefix. */
  readonly documents: ReadonlyMap<string, string>;
  readonly sbom: string;
  readonly thirdParty: string;
  readonly copyright: string;
}

/** Sorted by path. `prefix` is absolute: /usr or /opt/gdn. */
export async function installedFiles(
  built: BuiltProgram,
  prefix: string,
): Promise<readonly InstalledFile[]> {
  const { program } = built;
  const below = (path: string) => join(prefix, path).replace(/^\/+/, "");
  const copied = (path: string, source: string, mode = 0o644): InstalledFile => ({
    kind: "file",
    path,
    mode,
    source: { path: source },
    isConfiguration: false,
  });
  const written = (path: string, text: string, isConfiguration = false): InstalledFile => ({
    kind: "file",
    path,
    mode: 0o644,
    source: { text },
    isConfiguration,
  });
  const documents = below(`share/doc/gdn-${program}`);
  const files: InstalledFile[] = [
    copied(below(`bin/${program}`), built.executable, 0o755),
    ...await tree(built.tree, below(`lib/gdn/${built.treeName}`)),
    ...[...built.documents].map(([path, text]) => written(below(path), text)),
    copied(`${documents}/sbom.spdx.json`, built.sbom),
    copied(`${documents}/THIRD_PARTY`, built.thirdParty),
    copied(`${documents}/copyright`, built.copyright),
    ...await configuration(program, documents, written),
    ...await units(program, prefix, written),
  ];
  return files.toSorted((a, b) => a.path < b.path ? -1 : 1);
}

type Written = (path: string, text: string, isConfiguration?: boolean) => InstalledFile;

/** Only airborne reads a configuration file. */
async function configuration(
  program: Program,
  documents: string,
  written: Written,
): Promise<InstalledFile[]> {
  if (program !== "airborne") return [];
  const example = await Deno.readTextFile(`${REPOSITORY}/config/airborne.example.yaml`);
  return [
    written(`${documents}/airborne.example.yaml`, example),
    written(
      "etc/gdn/airborne.yaml",
      `# Settings of airborne that differ from their defaults. All of them, with their defaults and what
# they mean, are in airborne.yaml(5) and in airborne.example.yaml beside the program's licences. A
# variable GDN_… overrides a setting.
`,
      true,
    ),
  ];
}

/** The units as they are in config/systemd, with the prefix of this installation. */
async function units(program: Program, prefix: string, written: Written): Promise<InstalledFile[]> {
  // systemd searches below /usr and /usr/local; an installation elsewhere puts its units there.
  const folder = prefix === "/usr" ? "usr/lib/systemd/system" : "usr/local/lib/systemd/system";
  const found: InstalledFile[] = [];
  for await (const { name } of Deno.readDir(`${REPOSITORY}/config/systemd`)) {
    if (!name.startsWith(`${program}-`) || !name.endsWith(".service")) continue;
    const text = await Deno.readTextFile(`${REPOSITORY}/config/systemd/${name}`);
    found.push(written(`${folder}/${name}`, text.replaceAll("/usr/bin/", `${prefix}/bin/`)));
  }
  return found;
}

/** Every file and link below `folder`, as it is to lie below `target`. */
async function tree(folder: string, target: string): Promise<InstalledFile[]> {
  const found: InstalledFile[] = [];
  const walk = async (path: string): Promise<void> => {
    for await (const { name, isDirectory, isSymlink } of Deno.readDir(path)) {
      const source = `${path}/${name}`;
      const place = `${target}/${relative(folder, source)}`;
      if (isDirectory) await walk(source);
      else if (isSymlink) {
        found.push({ kind: "link", path: place, target: await Deno.readLink(source) });
      } else {
        const { mode } = await Deno.stat(source);
        found.push({
          kind: "file",
          path: place,
          mode: (mode ?? 0) & 0o111 ? 0o755 : 0o644,
          source: { path: source },
          isConfiguration: false,
        });
      }
    }
  };
  await walk(folder);
  return found;
}

/** Bytes of all files. */
export async function bytesOf(files: readonly InstalledFile[]): Promise<number> {
  let bytes = 0;
  for (const file of files) {
    if (file.kind === "link") continue;
    bytes += "text" in file.source
      ? new TextEncoder().encode(file.source.text).length
      : (await Deno.stat(file.source.path)).size;
  }
  return bytes;
}
