/**
 * Manual pages of the two programs, made from the declarations of their commands: one of each
 * program, one of each command, and airborne.yaml(5) of the configuration.
 *
 * @module
 */
import {
  argumentText,
  type Command,
  type CommandDeclaration,
  COMMON_ENVIRONMENT,
  COMMON_FLAGS,
  EXIT_CODES,
  type Option,
  optionFacts,
  optionName,
  settingVariable,
  VERSION,
} from "../../src/core/mod.ts";
import { airborneSettings } from "../example_config.ts";
import { bold, example, heading, italic, item, paragraphs, plain } from "./roff.ts";

export interface ManualPage {
  /** "operator-tiles-import.1". */
  readonly fileName: string;
  readonly text: string;
}

export interface DocumentedProgram {
  readonly name: string;
  readonly summary: string;
  readonly commands: readonly Command[];
}

/** `date` is that of the source, "2026-11-29": the same source makes the same bytes. */
export async function manualPages(
  programs: readonly DocumentedProgram[],
  date: string,
): Promise<ManualPage[]> {
  return [
    ...programs.flatMap((program) => [
      programPage(program, date),
      ...program.commands.map((command) => commandPage(program, command, date)),
    ]),
    await configurationPage(date),
  ];
}

/** "operator-tiles-import". */
const pageName = (program: DocumentedProgram, { name }: CommandDeclaration) =>
  `${program.name}-${name.replaceAll(" ", "-")}`;

function programPage(program: DocumentedProgram, date: string): ManualPage {
  const { name, summary, commands } = program;
  const environment = allOf(commands, "environment");
  const files = allOf(commands, "files");
  const lines = [
    title(name, 1, date),
    ...naming(name, summary),
    heading("Synopsis"),
    `${bold(name)} ${italic("COMMAND")} [options]`,
    ".br",
    `${bold(name)} ${bold("help")} [${italic("COMMAND")}]`,
    ".br",
    `${bold(name)} ${bold("--version")} [${bold("--json")}]`,
    heading("Description"),
    plain(
      `${sentence(summary)} Results go to the standard output, messages and progress to the ` +
        "standard error. It asks nothing and never reads a password from the command line.",
    ),
    heading("Commands"),
    ...commands.flatMap((command) => [
      ...item(bold(command.name), sentence(command.summary)),
      ".br",
      reference(pageName(program, command), 1),
    ]),
    heading("Options"),
    plain("Every command takes:"),
    ...commonItems(),
    heading("Exit status"),
    ...EXIT_CODES.flatMap(({ code, meaning }) => item(bold(`${code}`), sentence(meaning))),
    ...definitions("Environment", { ...environment, ...COMMON_ENVIRONMENT }),
    ...definitions("Files", files),
    heading("Examples"),
    ...commands.flatMap(({ examples }) => example(examples.slice(0, 1))),
    heading("See also"),
    plain("The manual page of each command."),
  ];
  return { fileName: `${name}.1`, text: `${lines.join("\n")}\n` };
}

function commandPage(
  program: DocumentedProgram,
  command: CommandDeclaration,
  date: string,
): ManualPage {
  const name = pageName(program, command);
  const called = `${program.name} ${command.name}`;
  const codes = Object.entries(command.exitCodes);
  const own = codes.filter(([code]) => code !== "0");
  const lines = [
    title(name, 1, date),
    ...naming(name, command.summary),
    heading("Synopsis"),
    [
      bold(called),
      ...Object.values(command.arguments).map((one) => italic(argumentText(one))),
      ...Object.entries(command.options).filter(([, one]) => one.isRequired)
        .map(([key, one]) => optionHead(key, one)),
      "[options]",
    ].join(" "),
    heading("Description"),
    ...paragraphs(command.about),
    ...optionList(command),
    heading("Exit status"),
    ...item(bold("0"), sentence(command.exitCodes[0] ?? "done")),
    ...own.flatMap(([code, text]) => item(bold(code), sentence(text))),
    ".PP",
    `${reference(program.name, 1)} lists those that every command may end with.`,
    ...definitions("Environment", { ...command.environment, ...COMMON_ENVIRONMENT }),
    ...definitions("Files", command.files),
    heading("Examples"),
    ...example(command.examples),
    heading("See also"),
    `${reference(program.name, 1)}${
      "config" in command.options ? `, ${reference("airborne.yaml", 5)}` : ""
    }`,
  ];
  return { fileName: `${name}.1`, text: `${lines.join("\n")}\n` };
}

async function configurationPage(date: string): Promise<ManualPage> {
  const name = "airborne.yaml";
  const settings = (await airborneSettings()).flatMap(({ path, comment, value }) => {
    const text = comment.join(" ");
    if (value === undefined) {
      return [`.SS ${plain(path.join("."))}`, ...(text === "" ? [] : [plain(text)])];
    }
    return [
      ".TP",
      `${bold(path.join("."))}: ${plain(JSON.stringify(value))}`,
      ...(text === "" ? [] : [plain(text), ".br"]),
      bold(settingVariable(path)),
    ];
  });
  const lines = [
    title(name, 5, date),
    ...naming(name, "configuration of airborne"),
    heading("Description"),
    plain(
      "A YAML file that airborne reads with --config FILE. Leave out what you do not change. An " +
        "unknown key, or a value out of its range, is refused with exit status 78. An environment " +
        "variable overrides the setting whose name stands with it below; its value is read as YAML.",
    ),
    heading("Settings"),
    plain("Each with its default, and the variable that overrides it."),
    ...settings,
    heading("Examples"),
    ...example(["navigator:", "  heightMinM: 10"]),
    heading("See also"),
    `${reference("airborne", 1)}, ${reference("airborne-replay", 1)}`,
  ];
  return { fileName: `${name}.5`, text: `${lines.join("\n")}\n` };
}

function title(name: string, section: number, date: string): string {
  const manual = section === 5 ? "File Formats" : "User Commands";
  return `.TH ${name.toUpperCase()} ${section} ${date} "gps-denied-onboard ${VERSION}" "${manual}"`;
}

/** The form that mandb finds pages by. */
function naming(name: string, summary: string): string[] {
  return [heading("Name"), `${plain(name).replaceAll("-", "\\-")} \\- ${plain(summary)}`];
}

function optionList(command: CommandDeclaration): string[] {
  const words = Object.values(command.arguments).flatMap((one) =>
    item(italic(one.placeholder ?? ""), optionText(one))
  );
  const options = Object.entries(command.options);
  const groups = [...new Set(options.map(([, { group }]) => group))]
    .sort((a, b) => Number(a !== null) - Number(b !== null));
  return [
    ...(words.length === 0 ? [] : [heading("Arguments"), ...words]),
    heading("Options"),
    ...groups.flatMap((group) => [
      ...(group === null ? [] : [`.SS ${plain(group)}`]),
      ...options.filter(([, one]) => one.group === group)
        .flatMap(([key, one]) => item(optionHead(key, one), optionText(one))),
    ]),
    ...(groups.some((group) => group !== null) ? [".SS Common options"] : []),
    ...commonItems(),
  ];
}

function optionHead(key: string, { placeholder }: Option): string {
  const name = bold(`--${optionName(key)}`);
  return placeholder === null ? name : `${name} ${italic(placeholder)}`;
}

function commonItems(): string[] {
  return Object.entries(COMMON_FLAGS).flatMap(([name, text]) =>
    item(bold(`--${name}`), sentence(text))
  );
}

function optionText(option: Option): string {
  const facts = [
    ...optionFacts(option),
    ...(option.defaultText === null ? [] : [`default: ${option.defaultText}`]),
  ];
  return `${sentence(option.help)}${facts.length === 0 ? "" : ` ${sentence(facts.join("; "))}`}`;
}

function definitions(name: string, all: Readonly<Record<string, string>>): string[] {
  const entries = Object.entries(all);
  if (entries.length === 0) return [];
  return [heading(name), ...entries.flatMap(([term, text]) => item(bold(term), sentence(text)))];
}

function allOf(
  commands: readonly CommandDeclaration[],
  what: "environment" | "files",
): Record<string, string> {
  return Object.assign({}, ...commands.map((command) => command[what]));
}

function reference(name: string, section: number): string {
  return `${bold(name)}(${section})`;
}

/** With a capital and a full stop. */
function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`;
}
