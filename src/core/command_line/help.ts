/**
 * Finding a command by its words, and the texts of `--help`.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import type { Command, CommandDeclaration } from "./command.ts";
import { type Option, optionName } from "./option.ts";
import { argumentText, COMMON_FLAGS, unknownOptionText } from "./parse.ts";
import { nearest } from "./suggest.ts";

export interface ProgramText {
  readonly name: string;
  readonly version: string;
  /** One line on what the program is for. */
  readonly summary: string;
}

/** What a program takes without a command. */
const PROGRAM_FLAGS = ["--help", "--version"];

type Found<C> =
  | { readonly kind: "command"; readonly command: C; readonly rest: readonly string[] }
  /** The words stop at a group ("tiles"); `help` says that they ask for its list. */
  | { readonly kind: "group"; readonly commands: readonly C[]; readonly help: boolean };

/** The command with the most words in common with the line; throws UsageError where there is none. */
export function findCommand<C extends { readonly name: string }>(
  commands: readonly C[],
  words: readonly string[],
): Found<C> {
  let found: C | undefined;
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
  if (group.length === 0) throw new UsageError(unknownOptionText(words[0], [...PROGRAM_FLAGS]));
  const near = nearestCommand(group, [
    ...commands.map((command) => command.name),
    ...PROGRAM_FLAGS,
  ]);
  throw new UsageError(
    `there is no command "${words.slice(0, 2).join(" ")}"` +
      (near === undefined ? "" : `; did you mean "${near}"?`),
  );
}

/** Arguments may stand behind the words of the command. */
function nearestCommand(typed: readonly string[], names: readonly string[]): string | undefined {
  const lengths = new Set(names.map((name) => name.split(" ").length));
  for (const length of [...lengths].sort((a, b) => b - a)) {
    const ofLength = names.filter((name) => name.split(" ").length === length);
    const near = nearest(typed.slice(0, length).join(" "), ofLength);
    if (near !== undefined) return near;
  }
  return undefined;
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
    `\`${program.name} COMMAND --help\` explains one command, \`${program.name} --version [--json]\` this build.`,
  ].join("\n");
}

const LINE_WIDTH = 100;
/** Where the words on an option begin. */
const TEXT_COLUMN = 24;

/** `title` is how the command is called: "operator tiles import". */
export function commandHelp(title: string, command: CommandDeclaration): string {
  return [
    usageLine(title, command),
    "",
    ...paragraphs(command.about),
    ...section("Arguments", Object.values(command.arguments).map(argumentRow)),
    ...optionSections(command),
    ...section("Common options", [
      ...optionRows(command, (key) => key === "json"),
      ...Object.entries(COMMON_FLAGS).map(([name, text]) => row(`--${name}`, text)),
    ]),
    "",
    command.examples.length === 1 ? "Example" : "Examples",
    ...command.examples.map((example) => `  ${example}`),
    ...section(
      "Exit codes",
      Object.entries(command.exitCodes).map(([code, text]) => wrapped(`  ${code}`, text, 6)),
    ),
    ...section(
      "Environment",
      Object.entries(command.environment).map(([name, text]) => row(name, text)),
    ),
  ].join("\n");
}

/** "operator cache dump TILE --out FILE [options]". */
export function usageLine(title: string, command: CommandDeclaration): string {
  const required = Object.entries(command.options).filter(([, option]) => option.isRequired)
    .map(([key, { placeholder }]) => `--${optionName(key)} ${placeholder}`);
  const words = Object.values(command.arguments).map(argumentText);
  return ["usage:", title, ...words, ...required, "[options]"].join(" ");
}

/** What stands behind an option in words: help, unit, default, older names. */
function optionText(option: Option): string {
  const facts = [
    ...(option.isRequired ? ["required"] : []),
    ...optionFacts(option),
    ...(option.defaultText === null ? [] : [`default: ${option.defaultText}`]),
  ];
  return facts.length === 0 ? option.help : `${option.help} (${facts.join("; ")})`;
}

/** Unit and range, how it is written, older names. */
export function optionFacts(option: Option): string[] {
  return [
    ...(option.unit === null ? [] : [option.unit]),
    ...(option.isMultiple ? ["may be given several times"] : []),
    ...(option.example === null ? [] : [`for example ${option.example}`]),
    ...option.olderNames.map((name) => `formerly --${name}`),
  ];
}

function optionSections(command: CommandDeclaration): string[] {
  const groups = new Set(Object.values(command.options).map(({ group }) => group));
  const named = [...groups].filter((group) => group !== null);
  const inGroup = (group: string | null) =>
    optionRows(command, (key, option) => key !== "json" && option.group === group);
  return [
    ...section("Options", inGroup(null)),
    ...named.flatMap((group) => section(group, inGroup(group))),
  ];
}

function optionRows(
  command: CommandDeclaration,
  wanted: (key: string, option: Option) => boolean,
): string[] {
  return Object.entries(command.options).filter(([key, option]) => wanted(key, option))
    .map(([key, option]) => {
      const value = option.placeholder === null ? "" : ` ${option.placeholder}`;
      return row(`--${optionName(key)}${value}`, optionText(option));
    });
}

function argumentRow(argument: Option): string {
  return row(argument.placeholder ?? "", optionText({ ...argument, isRequired: false }));
}

function row(head: string, text: string): string {
  return wrapped(`  ${head}`, text, TEXT_COLUMN);
}

function section(title: string, rows: readonly string[]): string[] {
  return rows.length === 0 ? [] : ["", title, ...rows];
}

/** `head`, then `text` from `column` on in lines of their own width. */
function wrapped(head: string, text: string, column: number): string {
  const lines = wrap(text, LINE_WIDTH - column);
  const indent = " ".repeat(column);
  if (head.length + 2 > column) return [head, ...lines.map((line) => indent + line)].join("\n");
  return lines.map((line, i) => (i === 0 ? head.padEnd(column) : indent) + line).join("\n");
}

/** Paragraphs are filled anew; indented lines stay as they are. */
function paragraphs(text: string): string[] {
  return text.trim().split(/\n{2,}/).flatMap((paragraph, i) => [
    ...(i === 0 ? [] : [""]),
    ...fill(paragraph),
  ]);
}

function fill(paragraph: string): string[] {
  const out: string[] = [];
  let open: string[] = [];
  const close = () => {
    if (open.length > 0) out.push(...wrap(open.join(" "), LINE_WIDTH));
    open = [];
  };
  for (const line of paragraph.split("\n")) {
    if (!/^\s/.test(line)) open.push(line);
    else {
      close();
      out.push(line);
    }
  }
  close();
  return out;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
