/**
 * Environment variables that look like ours and mean nothing.
 *
 * @module
 */
import { type Command, COMMON_ENVIRONMENT } from "./command.ts";
import { nearest } from "./suggest.ts";

export interface VariableNames {
  /** Those that are set and begin with GDN_. */
  readonly set: readonly string[];
  /** Those that override a setting of the program. */
  readonly settings: readonly string[];
}

/** Made by our own tests and tasks for themselves. */
const OF_TESTS = /^GDN_(TEST_|REQUIRE_|IMAGERY_|ARDUPILOT_SITL$)/;

/**
 * A line for each variable that is set and that no command of the program reads; but those that are
 * written as a setting within a section (GDN_A__B) are left to a command with settings, which refuses them.
 */
export function strangeVariables(
  command: Pick<Command, "environment">,
  { name, commands, variables }: {
    readonly name: string;
    readonly commands: readonly Pick<Command, "environment">[];
    readonly variables?: VariableNames;
  },
): string[] {
  if (variables === undefined) return [];
  const known = [
    ...Object.keys(COMMON_ENVIRONMENT),
    ...commands.flatMap(({ environment }) => Object.keys(environment)),
    ...variables.settings,
  ];
  const hasSettings = "GDN_…" in command.environment;
  return variables.set
    .filter((variable) => !(hasSettings && variable.includes("__")))
    .filter((variable) => !known.includes(variable) && !OF_TESTS.test(variable))
    .map((variable) => {
      const meant = nearest(variable, known);
      const hint = meant === undefined ? "" : ` (did you mean ${meant}?)`;
      return `${variable} is no variable of ${name}, and is ignored${hint}`;
    });
}
