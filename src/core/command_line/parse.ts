/**
 * A command line against its declaration.
 *
 * @module
 */
import { UsageError } from "../errors.ts";
import { type Option, optionName, type Options } from "./option.ts";
import { nearest } from "./suggest.ts";
import { Refused } from "./values.ts";

/** What every command takes; the program itself answers to them. */
export const COMMON_FLAGS = {
  quiet: "only results and errors: no progress, no notes",
  verbose: "also what it works with, how long it took, and what caused an error",
  help: "explains the command",
} as const;

/** What the program takes for itself, before the command reads the rest. */
export function withoutLoudness(args: readonly string[]): string[] {
  const end = args.indexOf("--");
  return args.filter((arg, i) => (arg !== "--quiet" && arg !== "--verbose") || end >= 0 && i > end);
}

/** One word, or an option with its value, of a command line; `key` is undefined where nobody declared it. */
type Token =
  | { readonly kind: "argument"; readonly text: string }
  | {
    readonly kind: "option";
    /** As it was typed: "--area". */
    readonly typed: string;
    readonly key: string | undefined;
    /** undefined for a flag, and where the value is missing. */
    readonly text: string | undefined;
  };

/** What of options decides how a line is cut. */
type OptionShapes = Readonly<Record<string, Pick<Option, "placeholder" | "olderNames">>>;

/** Never throws: what is wrong is found when the tokens are read. */
export function* tokensOf(args: readonly string[], options: OptionShapes): Generator<Token> {
  const keys = keysByName(options);
  for (let index = 0; index < args.length; index++) {
    const arg = args[index];
    if (arg === "--") {
      for (const text of args.slice(index + 1)) yield { kind: "argument", text };
      return;
    }
    if (!isOption(arg)) {
      yield { kind: "argument", text: arg };
      continue;
    }
    const equals = arg.indexOf("=");
    const typed = equals < 0 ? arg : arg.slice(0, equals);
    const key = keys.get(typed);
    const takesValue = key !== undefined && options[key].placeholder !== null;
    let text = equals < 0 ? undefined : arg.slice(equals + 1);
    if (text === undefined && takesValue && index + 1 < args.length && !isOption(args[index + 1])) {
      text = args[++index];
    }
    yield { kind: "option", typed, key, text };
  }
}

/** "-33.9,151.2" is a value and "-" a name, but "-x" and "--x" are options. */
function isOption(arg: string): boolean {
  return /^-[^\d.]/.test(arg);
}

function keysByName(options: OptionShapes): Map<string, string> {
  const keys = new Map<string, string>();
  for (const [key, { olderNames }] of Object.entries(options)) {
    for (const name of [optionName(key), ...olderNames]) keys.set(`--${name}`, key);
  }
  return keys;
}

/**
 * Values by key; those of arguments stand beside those of options. Of an option that is given twice
 * the last counts, unless it collects. @throws UsageError
 */
export function parseCommandLine(
  args: readonly string[],
  declared: { readonly arguments: Options; readonly options: Options },
): Readonly<Record<string, unknown>> {
  const { options } = declared;
  const given = new Map<string, unknown[]>();
  const words: string[] = [];
  for (const token of tokensOf(args, options)) {
    if (token.kind === "argument") {
      words.push(token.text);
      continue;
    }
    const { typed, key, text } = token;
    if (key === undefined) throw unknownOption(typed, options);
    const values = given.get(key) ?? [];
    values.push(optionValue(typed, options[key], text));
    given.set(key, values);
  }
  return { ...argumentValues(words, declared.arguments), ...optionValues(given, options) };
}

function unknownOption(typed: string, options: Options): UsageError {
  const common = Object.keys(COMMON_FLAGS);
  if (common.includes(typed.slice(2))) return new UsageError(`${typed} takes no value`);
  const names = [...Object.keys(options).map(optionName), ...common];
  return new UsageError(unknownOptionText(typed, names.map((name) => `--${name}`)));
}

export function unknownOptionText(typed: string, names: readonly string[]): string {
  const near = nearest(typed, names) ?? names.find((name) => name.startsWith(typed));
  return `there is no option ${typed}${near === undefined ? "" : `; did you mean ${near}?`}`;
}

function optionValue(typed: string, option: Option, text: string | undefined): unknown {
  if (option.placeholder === null) {
    if (text === undefined) return true;
    throw new UsageError(`${typed} takes no value, got "${withoutSecrets(text)}"`);
  }
  if (text === undefined) {
    throw new UsageError(
      `${typed} needs a value: ${typed} ${option.placeholder} (${typed}=… where it begins with a -)`,
    );
  }
  return readValue(typed, option, text);
}

/** `name` as a person knows it: "--area", or "AREA" of an argument. */
function readValue(name: string, option: Option, text: string): unknown {
  const value = option.read(text);
  if (!(value instanceof Refused)) return value;
  const why = value.reason === null ? "" : `: ${value.reason}`;
  throw new UsageError(
    `${name} must be ${option.form ?? "a value"}, got "${withoutSecrets(text)}"${why}`,
  );
}

/** A DSN or URL may stand where none belongs; what is typed wrongly goes to terminals and logs. */
export function withoutSecrets(text: string): string {
  return text.replace(/:\/\/.*@/g, "://…@")
    .replace(/\b(pass(?:word|wd)?|token|secret|key)=[^\s&]*/gi, "$1=…");
}

/** The last one takes all further words where it is multiple. */
function argumentValues(words: readonly string[], declared: Options): Record<string, unknown> {
  const names = Object.entries(declared);
  const least = names.filter(([, { isRequired }]) => isRequired).length;
  const isOpen = names.at(-1)?.[1].isMultiple ?? false;
  if (words.length < least || words.length > names.length && !isOpen) {
    throw wrongCount(words, declared);
  }
  return Object.fromEntries(names.map(([key, option], i) => {
    const read = (word: string) => readValue(option.placeholder ?? key, option, word);
    if (option.isMultiple) return [key, words.slice(i).map(read)];
    return [key, i < words.length ? read(words[i]) : option.whenAbsent];
  }));
}

function wrongCount(words: readonly string[], declared: Options): UsageError {
  const names = Object.values(declared).map(argumentText);
  if (names.length === 0) {
    return new UsageError(`takes options only, got "${withoutSecrets(words[0])}"`);
  }
  const isOne = names.length === 1 && Object.values(declared)[0].isRequired;
  const wanted = isOne ? `one ${names[0]}` : names.join(" ");
  return new UsageError(`takes ${wanted}, got ${words.length === 0 ? "none" : words.length}`);
}

/** "FLIGHT", "[FLIGHT]" where it may be left out, "[FILE …]" where there may be many. */
export function argumentText({ placeholder, isRequired, isMultiple }: Option): string {
  const text = isMultiple ? `${placeholder} …` : placeholder ?? "";
  return isRequired ? text : `[${text}]`;
}

function optionValues(
  given: ReadonlyMap<string, readonly unknown[]>,
  options: Options,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(options)) {
    const found = given.get(key);
    if (found === undefined && option.isRequired) {
      throw new UsageError(`needs --${optionName(key)} ${option.placeholder}`);
    }
    values[key] = found === undefined
      ? option.whenAbsent
      : option.isMultiple
      ? found
      : found.at(-1);
  }
  return values;
}
