/**
 * A command: its declaration, and what it does.
 *
 * @module
 */
import type { ExitCode } from "../errors.ts";
import { refuseSpecialFile } from "../plain_file.ts";
import type { CommandIo } from "./command_io.ts";
import { option, type Options, type OptionValues } from "./option.ts";
import { parseCommandLine } from "./parse.ts";

/** All of a command that help, completion and documents are made of. */
export interface CommandDeclaration {
  /** Words after the program's name: "tiles import". */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** Paragraphs of the help; a paragraph whose lines are indented keeps them. */
  readonly about: string;
  /** In the order in which they stand; those that are not required last. */
  readonly arguments: Options;
  readonly options: Options;
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** Its own exit codes and what they say; those that every command has are not named. */
  readonly exitCodes: Readonly<Record<number, string>>;
  /** Environment variables that it reads, beside {@link COMMON_ENVIRONMENT}: name and purpose. */
  readonly environment: Readonly<Record<string, string>>;
  /** Files and folders that it reads or makes without being told: path and purpose. */
  readonly files: Readonly<Record<string, string>>;
}

/** Environment variables that every command honours. */
export const COMMON_ENVIRONMENT: Readonly<Record<string, string>> = {
  GDN_CACHE: "folder in which an executable that is not installed unpacks itself",
  NO_COLOR: "set to anything: no colour (colour is used on a terminal only)",
};

export interface Command extends CommandDeclaration {
  /** What the words behind the name ask for. @throws UsageError */
  parse(args: readonly string[]): unknown;
  /** Parses `args` (throws UsageError), works, and returns the exit code; may throw GdnError. */
  run(args: readonly string[], io: CommandIo): Promise<ExitCode>;
}

/** A command whose values the compiler knows. */
interface TypedCommand<V> extends Command {
  parse(args: readonly string[]): V;
}

/** `--json` as every command has it that prints a result. */
type Json = { readonly json: ReturnType<typeof option.flag> };

type Declared<O extends Options, A extends Options> =
  & Pick<CommandDeclaration, "name" | "summary" | "about" | "examples">
  & {
    readonly arguments?: A;
    readonly options: O;
    /** What `--json` prints; a command without it has no such option. */
    readonly json?: string;
    readonly exitCodes?: CommandDeclaration["exitCodes"];
    readonly environment?: CommandDeclaration["environment"];
    readonly files?: CommandDeclaration["files"];
  };

/** A command whose `run` receives the values that its declaration names, read and checked. */
export function defineCommand<
  const O extends Options,
  const A extends Options = Record<never, never>,
>(
  declared: Declared<O, A> & {
    run(
      values: OptionValues<A> & OptionValues<O & Json>,
      io: CommandIo,
    ): Promise<ExitCode> | ExitCode;
  },
): TypedCommand<OptionValues<A> & OptionValues<O & Json>> {
  const declaration: CommandDeclaration = {
    name: declared.name,
    summary: declared.summary,
    about: declared.about,
    arguments: declared.arguments ?? {},
    options: {
      ...declared.options,
      ...(declared.json === undefined ? {} : { json: option.flag({ help: declared.json }) }),
    },
    examples: declared.examples,
    exitCodes: declared.exitCodes ?? {},
    environment: Object.assign(
      {},
      declared.environment,
      ...Object.values(declared.options).map(({ environment }) => environment),
    ),
    files: declared.files ?? {},
  };
  const parse = (args: readonly string[]) =>
    parseCommandLine(args, declaration) as OptionValues<A> & OptionValues<O & Json>;
  return {
    ...declaration,
    parse,
    async run(args, io) {
      const values = parse(args);
      for (const path of pathsToRead(declaration, values)) refuseSpecialFile(path);
      return await declared.run(values, io);
    },
  };
}

function pathsToRead(
  declaration: CommandDeclaration,
  values: Readonly<Record<string, unknown>>,
): string[] {
  return Object.entries({ ...declaration.arguments, ...declaration.options })
    .filter(([, { access }]) => access === "read")
    .flatMap(([key]) => values[key])
    .filter((value) => typeof value === "string");
}
