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
export { withCompletion } from "./completion.ts";
export {
  type GeographicBox,
  type LatitudeLongitude,
  readDate,
  readNumber,
  Refused,
} from "./values.ts";
export { type ProgramTerminal, runCommand, runProgram } from "./program.ts";
