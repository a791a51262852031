/**
 * Writes config/airborne.example.yaml: every setting of `airborne` with its default and the comment
 * from its schema. A test compares the file with this output.
 *
 * usage: deno run -P=tasks tasks/example_config.ts
 *
 * @module
 */
import { AirborneConfigSchema } from "../src/airborne/config.ts";
import { REPOSITORY } from "./executables.ts";

export const EXAMPLE_CONFIG = `${REPOSITORY}/config/airborne.example.yaml`;

/** What others share comes before them. */
const SOURCES = [
  "flight/flight_settings/live.ts",
  "flight/flight_settings/navigator.ts",
  "flight/flight_settings/mission_settings.ts",
  "airborne/config.ts",
  "airborne/live/config.ts",
  "airborne/trust/config.ts",
  "airborne/work_limits.ts",
  "flight/camera_source/config.ts",
  "flight/flight_controller/config.ts",
  "flight/flight_recorder/config.ts",
  "navigation/inference/config.ts",
  "navigation/matcher/config.ts",
  "tiles/orthorectification/flight_tile_gate.ts",
  "navigation/place_recognition/config.ts",
  "navigation/pose/config.ts",
  "navigation/state_estimator/config.ts",
  "navigation/vio/config.ts",
];

const HEAD =
  `# Every setting of airborne with its default: give your copy with --config, and leave out what you
# do not change. A variable overrides a setting: GDN_NAVIGATOR__HEIGHT_MIN_M=10 is navigator.heightMinM.
# Made by \`deno run -P=tasks tasks/example_config.ts\` from the schemas.
`;

/** One key of a schema: its comment, and the schema that it holds where it holds one. */
interface Key {
  readonly name: string;
  readonly comment: readonly string[];
  readonly schema: string | null;
}

/** A setting, or a group of them. */
export interface Setting {
  /** ["navigator", "heightMinM"]. */
  readonly path: readonly string[];
  readonly comment: readonly string[];
  /** Its default; undefined of a group, whose settings follow. */
  readonly value: unknown;
}

/** Every setting of `airborne` in order. */
export async function airborneSettings(): Promise<Setting[]> {
  const schemas = new Map<string, Key[]>();
  for (const source of SOURCES) {
    readSchemas(await Deno.readTextFile(`${REPOSITORY}/src/${source}`), schemas);
  }
  return settings(AirborneConfigSchema.parse({}), "AirborneConfigSchema", schemas, []);
}

/** The text of the example. */
export async function exampleConfig(): Promise<string> {
  const lines = (await airborneSettings()).flatMap(({ path, comment, value }) => {
    const indent = "  ".repeat(path.length - 1);
    const isGroup = value === undefined;
    return [
      ...(isGroup && path.length === 1 ? [""] : []),
      ...comment.map((line) => `${indent}# ${line}`),
      `${indent}${path.at(-1)}:${isGroup ? "" : ` ${JSON.stringify(value)}`}`,
    ];
  });
  return `${HEAD}${lines.join("\n")}\n`;
}

/** Finds `const X = z.strictObject({ … })` and, inside, comments and keys, line by line. */
function readSchemas(text: string, schemas: Map<string, Key[]>): void {
  const path: string[] = [];
  let comment: string[] = [];
  for (const line of text.split("\n").map((line) => line.trim())) {
    const top = /^(?:export )?const (\w+) = z\.strictObject\(\{$/.exec(line)?.[1];
    const nested = /^(\w+): z\.strictObject\(\{$/.exec(line)?.[1];
    const key = /^(\w+): (?:(\w+Schema)\b)?/.exec(line);
    if (line.startsWith("/**") || line.startsWith("*")) {
      if (line.startsWith("/**")) comment = [];
      const words = line.replace(/^\/?\*+\/?|\*\/$/g, "").trim();
      if (words !== "") comment.push(words);
      continue;
    }
    const shared = /^\.\.\.(\w+)\.shape,$/.exec(line)?.[1];
    if (top !== undefined) {
      path.splice(0, path.length, top);
      schemas.set(top, []);
    } else if (shared !== undefined) {
      schemas.get(path.at(-1) ?? "")?.push(...schemas.get(shared) ?? []);
    } else if (key !== null && path.length > 0) {
      const inner = nested === undefined ? key[2] ?? null : `${path.at(-1)}.${nested}`;
      put(schemas.get(path.at(-1) ?? "") ?? [], { name: key[1], comment, schema: inner });
      if (nested !== undefined && inner !== null) {
        path.push(inner);
        schemas.set(inner, []);
      }
    } else if (line.startsWith("})")) path.pop();
    comment = [];
  }
}

/** A key that a shared schema has already given keeps its place, and its comment unless it has one. */
function put(keys: Key[], key: Key): void {
  const at = keys.findIndex(({ name }) => name === key.name);
  if (at < 0) keys.push(key);
  else keys[at] = { ...key, comment: key.comment.length > 0 ? key.comment : keys[at].comment };
}

function settings(
  values: Readonly<Record<string, unknown>>,
  schema: string,
  schemas: ReadonlyMap<string, readonly Key[]>,
  above: readonly string[],
): Setting[] {
  return (schemas.get(schema) ?? []).flatMap(({ name, comment, schema: inner }) => {
    const path = [...above, name];
    if (inner === null) return [{ path, comment, value: values[name] }];
    const below = settings(values[name] as Record<string, unknown>, inner, schemas, path);
    return [{ path, comment, value: undefined }, ...below];
  });
}

if (import.meta.main) await Deno.writeTextFile(EXAMPLE_CONFIG, await exampleConfig());
