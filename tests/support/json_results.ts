/**
 * Holds what a program printed with `--json` against the schemas that its documentation is made from.
 *
 * @module
 */
import * as z from "zod";
import { JSON_SHAPES } from "../../tasks/json_documents.ts";

/** @throws Error that names the line and what is wrong in it. */
export function checkJsonOutput(
  program: "operator" | "airborne",
  args: readonly string[],
  out: string,
): void {
  if (!args.includes("--json")) return;
  const words = args.filter((word) => !word.startsWith("-"));
  const commands = JSON_SHAPES[program];
  const command = [3, 2, 1].map((length) => words.slice(0, length).join(" "))
    .find((name) => Object.hasOwn(commands, name));
  if (command === undefined) return;
  const schema = z.union(commands[command] as readonly [z.ZodType, ...z.ZodType[]]);
  for (const line of out.split("\n").filter((each) => each.startsWith("{"))) {
    const { success, error } = schema.safeParse(JSON.parse(line));
    if (success) continue;
    const fault = z.prettifyError(error);
    throw new Error(`${program} ${command} --json is not as JSON.md says: ${fault}\n${line}`);
  }
}
