/**
 * Proof by the module graph that `airborne` holds nothing of the workstation's, of the tile manager (C11)
 * least of all: from its entry, from every module that it starts by URL (workers), and from others that are
 * put into its file, such as the planner of its permissions. What a graph cannot show, a module whose name is
 * computed when it runs, is not allowed.
 *
 * @module
 */
import { dirname, normalize } from "node:path/posix";
import { REPOSITORY } from "../support/paths.ts";
import { AIRBORNE_NEVER, componentOf, isWorkstationOnly } from "./layering.ts";
import { type ModuleGraph, moduleGraphOf } from "./module_graph.ts";

/** Known ones, with the reason why they load nothing that is not in the graph. */
const HARMLESS: readonly string[] = [
  // The variable's default is a URL that is read as a root; only tests give another.
  "src/flight/flight_recorder/writer_thread.ts: new Worker(module)",
  // Evaluates the word "gc", to reach the collector.
  "src/core/garbage.ts: import of node:vm",
];

/** Only there a native library is opened. */
const OPENS_LIBRARIES = "src/core/native_library.ts";

/** What is wrong with the graph from these files of `repository`; nothing where all is well. */
export async function exclusionFaults(
  roots: readonly string[],
  repository = REPOSITORY,
): Promise<string[]> {
  const { graph, startedByUrl } = await wholeGraph(roots, repository);
  const faults: string[] = [];
  for (const file of graph.files.keys()) {
    if (isWorkstationOnly(componentOf(file))) faults.push(`src/${file} is in the graph`);
  }
  for (const name of AIRBORNE_NEVER) {
    if (graph.packages.has(name)) faults.push(`npm:${name} is in the graph`);
  }
  for (const file of graph.elsewhere) {
    if (!startedByUrl.has(file)) faults.push(`${file} is outside src/`);
  }
  for (const file of graph.files.keys()) {
    const path = `src/${file}`;
    if (path.endsWith(".json")) continue; // It loads nothing.
    const hidden = hiddenLoads(path, await Deno.readTextFile(`${repository}/${path}`));
    faults.push(...hidden.filter((fault) => !HARMLESS.includes(fault)));
  }
  return faults;
}

/** The graph with what its modules start by `new URL("./x.ts", import.meta.url)`. */
async function wholeGraph(
  roots: readonly string[],
  repository: string,
): Promise<{ readonly graph: ModuleGraph; readonly startedByUrl: ReadonlySet<string> }> {
  const startedByUrl = new Set<string>();
  for (;;) {
    const graph = await moduleGraphOf(repository, [...new Set([...roots, ...startedByUrl])]);
    const before = startedByUrl.size;
    for (const file of graph.files.keys()) {
      const text = await Deno.readTextFile(`${repository}/src/${file}`);
      for (const named of modulesNamedByUrl(`src/${file}`, text)) startedByUrl.add(named);
    }
    if (startedByUrl.size === before) return { graph, startedByUrl };
  }
}

/** Modules that a file names by `new URL("…", import.meta.url)`, relative to the repository. */
export function modulesNamedByUrl(path: string, text: string): string[] {
  return [...text.matchAll(/new URL\(\s*"([^"]+\.(?:ts|js|mjs))"\s*,\s*import\.meta\.url/g)]
    .map(([, specifier]) => normalize(`${dirname(path)}/${specifier}`));
}

/** Loads of code in a file that stand in no graph, as "path: what". */
export function hiddenLoads(path: string, text: string): string[] {
  const found: string[] = [];
  const add = (what: string) => found.push(`${path}: ${what}`);
  const source = (node: { readonly range: readonly [number, number] }) => text.slice(...node.range);
  const visitor: Deno.lint.LintVisitor = {
    ImportExpression(node) {
      if (node.source.type !== "Literal") add(`import(${source(node.source)})`);
    },
    NewExpression({ callee, arguments: args }) {
      const name = source(callee);
      if (name === "Function") add("new Function()");
      if (!/^(globalThis\.|self\.)?(Shared)?Worker$/.test(name)) return;
      const module = args[0] === undefined ? "" : source(args[0]);
      if (!/^new URL\(\s*"[^"]+"\s*,\s*import\.meta\.url\s*\)$/.test(module)) {
        add(`new ${name}(${module})`);
      }
    },
    CallExpression({ callee }) {
      const name = source(callee);
      const loads = /^(eval|Function|require|importScripts|createRequire|process\.dlopen)$/;
      if (loads.test(name)) add(`${name}()`);
      if (name === "Deno.dlopen" && path !== OPENS_LIBRARIES) add("Deno.dlopen()");
    },
    ImportDeclaration({ source: { value } }) {
      if (/^node:(vm|module|child_process|cluster|worker_threads)$/.test(value)) {
        add(`import of ${value}`);
      }
    },
  };
  const plugin: Deno.lint.Plugin = { name: "loads", rules: { hidden: { create: () => visitor } } };
  Deno.lint.runPlugin(plugin, path, text);
  return found;
}
