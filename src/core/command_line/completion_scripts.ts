/**
 * The scripts of bash, zsh and fish.
 *
 * @module
 */
import type { CommandDeclaration } from "./command.ts";
import { type Option, optionName } from "./option.ts";
import { COMMON_FLAGS } from "./parse.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

export function completionScript(
  shell: Shell,
  program: string,
  commands: readonly CommandDeclaration[],
): string {
  switch (shell) {
    case "bash":
      return bashScript(program, commands);
    case "zsh":
      return zshScript(program, commands);
    case "fish":
      return fishScript(program, commands);
    default:
      return shell satisfies never;
  }
}

/** Names with dashes, and the option; older names are taken but not offered. */
function offered(command: CommandDeclaration): readonly (readonly [string, Option | null])[] {
  return [
    ...Object.entries(command.options).map(([key, one]) => [`--${optionName(key)}`, one] as const),
    ...Object.keys(COMMON_FLAGS).map((name) => [`--${name}`, null] as const),
  ];
}

const isPath = (one: Option) =>
  one.access === "read" || one.access === "imagery" || one.access === "write" ||
  one.access === "create";

/** Words that may follow the words typed so far: "" → tiles, cache, …; "cache" → ls, show, …. */
function nextWords(commands: readonly CommandDeclaration[]): Map<string, readonly string[]> {
  const next = new Map<string, Set<string>>();
  for (const { name } of commands) {
    const words = name.split(" ");
    words.forEach((word, i) => {
      const before = words.slice(0, i).join(" ");
      next.set(before, (next.get(before) ?? new Set()).add(word));
    });
  }
  return new Map([...next].map(([before, words]) => [before, [...words]]));
}

/** What is offered for the value of an option or for an argument: a list of words, files, nothing. */
function valueWords(one: Option): "files" | readonly string[] {
  return isPath(one) ? "files" : one.choices;
}

/** Every beginning of a command's name: "tiles", "tiles import". */
function commandPrefixes(commands: readonly CommandDeclaration[]): string[] {
  const prefixes = commands.flatMap(({ name }) => {
    const words = name.split(" ");
    return words.map((_, i) => words.slice(0, i + 1).join(" "));
  });
  return [...new Set(prefixes)];
}

/** The options of a command that take a value. */
function withValue(command: CommandDeclaration): (readonly [string, Option])[] {
  return offered(command).flatMap(([name, one]) =>
    one === null || one.placeholder === null ? [] : [[name, one] as const]
  );
}

/** One branch of a `case` on the command and the option before the cursor. */
function valueCases(command: CommandDeclaration): string[] {
  return withValue(command).map(([name, one]) => {
    const found = valueWords(one);
    const set = found === "files" ? " files=1" : ` words="${found.join(" ")}"`;
    return `    "${command.name} ${name}") value=1${set} ;;`;
  });
}

/** One branch of a `case` on the command: its options, and what its arguments may be. */
function commandCase(command: CommandDeclaration): string {
  const declared = Object.values(command.arguments);
  const choices = declared.flatMap((one) => one.choices);
  return [
    `      "${command.name}") options="${offered(command).map(([name]) => name).join(" ")}"`,
    ...(choices.length === 0 ? [] : [`words="${choices.join(" ")}"`]),
    ...(declared.some(isPath) ? ["files=1"] : []),
    ";;",
  ].join(" ");
}

function bashScript(program: string, commands: readonly CommandDeclaration[]): string {
  const prefixes = commandPrefixes(commands).map((name) => `"${name}"`).join("|");
  return [
    `# Completion of ${program} for bash.`,
    `_${program}() {`,
    '  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"',
    '  local command="" words="" options="--help --version" files="" value="" depth=0 index next file',
    "  # bash parts --name=value at the sign.",
    '  if [ "$current" = "=" ]; then current=""; elif [ "$previous" = "=" ]; then',
    '    previous="${COMP_WORDS[COMP_CWORD-2]}"',
    "  fi",
    "  for ((index = 1; index < COMP_CWORD; index++)); do",
    '    next="${command:+$command }${COMP_WORDS[index]}"',
    '    case "$next" in',
    `      ${prefixes}) command="$next" depth=$index ;;`,
    "      *) break ;;",
    "    esac",
    "  done",
    '  case "$command $previous" in',
    ...commands.flatMap(valueCases),
    "  esac",
    '  if [ -z "$value" ]; then',
    '    case "$command" in',
    ...commands.map(commandCase),
    "    esac",
    "    if ((depth == COMP_CWORD - 1)); then",
    '      case "$command" in',
    ...[...nextWords(commands)].map(([before, next]) =>
      `        "${before}") words="$words ${next.join(" ")}" ;;`
    ),
    "      esac",
    "    fi",
    "  fi",
    "  COMPREPLY=()",
    '  if [ -z "$value" ] && [ "${current#-}" != "$current" ]; then',
    '    COMPREPLY=($(compgen -W "$options" -- "$current"))',
    "    return",
    "  fi",
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  [ -n "$files" ] || return 0',
    "  compopt -o filenames 2>/dev/null",
    '  while IFS= read -r file; do COMPREPLY+=("$file"); done < <(compgen -f -- "$current")',
    "}",
    `complete -F _${program} ${program}`,
  ].join("\n");
}

/** Serves both as a file that zsh loads by itself (`#compdef`) and by `source`. */
function zshScript(program: string, commands: readonly CommandDeclaration[]): string {
  const prefixes = commandPrefixes(commands).map((name) => `"${name}"`).join("|");
  const next = [...nextWords(commands)].map(([before, words]) => {
    const described = words.map((word) => {
      const whole = before === "" ? word : `${before} ${word}`;
      const summary = commands.find(({ name }) => name === whole)?.summary;
      return quoted(summary === undefined ? word : `${word}:${summary}`);
    });
    return `      "${before}") offered=(${described.join(" ")}) ;;`;
  });
  return [
    `#compdef ${program}`,
    `# Completion of ${program} for zsh.`,
    `_${program}() {`,
    '  local command="" next option=""',
    "  local -a offered",
    "  integer depth=1 index",
    "  for ((index = 2; index < CURRENT; index++)); do",
    '    next="${command:+$command }${words[index]}"',
    '    case "$next" in',
    `      ${prefixes}) command="$next"; depth=$index ;;`,
    "      *) break ;;",
    "    esac",
    "  done",
    '  option="${words[CURRENT-1]}"',
    '  if [[ "$PREFIX" == --*=* ]]; then',
    '    option="${PREFIX%%=*}"',
    "    compset -P '*='",
    "  fi",
    '  case "$command $option" in',
    ...commands.flatMap((command) =>
      withValue(command).map(([name, one]) => {
        const found = valueWords(one);
        const act = found === "files" ? "_files" : `compadd -- ${found.join(" ")}`;
        return `    "${command.name} ${name}") ${act}; return ;;`;
      })
    ),
    "  esac",
    '  if [[ "$PREFIX" == -* ]]; then',
    '    case "$command" in',
    ...commands.map((command) => {
      const described = offered(command).map(([name, one]) =>
        quoted(`${name}:${one === null ? COMMON_FLAGS[name.slice(2) as "quiet"] : one.help}`)
      );
      return `      "${command.name}") offered=(${described.join(" ")}) ;;`;
    }),
    "      *) offered=(--help --version) ;;",
    "    esac",
    "    _describe -o option offered",
    "    return",
    "  fi",
    "  if ((depth == CURRENT - 1)); then",
    '    case "$command" in',
    ...next,
    "    esac",
    "    ((${#offered})) && _describe command offered",
    "  fi",
    '  case "$command" in',
    ...commands.flatMap(zshArguments),
    "  esac",
    "}",
    `if [[ "$funcstack[1]" == _${program} ]]; then _${program} "$@"; else compdef _${program} ${program}; fi`,
  ].join("\n");
}

/** One branch of a `case` on the command: what its arguments may be. */
function zshArguments(command: CommandDeclaration): string[] {
  const declared = Object.values(command.arguments);
  const choices = declared.flatMap((one) => one.choices);
  const acts = [
    ...(choices.length === 0 ? [] : [`compadd -- ${choices.join(" ")}`]),
    ...(declared.some(isPath) ? ["_files"] : []),
  ];
  return acts.length === 0 ? [] : [`    "${command.name}") ${acts.join("; ")} ;;`];
}

/** In single quotes of zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function fishScript(program: string, commands: readonly CommandDeclaration[]): string {
  const quoted = fishQuoted;
  const lines = commands.flatMap((command) => {
    const inside = `-n ${quoted(`__${program}_command ${quoted(command.name)}`)}`;
    const declared = Object.values(command.arguments);
    return [
      ...offered(command).map(([name, one]) => {
        const value = one === null || one.placeholder === null ? "" : fishValue(one);
        const help = one === null ? COMMON_FLAGS[name.slice(2) as "quiet"] : one.help;
        return `complete -c ${program} ${inside} -l ${name.slice(2)}${value} -d ${quoted(help)}`;
      }),
      ...(declared.some(isPath) ? [`complete -c ${program} ${inside} -F`] : []),
      ...declared.filter(({ choices }) => choices.length > 0).map(({ choices }) =>
        `complete -c ${program} ${inside} -a ${quoted(choices.join(" "))}`
      ),
    ];
  });
  return [
    `# Completion of ${program} for fish.`,
    `function __${program}_typed`,
    "  set -l words (commandline -opc)",
    "  set -e words[1]",
    "  string match -v -- '-*' $words",
    "end",
    `function __${program}_command`,
    `  string match -q -- "$argv[1] *" (string join ' ' (__${program}_typed) '')`,
    "end",
    `function __${program}_after`,
    `  set -l typed (string join ' ' (__${program}_typed))`,
    '  test "$argv[1]" = "$typed"',
    "end",
    `complete -c ${program} -f`,
    ...["help", "version"].map((flag) =>
      `complete -c ${program} -n ${quoted(`__${program}_after ''`)} -l ${flag}`
    ),
    ...[...nextWords(commands)].map(([before, next]) =>
      `complete -c ${program} -n ${quoted(`__${program}_after ${quoted(before)}`)} -a ${
        quoted(next.join(" "))
      }`
    ),
    ...lines,
  ].join("\n");
}

function fishValue(one: Option): string {
  const found = valueWords(one);
  if (found === "files") return " -r -F";
  return found.length === 0 ? " -x" : ` -x -a '${found.join(" ")}'`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
