/**
 * The module graph as `deno info --json` sees it, types included.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { REPOSITORY } from "../support/paths.ts";

export interface ModuleGraph {
  /** Files of src/, such as "core/mod.ts", each with the files of src/ that it imports. */
  readonly files: ReadonlyMap<string, readonly string[]>;
  /** Names of npm packages that are reached. */
  readonly packages: ReadonlySet<string>;
  /** Local files outside of src/, relative to the repository. */
  readonly elsewhere: readonly string[];
}

/** The graph from one file of the repository, or from several. */
export function moduleGraph(...roots: string[]): Promise<ModuleGraph> {
  return moduleGraphOf(REPOSITORY, roots);
}

/** The graph in another tree than this repository: a copy of it. */
export async function moduleGraphOf(
  repository: string,
  roots: readonly string[],
): Promise<ModuleGraph> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-graph-" });
  try {
    const entry = `${folder}/roots.ts`;
    const imports = roots.map((root) => `import "${pathToFileURL(`${repository}/${root}`)}";\n`);
    await Deno.writeTextFile(entry, imports.join(""));
    return parse(await info(repository, entry), repository, entry);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly error?: string;
    readonly npmPackage?: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

async function info(repository: string, entry: string): Promise<Info> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--no-remote", `--config=${repository}/deno.json`, entry],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout)) as Info;
}

function parse(info: Info, repository: string, entry: string): ModuleGraph {
  const base = pathToFileURL(`${repository}/`).href;
  const source = `${base}src/`;
  const files = new Map<string, string[]>();
  const packages = new Set<string>();
  const elsewhere: string[] = [];
  for (const module of info.modules) {
    const { specifier } = module;
    if (module.error !== undefined) throw new Error(`${specifier}: ${module.error}`);
    if (specifier.startsWith(source)) {
      const targets = (module.dependencies ?? [])
        .flatMap(({ code, type }) => [code?.specifier, type?.specifier])
        .filter((target) => target?.startsWith(source))
        .map((target) => (target as string).slice(source.length));
      files.set(specifier.slice(source.length), [...new Set(targets)]);
    } else if (specifier.startsWith("npm:")) {
      packages.add(specifier.replace(/^npm:\/?/, "").replace(/(.)@.*$/, "$1"));
    } else if (specifier.startsWith(base)) {
      elsewhere.push(specifier.slice(base.length));
    } else if (!specifier.startsWith("node:") && specifier !== pathToFileURL(entry).href) {
      elsewhere.push(specifier);
    }
  }
  return { files, packages, elsewhere };
}
