/**
 * `deno task documents`: what people read that is made from the declarations of the commands.
 *
 * @module
 */
import { type Command, defineCommand, EXIT, option, runCommand } from "../src/core/mod.ts";
import { providerCommand } from "../src/workstation/satellite_provider/main.ts";
import { campaignCommand } from "./campaign.ts";
import { compileCommand } from "./compile.ts";
import { commandDocuments } from "./command_documents.ts";
import { demoCommand } from "./demo.ts";
import { scenariosCommand } from "./scenarios.ts";
import { writeInstalledDocuments } from "./documents/installed.ts";
import { evaluateCommand } from "./evaluate.ts";
import { EXAMPLE_CONFIG, exampleConfig } from "./example_config.ts";
import { jsonDocuments } from "./json_documents.ts";
import { goldenCommand } from "./golden.ts";
import { installCommand } from "./install.ts";
import { packageCommand } from "./package.ts";
import { recallCommand } from "./recall.ts";
import { setupCommand } from "./setup.ts";
import { testCommand } from "./test.ts";

export const documentsCommand = defineCommand({
  name: "documents",
  summary: "COMMANDS.md anew, or manual pages and completion scripts of an installation",
  about: `
Without --out: writes the documents of the repository that are made from declarations,
src/*/COMMANDS.md, src/*/JSON.md, tasks/COMMANDS.md and config/airborne.example.yaml.

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
      for (const { path, text } of [...commandDocuments(taskCommands()), ...jsonDocuments()]) {
        await Deno.writeTextFile(path, text);
      }
      await Deno.writeTextFile(EXAMPLE_CONFIG, await exampleConfig());
    } else io.out(`${await writeInstalledDocuments(out)} files in ${out}/share`);
    return EXIT.ok;
  },
});

/** Tasks that take options. */
export function taskCommands(): readonly Command[] {
  return [
    setupCommand,
    testCommand,
    compileCommand,
    demoCommand,
    scenariosCommand,
    evaluateCommand,
    campaignCommand,
    recallCommand,
    goldenCommand,
    documentsCommand,
    packageCommand,
    installCommand,
    providerCommand,
  ];
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
