/**
 * Who uses which export, from the syntax trees alone: declarations, imports and re-exports of every
 * file, the latter followed to the declaration. The parser is that of `deno lint`: it is there, and
 * reads the tree in a second. (npm:knip and npm:ts-unused-exports want a package.json or tsconfig
 * beside a node_modules folder, and a second run to tell tests from programs.)
 *
 * @module
 */
import { dirname, normalize } from "node:path/posix";

/** `name` of the module at `path`; "*" is all of it. */
interface Reference {
  readonly path: string;
  readonly name: string;
}

interface ModuleNames {
  /** Declared here, by the name under which they are exported. */
  readonly declared: Set<string>;
  /** Exported name → where it comes from. */
  readonly passedOn: Map<string, Reference>;
  /** Modules of which everything is exported. */
  readonly passedOnWhole: string[];
  readonly imported: Reference[];
}

/** Exports as "path#name", each with the files that import it (never its own). */
export function usersOfExports(sources: ReadonlyMap<string, string>): Map<string, Set<string>> {
  const modules = new Map([...sources].map(([path, text]) => [path, readModule(path, text)]));
  const users = new Map<string, Set<string>>();
  for (const [path, { declared }] of modules) {
    for (const name of declared) users.set(`${path}#${name}`, new Set());
  }
  for (const [user, { imported }] of modules) {
    for (const reference of imported) {
      for (const { path, name } of declarationsOf(reference, modules)) {
        if (path !== user) users.get(`${path}#${name}`)?.add(user);
      }
    }
  }
  return users;
}

function declarationsOf(
  { path, name }: Reference,
  modules: ReadonlyMap<string, ModuleNames>,
  seen = new Set<string>(),
): Reference[] {
  const found = modules.get(path);
  if (found === undefined || seen.has(`${path}#${name}`)) return [];
  seen.add(`${path}#${name}`);
  if (name === "*") {
    return [
      ...[...found.declared].map((each) => ({ path, name: each })),
      ...found.passedOn.values().flatMap((each) => declarationsOf(each, modules, seen)),
      ...found.passedOnWhole.flatMap((each) => declarationsOf({ path: each, name }, modules, seen)),
    ];
  }
  if (found.declared.has(name)) return [{ path, name }];
  const from = found.passedOn.get(name);
  if (from !== undefined) return declarationsOf(from, modules, seen);
  return found.passedOnWhole.flatMap((each) => declarationsOf({ path: each, name }, modules, seen));
}

function readModule(path: string, text: string): ModuleNames {
  const module: ModuleNames = {
    declared: new Set(),
    passedOn: new Map(),
    passedOnWhole: [],
    imported: [],
  };
  const at = (specifier: string) => normalize(`${dirname(path)}/${specifier}`);
  /** Local name → what was imported under it. */
  const locals = new Map<string, Reference>();
  const plugin: Deno.lint.Plugin = {
    name: "exports",
    rules: { read: { create: () => visitor(module, locals, at) } },
  };
  Deno.lint.runPlugin(plugin, path, text);
  return module;
}

function visitor(
  module: ModuleNames,
  locals: Map<string, Reference>,
  at: (specifier: string) => string,
): Deno.lint.LintVisitor {
  return {
    ImportDeclaration(node) {
      const path = at(node.source.value);
      for (const specifier of node.specifiers) {
        const name = specifier.type === "ImportSpecifier"
          ? nameOf(specifier.imported)
          : specifier.type === "ImportNamespaceSpecifier"
          ? "*"
          : "default";
        locals.set(specifier.local.name, { path, name });
        module.imported.push({ path, name });
      }
    },
    ExportAllDeclaration(node) {
      const path = at(node.source.value);
      if (node.exported === null) module.passedOnWhole.push(path);
      else module.passedOn.set(nameOf(node.exported), { path, name: "*" });
    },
    ExportDefaultDeclaration() {
      module.declared.add("default");
    },
    ExportNamedDeclaration(node) {
      for (const name of declaredNames(node.declaration)) module.declared.add(name);
      for (const { local, exported } of node.specifiers) {
        const name = nameOf(local);
        const from = node.source === null
          ? locals.get(name)
          : { path: at(node.source.value), name };
        if (from === undefined) module.declared.add(nameOf(exported));
        else module.passedOn.set(nameOf(exported), from);
      }
    },
    ImportExpression(node) {
      if (node.source.type !== "Literal") return;
      const path = at(String(node.source.value));
      for (const name of takenFrom(node)) module.imported.push({ path, name });
    },
    TSImportType(node) {
      const { argument, qualifier } = node as unknown as {
        readonly argument: {
          readonly literal?: { readonly value: string };
          readonly value?: string;
        };
        readonly qualifier: { readonly name?: string } | null;
      };
      const specifier = argument.literal?.value ?? argument.value;
      if (specifier === undefined) return;
      module.imported.push({ path: at(specifier), name: qualifier?.name ?? "*" });
    },
  };
}

function nameOf(node: Deno.lint.Identifier | Deno.lint.StringLiteral): string {
  return node.type === "Identifier" ? node.name : node.value;
}

function declaredNames(declaration: Deno.lint.ExportNamedDeclaration["declaration"]): string[] {
  if (declaration === null) return [];
  if (declaration.type !== "VariableDeclaration") {
    const { id } = declaration as { readonly id: Deno.lint.Identifier | null };
    return id === null ? [] : [id.name];
  }
  return declaration.declarations.flatMap(({ id }) => {
    if (id.type === "Identifier") return [id.name];
    throw new TypeError("a pattern is exported: name each of its parts");
  });
}

/** `const { a, b } = await import(…)` and `(await import(…)).a` take names, all else takes "*". */
function takenFrom(node: Deno.lint.ImportExpression): string[] {
  const user = node.parent.type === "AwaitExpression" ? node.parent.parent : node.parent;
  if (user.type === "MemberExpression" && user.property.type === "Identifier") {
    return [user.property.name];
  }
  if (user.type === "VariableDeclarator" && user.id.type === "ObjectPattern") {
    const keys = user.id.properties.map((property) =>
      property.type === "Property" && property.key.type === "Identifier" ? property.key.name : "*"
    );
    return keys;
  }
  return ["*"];
}
