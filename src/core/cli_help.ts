/**
 * Finding a command by its words, and the texts of `--help`.
 *
 * @module
 */
import type { Command } from "./command.ts";
import { UsageError } from "./errors.ts";

export interface ProgramText {
  readonly name: string;
  readonly version: string;
  /** One line on what the program is for. */
  readonly summary: string;
}

export type Found =
  | { readonly kind: "command"; readonly command: Command; readonly rest: readonly string[] }
  /** The words stop at a group ("tiles"); `help` says that they ask for its list. */
  | { readonly kind: "group"; readonly commands: readonly Command[]; readonly help: boolean };

/** The command with the most words in common with the line; throws UsageError where there is none. */
export function findCommand(
  program: ProgramText,
  commands: readonly Command[],
  words: readonly string[],
): Found {
  let found: Command | undefined;
  let length = 0;
  for (const command of commands) {
    const name = command.name.split(" ");
    if (name.length > length && name.every((word, i) => words[i] === word)) {
      found = command;
      length = name.length;
    }
  }
  if (found !== undefined) return { kind: "command", command: found, rest: words.slice(length) };

  const asked = words.findIndex((word) => word.startsWith("-"));
  const group = asked < 0 ? words : words.slice(0, asked);
  const inGroup = commands.filter((c) =>
    `${c.name} `.startsWith(group.map((w) => `${w} `).join(""))
  );
  const onlyHelp = words.slice(group.length).every((word) => word === "--help" || word === "-h");
  if ((inGroup.length > 0 || group.length === 0) && onlyHelp) {
    return { kind: "group", commands: inGroup, help: words.length > group.length };
  }
  const near = nearest(group, commands.map((command) => command.name));
  throw new UsageError(
    `there is no command "${words.slice(0, 2).join(" ")}"` +
      (near === undefined ? "" : `; did you mean "${near}"?`) +
      ` (\`${program.name} --help\` lists them)`,
  );
}

export function programHelp(program: ProgramText, commands: readonly Command[]): string {
  const width = Math.max(0, ...commands.map((command) => command.name.length));
  return [
    `${program.name} ${program.version}: ${program.summary}`,
    "",
    `usage: ${program.name} COMMAND [options]`,
    "",
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    "",
    `\`${program.name} COMMAND --help\` explains one command; --quiet hides the progress.`,
  ].join("\n");
}

export function commandHelp(command: Command): string {
  return command.help.trimEnd();
}

/** The name within a third of its letters of what was typed; arguments may stand behind it. */
function nearest(typed: readonly string[], names: readonly string[]): string | undefined {
  const scored = names.map((name) => {
    const words = typed.slice(0, name.split(" ").length).join(" ");
    return { name, distance: editDistance(words, name) };
  }).sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best !== undefined && best.distance <= Math.ceil(best.name.length / 3)
    ? best.name
    : undefined;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
