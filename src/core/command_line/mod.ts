/** Command lines: declarations of options, and what is made of them. */
export * from "./command_io.ts";
export { type Command, type CommandDeclaration, defineCommand } from "./command.ts";
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
export { completionScript, type Shell, withCompletion } from "./completion.ts";
export {
  type GeographicBox,
  type LatitudeLongitude,
  readDate,
  readNumber,
  Refused,
} from "./values.ts";
export {
  EXIT_INTERRUPTED,
  type Program,
  type ProgramTerminal,
  runCommand,
  runProgram,
  type SingleCommand,
} from "./program.ts";
