/**
 * Loads a configuration: a YAML file, overridden by environment variables, checked by one zod
 * schema.
 *
 * A setting `camera.rateHz` is overridden by `GDN_CAMERA__RATE_HZ`: two underscores step into an
 * object, single ones separate the words of a key. Values are read as YAML, so `true`, `12.5` and
 * `[1, 2]` have the same meaning as in the file.
 *
 * @module
 */
import { parseDocument } from "yaml";
import * as z from "zod";
import { nearest } from "./command_line/suggest.ts";
import { EXIT, GdnError, messageOf } from "./errors.ts";
import { CONFIGURATION_LENGTH_MAX, ENVIRONMENT_PREFIX, upperSnake } from "./setting_variable.ts";

/** One problem. */
interface ConfigurationProblem {
  /** "camera.rateHz", or "" for the whole file. */
  readonly path: string;
  readonly message: string;
  /** The file, or the environment variable that set the value. */
  readonly source: string;
}

/** Every problem of a configuration in one error: exit code 78. */
export class ConfigurationError extends GdnError {
  readonly problems: readonly ConfigurationProblem[];

  constructor(problems: readonly ConfigurationProblem[]) {
    const lines = problems.map(({ path, message, source }) =>
      `\n  ${source}: ${path === "" ? "" : `${path}: `}${message}`
    );
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    super("CONFIGURATION", `Cannot use the configuration: ${count}${lines.join("")}`, {
      exitCode: EXIT.configuration,
    });
    this.problems = problems;
  }
}

/** A file's text, and its name for messages. */
interface ConfigurationFile {
  readonly text: string;
  readonly name: string;
}

interface ConfigurationSource {
  /** What `file` and environment override, setting by setting. */
  readonly base?: ConfigurationFile;
  /** Absent: defaults, `base` and the environment only. */
  readonly file?: ConfigurationFile;
  /** The environment; only names that begin with {@link ENVIRONMENT_PREFIX} are considered. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables with that prefix that are not settings (some tools of the project use them). */
  readonly ignore?: readonly string[];
}

/** A setting of `base` that is not as it says there. */
export interface OverriddenSetting {
  /** "eskf.anchor.gate" */
  readonly path: string;
  readonly stated: unknown;
  readonly used: unknown;
  /** The file or the variable that says otherwise. */
  readonly source: string;
}

interface ConfigurationReading<S extends z.ZodObject> {
  readonly config: z.infer<S>;
  /** What was set, without the defaults. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly overridden: readonly OverriddenSetting[];
}

/** The configuration of {@link readSettings}. */
export function readConfiguration<S extends z.ZodObject>(
  schema: S,
  source: ConfigurationSource,
): z.infer<S> {
  return readSettings(schema, source).config;
}

/**
 * Reads, overrides and checks. Unknown keys are refused at every depth, whatever the schema says,
 * and so are variables that match no setting.
 *
 * @throws ConfigurationError with every problem and where it is.
 */
export function readSettings<S extends z.ZodObject>(
  schema: S,
  source: ConfigurationSource,
): ConfigurationReading<S> {
  const fileName = source.file?.name ?? source.base?.name ?? "defaults";
  const problems: ConfigurationProblem[] = [];
  const base = parseFile(source.base, problems);
  const tree = merged(base, parseFile(source.file, problems));
  const fromEnvironment = new Map<string, string>();
  for (const [name, text] of Object.entries(source.environment ?? {}).sort()) {
    if (!name.startsWith(ENVIRONMENT_PREFIX) || source.ignore?.includes(name)) continue;
    const path = settingPath(schema, name.slice(ENVIRONMENT_PREFIX.length).split("__"));
    if (path === undefined) {
      const meant = nearest(name, settingVariables(schema));
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      const message = `no setting has this name${hint}`;
      problems.push({ path: "", message, source: `variable ${name}` });
      continue;
    }
    setAt(tree, path, yamlValue(text, `variable ${name}`, problems));
    fromEnvironment.set(path.join("."), name);
  }
  for (const path of unknownKeys(schema, tree)) {
    problems.push({ path, message: "unknown key", source: fileName });
  }
  const result = schema.safeParse(tree);
  for (const issue of result.error?.issues ?? []) {
    if (issue.code === "unrecognized_keys") continue;
    const path = issue.path.join(".");
    const variable = fromEnvironment.get(path);
    problems.push({
      path,
      message: issue.message,
      source: variable === undefined ? fileName : `variable ${variable}`,
    });
  }
  if (problems.length > 0 || !result.success) throw new ConfigurationError(problems);
  const overridden = leavesOf(base).flatMap(([path, stated]) => {
    const used = path.reduce<unknown>((at, key) => isTree(at) ? at[key] : undefined, result.data);
    if (JSON.stringify(used) === JSON.stringify(stated)) return [];
    const variable = path.map((_, depth) => path.slice(0, depth + 1).join("."))
      .map((above) => fromEnvironment.get(above)).find((name) => name !== undefined);
    const source = variable === undefined ? fileName : `variable ${variable}`;
    return [{ path: path.join("."), stated, used, source }];
  });
  return { config: result.data, given: tree, overridden };
}

/**
 * The variables that could override a setting of this schema, as far as they are set. For a program
 * that may read `GDN_*` only, and so cannot list its environment.
 */
export function configurationEnvironment(
  schema: z.ZodObject,
  get: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of settingVariables(schema)) {
    const value = get(name);
    if (value !== undefined) found[name] = value;
  }
  return found;
}

/** Every variable that overrides a setting of this schema, or a whole section. */
export function settingVariables(schema: z.ZodType, prefix: string = ENVIRONMENT_PREFIX): string[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([key, child]) => {
    const name = prefix + upperSnake(key);
    return [name, ...settingVariables(child, `${name}__`)];
  });
}

/** The variable that overrides a setting: ["camera", "rateHz"] → "GDN_CAMERA__RATE_HZ". */
export function settingVariable(path: readonly string[]): string {
  return ENVIRONMENT_PREFIX + path.map(upperSnake).join("__");
}

type Tree = Record<string, unknown>;

function parseFile(file: ConfigurationFile | undefined, problems: ConfigurationProblem[]): Tree {
  if (file === undefined) return {};
  const { text, name } = file;
  const tree = yamlValue(text, name, problems);
  if (problems.length > 0) throw new ConfigurationError(problems);
  if (tree === null || tree === undefined) return {};
  if (!isTree(tree)) {
    throw new ConfigurationError([
      { path: "", message: "must hold settings, `name: value`", source: name },
    ]);
  }
  return tree;
}

/** A YAML value; what is wrong with `text` goes to `problems`. */
function yamlValue(text: string, source: string, problems: ConfigurationProblem[]): unknown {
  if (text.length > CONFIGURATION_LENGTH_MAX) {
    const message =
      `has ${text.length} characters, more than ${CONFIGURATION_LENGTH_MAX} are not read`;
    problems.push({ path: "", message, source });
    return undefined;
  }
  try {
    const document = parseDocument(text, { uniqueKeys: true });
    for (const error of document.errors) {
      problems.push({ path: "", message: error.message.split("\n")[0], source });
    }
    // Throws where aliases of aliases would grow without end.
    return document.errors.length > 0 ? undefined : document.toJS();
  } catch (error) {
    problems.push({ path: "", message: `cannot be read as YAML: ${messageOf(error)}`, source });
    return undefined;
  }
}

/** ["CAMERA", "RATE_HZ"] → ["camera", "rateHz"], by the schema's own names. */
function settingPath(schema: z.ZodType, words: readonly string[]): string[] | undefined {
  const path: string[] = [];
  let at: z.ZodType = schema;
  for (const word of words) {
    const shape = shapeOf(at);
    const key = shape && Object.keys(shape).find((name) => upperSnake(name) === word);
    if (shape === undefined || key === undefined) return undefined;
    path.push(key);
    at = shape[key];
  }
  return path;
}

function unknownKeys(schema: z.ZodType, value: unknown, path = ""): string[] {
  const shape = shapeOf(schema);
  if (shape === undefined || !isTree(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const childPath = path === "" ? key : `${path}.${key}`;
    return Object.hasOwn(shape, key) ? unknownKeys(shape[key], child, childPath) : [childPath];
  });
}

/** The keys of an object schema, through defaults, optionals and the like. */
function shapeOf(schema: z.ZodType): Record<string, z.ZodType> | undefined {
  let at: unknown = schema;
  for (;;) {
    if (at instanceof z.ZodObject) return at.shape as Record<string, z.ZodType>;
    const inner = (at as { def?: { innerType?: unknown; in?: unknown } }).def;
    const next = inner?.innerType ?? inner?.in;
    if (next === undefined) return undefined;
    at = next;
  }
}

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child = tree[key];
  const next: Tree = isTree(child) ? child : {};
  tree[key] = next;
  setAt(next, rest, value);
}

/** Setting by setting; lists are replaced. */
function merged(base: Tree, over: Tree): Tree {
  const tree: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, key) ? base[key] : undefined;
    tree[key] = isTree(below) && isTree(value) ? merged(below, value) : value;
  }
  return tree;
}

function leavesOf(tree: Tree, above: readonly string[] = []): [readonly string[], unknown][] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = [...above, key];
    return isTree(value) ? leavesOf(value, path) : [[path, value] as [readonly string[], unknown]];
  });
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
