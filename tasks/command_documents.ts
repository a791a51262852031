/**
 * The texts of src/operator/COMMANDS.md, src/airborne/COMMANDS.md and tasks/COMMANDS.md, the tables
 * of options, from the declarations of the commands. A test compares the files with them;
 * `deno task documents` writes them.
 *
 * @module
 */
import { commands as airborneCommands } from "../src/airborne/compose.ts";
import {
  argumentText,
  type CommandDeclaration,
  COMMON_FLAGS,
  type Option,
  optionFacts,
  optionName,
  usageLine,
  withCompletion,
} from "../src/core/mod.ts";
import { commands as operatorCommands } from "../src/operator/compose.ts";
import { REPOSITORY } from "./executables.ts";

interface CommandDocument {
  readonly path: string;
  readonly text: string;
}

/** `tasks`: those that take options. */
export function commandDocuments(tasks: readonly CommandDeclaration[]): readonly CommandDocument[] {
  return [
    documentOf("src/operator", "operator", withCompletion("operator", operatorCommands())),
    documentOf("src/airborne", "airborne", withCompletion("airborne", airborneCommands())),
    documentOf("tasks", "deno task", tasks),
  ];
}

function documentOf(
  folder: string,
  program: string,
  commands: readonly CommandDeclaration[],
): CommandDocument {
  const commonFlags = Object.entries(COMMON_FLAGS).map(([name, what]) => `\`--${name}\` (${what})`)
    .join(", ");
  const toRoot = "../".repeat(folder.split("/").length);
  const text = [
    `# Commands of ${program}`,
    "",
    "Made from the declarations by `deno task documents`; do not edit.",
    "",
    `Every command takes ${commonFlags}. A wrong command line ends with exit code 64. ` +
    "How places, areas, numbers, dates and sizes are written: " +
    `[command_line](${toRoot}src/core/command_line/README.md).`,
    ...commands.flatMap((command) => ["", ...sectionOf(program, command)]),
    "",
  ].join("\n");
  return { path: `${REPOSITORY}/${folder}/COMMANDS.md`, text };
}

function sectionOf(program: string, command: CommandDeclaration): string[] {
  const title = `${program} ${command.name}`;
  const codes = Object.entries(command.exitCodes).map(([code, text]) => `${code}: ${text}`);
  const environment = Object.entries(command.environment)
    .map(([name, text]) => `\`${name}\`: ${text}`);
  return [
    `## ${title}`,
    "",
    `${command.summary[0].toUpperCase()}${command.summary.slice(1)}.`,
    "",
    "```",
    usageLine(title, command).replace(/^usage: /, ""),
    "```",
    "",
    "| option | what | unit and values | default |",
    "| --- | --- | --- | --- |",
    ...Object.values(command.arguments).map((one) =>
      rowOf(argumentText(one), one, one.isRequired ? "needed" : "")
    ),
    ...Object.entries(command.options).map(([key, one]) => {
      const value = one.placeholder === null ? "" : ` ${one.placeholder}`;
      return rowOf(`--${optionName(key)}${value}`, one, one.isRequired ? "needed" : "");
    }),
    "",
    "```",
    ...command.examples,
    "```",
    ...(codes.length === 0 ? [] : ["", `Exit codes: ${codes.join("; ")}.`]),
    ...(environment.length === 0 ? [] : ["", `Environment: ${environment.join("; ")}.`]),
  ];
}

function rowOf(name: string, option: Option, otherwise: string): string {
  const cells = [
    `\`${name}\``,
    option.help,
    optionFacts(option).join("; "),
    option.defaultText ?? otherwise,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}
