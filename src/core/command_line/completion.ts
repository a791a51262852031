/**
 * Completion in a shell, made from the declarations: commands, options, and values where a command
 * takes one of a few words or a path.
 *
 * @module
 */
import { EXIT } from "../errors.ts";
import { type Command, defineCommand } from "./command.ts";
import { completionScript, SHELLS } from "./completion_scripts.ts";
import { option } from "./option.ts";

/** `completion` of a program with these commands; the list holds itself as well. */
export function withCompletion(program: string, commands: readonly Command[]): readonly Command[] {
  const completion = defineCommand({
    name: "completion",
    summary: "print a script that completes command lines in bash, zsh or fish",
    about: `
Prints a script that makes the shell complete commands, options and their values when the TAB key
is pressed. It completes lines that begin with "${program}": where the program is started in
another way, give the shell a function of that name.

  bash   in ~/.bashrc:                  source <(${program} completion bash)
  zsh    in ~/.zshrc, after compinit:   source <(${program} completion zsh)
  fish   in ~/.config/fish/config.fish: ${program} completion fish | source`,
    arguments: {
      shell: option.choice(SHELLS, { placeholder: "SHELL", required: true, help: "the shell" }),
    },
    options: {},
    json: "the script as one JSON string",
    examples: [`${program} completion bash`, `${program} completion fish`],
    run({ shell, json }, io) {
      const script = completionScript(shell, program, all);
      io.out(json ? JSON.stringify({ type: "completion", shell, script }) : script);
      return EXIT.ok;
    },
  });
  const all = [...commands, completion];
  return all;
}
