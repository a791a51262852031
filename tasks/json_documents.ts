/**
 * The texts of src/operator/JSON.md and src/airborne/JSON.md, the shapes of what `--json` prints, from
 * their schemas. A test compares the files with them; `deno task documents` writes them.
 *
 * @module
 */
import * as z from "zod";
import {
  FaultLineSchema,
  FrameLineSchema,
  PhotographFlightLineSchema,
  PhotographLineSchema,
  SummaryLineSchema,
} from "../src/airborne/json_lines.ts";
import {
  EstimateLineSchema,
  GpsLineSchema,
  LogSummaryLineSchema,
} from "../src/airborne/log_lines.ts";
import { StatusLineSchema } from "../src/airborne/live/live_state_file.ts";
import { KeyLineSchema } from "../src/airborne/trust/keys_commands.ts";
import { JSON_RESULTS } from "../src/operator/json_results.ts";
import { REPOSITORY } from "./executables.ts";

type Schemas = Readonly<Record<string, readonly z.ZodType[]>>;

/** By program and command: what it prints. */
export const JSON_SHAPES: Readonly<Record<"operator" | "airborne", Schemas>> = {
  operator: JSON_RESULTS,
  airborne: {
    "fly": [FrameLineSchema, FaultLineSchema, SummaryLineSchema],
    "replay": [
      FrameLineSchema,
      PhotographLineSchema,
      PhotographFlightLineSchema,
      EstimateLineSchema,
      GpsLineSchema,
      FaultLineSchema,
      SummaryLineSchema,
      LogSummaryLineSchema,
    ],
    "status": [StatusLineSchema],
    "keys trust": [KeyLineSchema],
    "keys list": [KeyLineSchema],
    "keys revoke": [KeyLineSchema],
  },
};

export function jsonDocuments(): readonly { readonly path: string; readonly text: string }[] {
  return Object.entries(JSON_SHAPES).map(([program, commands]) => {
    const text = [
      `# What ${program} prints with --json`,
      "",
      "Made from the schemas by `deno task documents`; do not edit.",
      "",
      "One JSON object a line, on stdout; `type` tells the kinds apart. Notes, progress and errors go to " +
      "stderr. Units and frames are in the names: `M` metres, `Deg` degrees, `S` seconds, `Ns` " +
      "nanoseconds, `Mps` metres per second; times end in `At` or `Utc`. A later version may add keys.",
      ...Object.entries(commands).flatMap(([command, schemas]) => [
        "",
        `## ${program} ${command}`,
        ...schemas.flatMap((schema) => ["", "```ts", typeText(schema), "```"]),
      ]),
      "",
    ].join("\n");
    return { path: `${REPOSITORY}/src/${program}/JSON.md`, text };
  });
}

type Json = Readonly<Record<string, unknown>>;

function typeText(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as Json;
  const about = typeof json.description === "string" ? `// ${json.description}\n` : "";
  return about + textOf(json, "");
}

/** A JSON Schema in the notation of TypeScript. */
function textOf(schema: Json, indent: string): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) {
    return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  }
  const either = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(either)) return either.map((one) => textOf(one as Json, indent)).join(" | ");
  if (schema.type === "array") return arrayText(schema, indent);
  if (schema.type === "object") return objectText(schema, indent);
  return [schema.type ?? "any"].flat().join(" | ");
}

function arrayText({ prefixItems, items }: Json, indent: string): string {
  if (Array.isArray(prefixItems)) {
    return `[${prefixItems.map((one) => textOf(one as Json, indent)).join(", ")}]`;
  }
  const item = textOf(items as Json ?? {}, indent);
  return item.includes(" | ") ? `(${item})[]` : `${item}[]`;
}

function objectText(schema: Json, indent: string): string {
  const properties = Object.entries((schema.properties ?? {}) as Readonly<Record<string, Json>>);
  if (properties.length === 0) {
    return `Record<string, ${textOf((schema.additionalProperties || {}) as Json, indent)}>`;
  }
  const required = new Set((schema.required ?? []) as readonly string[]);
  const inner = `${indent}  `;
  const lines = properties.map(([name, each]) => {
    const remark = typeof each.description === "string" ? ` // ${each.description}` : "";
    return `${inner}${name}${required.has(name) ? "" : "?"}: ${textOf(each, inner)};${remark}`;
  });
  return `{\n${lines.join("\n")}\n${indent}}`;
}
