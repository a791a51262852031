/**
 * Strings by which the workstation's code is known in a file, however it came there: as a module, in a bundle,
 * in a source map or as data.
 *
 * @module
 */
import { AIRBORNE_NEVER, componentOf, isWorkstationOnly } from "../architecture/layering.ts";
import { moduleGraph } from "../architecture/module_graph.ts";
import { REPOSITORY } from "../support/paths.ts";

/** Of the wire to the satellite provider, and of C11's own names. That they are in `operator` is tested. */
export const KNOWN_SIGNATURES = [
  "api/satellite/tiles/ingest",
  "api/satellite/tiles/inventory",
  "idempotency-key",
  "content-digest",
  "GDN_SATELLITE_TOKEN",
  "HttpTileUploader",
  "HttpTileDownloader",
  "FlightKeyManager",
  "RetryingTileUploader",
  "FlightStateGate",
] as const;

/** Shorter ones are found in much that is harmless. */
const TEXT_LENGTH_MIN = 20, NAME_LENGTH_MIN = 12;

/**
 * Literals and exported names of the files of src/ that only `operator` may hold, none of which stands in a
 * file that `airborne` holds.
 */
export async function workstationSignatures(airborneRoots: readonly string[]): Promise<string[]> {
  const [airborne, operator] = await Promise.all([
    moduleGraph(...airborneRoots),
    moduleGraph("src/operator/main.ts"),
  ]);
  const found = new Set<string>([...KNOWN_SIGNATURES, ...Object.values(PACKAGE_SIGNATURES)]);
  for (const file of operator.files.keys()) {
    // A table of numbers is no module, and is found by the module that imports it.
    if (file.endsWith(".json")) continue;
    if (!isWorkstationOnly(componentOf(file)) || airborne.files.has(file)) continue;
    const path = `src/${file}`;
    for (const text of literalsOf(path, await Deno.readTextFile(`${REPOSITORY}/${path}`))) {
      found.add(text);
    }
  }
  const shared = await Promise.all(
    [...airborne.files.keys()].map((file) => Deno.readTextFile(`${REPOSITORY}/src/${file}`)),
  );
  // Bundlers join the parts of a text.
  const airborneText = shared.join("\n").replace(/["'`]\s*\+\s*["'`]/g, "");
  return [...found].filter((text) => !airborneText.includes(text));
}

function literalsOf(path: string, text: string): Set<string> {
  const literals = new Set<string>();
  const add = (value: unknown, lengthMin = TEXT_LENGTH_MIN) => {
    if (typeof value !== "string" || value.length < lengthMin) return;
    // One line, nothing that a bundler writes in another way.
    if (/^[\w\x20./:;,()@-]+$/.test(value) && !/^(node|npm):|\.ts$/.test(value)) {
      literals.add(value);
    }
  };
  const visitor: Deno.lint.LintVisitor = {
    Literal: (node) => add(node.value),
    TemplateElement: (node) => add(node.cooked),
    ClassDeclaration({ id }) {
      // Names of several words.
      if (id !== null && /[a-z][A-Z]/.test(id.name)) add(id.name, NAME_LENGTH_MIN);
    },
  };
  const plugin: Deno.lint.Plugin = {
    name: "signatures",
    rules: { read: { create: () => visitor } },
  };
  Deno.lint.runPlugin(plugin, path, text);
  return literals;
}

/** Where a module of these came from, as bundlers note it, and where packages lie. */
export const PATH_SIGNATURES: readonly string[] = [
  "src/tiles/workstation/",
  "src/workstation/",
  "src/operator/",
  ...AIRBORNE_NEVER.flatMap((
    name,
  ) => [`node_modules/${name}/`, `npm:${name}@`, `npm/${name}/`, `registry.npmjs.org/${name}/`]),
];

/** Text out of each package that `airborne` never holds. */
export const PACKAGE_SIGNATURES: Readonly<Record<(typeof AIRBORNE_NEVER)[number], string>> = {
  sharp: 'Could not load the "sharp" module using the',
  pg: "SASL: SCRAM-SERVER-FIRST-MESSAGE",
  "@electric-sql/pglite": "PGlite is closed",
};
