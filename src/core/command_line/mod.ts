/** Command lines: declarations of options, and what is made of them. */
export * from "./command_io.ts";
export {
  type Command,
  type CommandDeclaration,
  COMMON_ENVIRONMENT,
  defineCommand,
} from "./command.ts";
export { commandHelp, findCommand, optionFacts, usageLine } from "./help.ts";
export {
  type Access,
  LATITUDE_MAX_DEG,
  type Option,
  option,
  optionName,
  type Options,
  type OptionValues,
} from "./option.ts";
export { tokensOf } from "./parse.ts";
export { withCompletion } from "./completion.ts";
export { completionScript } from "./completion_scripts.ts";
export {
  type GeographicBox,
  type LatitudeLongitude,
  readDate,
  readNumber,
  Refused,
} from "./values.ts";
export { runCommand, runProgram } from "./program.ts";
export type { VariableNames } from "./variables.ts";
export type { ProgramTerminal } from "./terminal.ts";
export { EXIT_CODES } from "./exit_codes.ts";
export { argumentText, COMMON_FLAGS } from "./parse.ts";
