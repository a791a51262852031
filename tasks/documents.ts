/**
 * `deno task documents`: what people read that is made from the declarations of the commands.
 *
 * @module
 */
import { commands as airborneCommands } from "../src/airborne/compose.ts";
import { PROGRAM as AIRBORNE } from "../src/airborne/main.ts";
import {
  completionScript,
  defineCommand,
  EXIT,
  option,
  runCommand,
  withCompletion,
} from "../src/core/mod.ts";
import { commands as operatorCommands } from "../src/operator/compose.ts";
import { PROGRAM as OPERATOR } from "../src/operator/main.ts";
import { commandDocuments } from "./command_documents.ts";
import { type DocumentedProgram, manualPages } from "./documents/manual_pages.ts";
import { EXAMPLE_CONFIG, exampleConfig } from "./example_config.ts";
import { REPOSITORY } from "./executables.ts";

const PROGRAMS: readonly DocumentedProgram[] = [
  { ...AIRBORNE, commands: withCompletion(AIRBORNE.name, airborneCommands()) },
  { ...OPERATOR, commands: withCompletion(OPERATOR.name, operatorCommands()) },
];

/** Where each shell looks for the completion of a command, below an installation's prefix. */
const COMPLETION_FILES = {
  bash: (program: string) => `share/bash-completion/completions/${program}`,
  zsh: (program: string) => `share/zsh/vendor-completions/_${program}`,
  fish: (program: string) => `share/fish/vendor_completions.d/${program}.fish`,
} as const;

export const documentsCommand = defineCommand({
  name: "documents",
  summary: "COMMANDS.md anew, or manual pages and completion scripts of an installation",
  about: `
Without --out: writes the documents of the repository that are made from declarations,
src/*/COMMANDS.md, tasks/COMMANDS.md and config/airborne.example.yaml.

With --out: writes what an installation has below its prefix, share/man and the completion scripts
of bash, zsh and fish. The pages carry the date of SOURCE_DATE_EPOCH, else of the last commit, so
that the same source makes the same bytes.`,
  options: {
    out: option.path({
      access: "write",
      placeholder: "PREFIX",
      help: "folder for share/man, share/bash-completion, share/zsh, share/fish",
    }),
  },
  examples: ["deno task documents", "deno task documents --out build/documents"],
  environment: { SOURCE_DATE_EPOCH: "the date of the pages, seconds since 1970" },
  async run({ out }, io) {
    if (out === undefined) {
      for (const { path, text } of commandDocuments()) await Deno.writeTextFile(path, text);
      await Deno.writeTextFile(EXAMPLE_CONFIG, await exampleConfig());
    } else io.out(`${await writeInstalledDocuments(out)} files in ${out}/share`);
    return EXIT.ok;
  },
});

/** Writes manual pages and completion scripts below `prefix`; returns how many files. */
export async function writeInstalledDocuments(prefix: string): Promise<number> {
  const files = await installedDocuments(await sourceDate());
  for (const [path, text] of files) {
    const file = `${prefix}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
  }
  return files.size;
}

/** Text by path below the prefix. */
export async function installedDocuments(date: string): Promise<Map<string, string>> {
  const pages = await manualPages(PROGRAMS, date);
  return new Map([
    ...pages.map(({ fileName, text }) =>
      [`share/man/man${fileName.slice(-1)}/${fileName}`, text] as const
    ),
    ...PROGRAMS.flatMap(({ name, commands }) =>
      (["bash", "zsh", "fish"] as const).map((shell) =>
        [COMPLETION_FILES[shell](name), `${completionScript(shell, name, commands)}\n`] as const
      )
    ),
  ]);
}

/** "2026-11-29", UTC. */
async function sourceDate(): Promise<string> {
  const epoch = Deno.env.get("SOURCE_DATE_EPOCH") ?? await lastCommitEpoch();
  const date = new Date(Number(epoch) * 1000);
  if (!/^\d+$/.test(epoch) || Number.isNaN(date.getTime())) {
    throw new Error(`SOURCE_DATE_EPOCH must be whole seconds since 1970, got "${epoch}"`);
  }
  return date.toISOString().slice(0, 10);
}

async function lastCommitEpoch(): Promise<string> {
  const { success, stdout } = await new Deno.Command("git", {
    args: ["-C", REPOSITORY, "log", "-1", "--format=%ct"],
    stderr: "null",
  }).output();
  if (!success) throw new Error("set SOURCE_DATE_EPOCH: this is no git checkout");
  return new TextDecoder().decode(stdout).trim();
}

if (import.meta.main) {
  Deno.exit(
    await runCommand({
      title: "deno task documents",
      command: documentsCommand,
      args: Deno.args,
      permissionSet: "tasks",
    }),
  );
}
