/**
 * What an installation has to be read below its prefix: manual pages and completion scripts.
 *
 * @module
 */
import { commands as airborneCommands } from "../../src/airborne/compose.ts";
import { PROGRAM as AIRBORNE } from "../../src/airborne/main.ts";
import { completionScript, withCompletion } from "../../src/core/mod.ts";
import { commands as operatorCommands } from "../../src/operator/compose.ts";
import { PROGRAM as OPERATOR } from "../../src/operator/main.ts";
import { REPOSITORY } from "../executables.ts";
import { type DocumentedProgram, manualPages } from "./manual_pages.ts";

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
