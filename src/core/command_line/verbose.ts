/**
 * What `--verbose` says about a command line.
 *
 * @module
 */
import type { Command } from "./command.ts";
import { optionName } from "./option.ts";
import { tokensOf, withoutSecrets } from "./parse.ts";

/** One line an option and argument: what is used, and whether it was given; no passwords. */
export function valuesText(command: Command, args: readonly string[]): string[] {
  const given = new Set<string>();
  const lines: string[] = [];
  const names = Object.values(command.arguments).map(({ placeholder }) => placeholder);
  for (const token of tokensOf(args, command.options)) {
    const text = withoutSecrets(token.text ?? "yes");
    if (token.kind === "argument") lines.push(`${names.shift() ?? "argument"} = ${text}`);
    else if (token.key !== undefined) {
      given.add(token.key);
      lines.push(`--${optionName(token.key)} = ${text}`);
    }
  }
  for (const [key, { defaultText }] of Object.entries(command.options)) {
    if (!given.has(key) && defaultText !== null) {
      lines.push(`--${optionName(key)} = ${defaultText} (default)`);
    }
  }
  return lines;
}
