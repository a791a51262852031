/**
 * Writes src/flight/flight_recorder/KINDS.md, the table of kinds, from the registry. A test
 * compares the file with it: run this after a change of the registry.
 *
 *     deno run -P=tasks tasks/fdr_kinds.ts
 *
 * @module
 */
import {
  channelSchemaName,
  FDR_KIND_GROUPS,
  FDR_KINDS,
  FDR_KINDS_FORBIDDEN,
  FDR_SCHEMA_VERSION,
  type FdrKind,
  foxgloveSchema,
  REQUIRED_KEYS,
} from "../src/flight/flight_recorder/mod.ts";
import { REPOSITORY } from "./executables.ts";

export const KINDS_FILE = `${REPOSITORY}/src/flight/flight_recorder/KINDS.md`;

if (import.meta.main) await Deno.writeTextFile(KINDS_FILE, kindsDocument());

/** The whole of KINDS.md. */
export function kindsDocument(): string {
  const sections = Object.entries(FDR_KIND_GROUPS).map(([name, kinds]) =>
    [
      `## ${name[0].toUpperCase()}${name.slice(1)}`,
      "",
      "| kind | what | must carry | may carry |",
      "| --- | --- | --- | --- |",
      ...(Object.keys(kinds) as FdrKind[]).map(row),
    ].join("\n")
  );
  const foxglove = (Object.keys(FDR_KINDS) as FdrKind[])
    .filter((kind) => foxgloveSchema(kind) !== null)
    .map((kind) => `\`${kind}\` as \`${channelSchemaName(kind)}\``);
  return [
    "# Kinds of records",
    "",
    "Made from the registry by `deno run -P=tasks tasks/fdr_kinds.ts`; do not edit.",
    "",
    `Record shape ${FDR_SCHEMA_VERSION}; ${Object.keys(FDR_KINDS).length} kinds. A payload may ` +
    "carry more keys than these: readers keep what they do not know. Units and frames are in the " +
    "names; times end in `Ns` and are of the canonical clock, but for `controllerNs`.",
    "",
    `Well-known schemas: ${foxglove.join(", ")}. Never recorded: ${
      FDR_KINDS_FORBIDDEN.map((kind) => `\`${kind}\``).join(", ")
    }.`,
    "",
    sections.join("\n\n"),
    "",
  ].join("\n");
}

function row(kind: FdrKind): string {
  const required = REQUIRED_KEYS[kind];
  const optional = Object.keys(FDR_KINDS[kind].shape).filter((key) => !required.includes(key));
  const what = (FDR_KINDS[kind].description ?? "").replaceAll("|", "\\|");
  return `| \`${kind}\` | ${what} | ${keys(required)} | ${keys(optional)} |`;
}

function keys(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(", ");
}
