/** The completion script, as a real bash runs it. */
import assert from "node:assert/strict";
import { operatorCommand } from "../../tasks/executables.ts";

async function script(shell: string): Promise<string> {
  const { command, args } = operatorCommand(["completion", shell]);
  const { code, stdout, stderr } = await new Deno.Command(command, { args }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

/** What bash offers when TAB is pressed behind `line`, in a folder with those files. */
async function offered(completion: string, line: string, folder: string): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command("bash", {
    args: [
      ...["--norc", "-c"],
      // As readline does it: the function by its name, then the words and the one with the cursor.
      `set -u
       source <(printf '%s' "$1")
       function_name=$(complete -p operator | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
       read -ra COMP_WORDS <<< "$2"
       [ "\${2%[! ]}" != "$2" ] || COMP_WORDS+=("")
       COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
       "$function_name"
       printf '%s\\n' "\${COMPREPLY[@]}"`,
      ...["bash", completion, line],
    ],
    cwd: folder,
  }).output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  assert.equal(text.decode(stderr), "");
  return text.decode(stdout).split("\n").filter((word) => word !== "").sort();
}

Deno.test("bash completes commands, options, words and files of `operator`", async () => {
  const folder = await Deno.makeTempDir({ prefix: "gdn-completion-" });
  try {
    await Deno.writeTextFile(`${folder}/map one.png`, "");
    await Deno.mkdir(`${folder}/maps`);
    const completion = await script("bash");
    const cases: Readonly<Record<string, readonly string[]>> = {
      "operator pro": ["provision"],
      "operator cache sector ": ["add", "ls", "rm"],
      "operator package ": ["show", "verify"],
      "operator provision --fl": ["--flight-at"],
      "operator fdr export x --format ": ["csv", "flight", "geojson", "gpx"],
      "operator fdr export x --format g": ["geojson", "gpx"],
      "operator fdr export x --format csv --k": ["--kind"],
      "operator tiles import ma": ["map one.png", "maps"],
      "operator provision --out ma": ["map one.png", "maps"],
      "operator provision --area ": [],
      "operator completion ": ["bash", "fish", "zsh"],
      "operator cache sector ls --j": ["--json"],
      "operator nonsense ": [],
    };
    for (const [line, words] of Object.entries(cases)) {
      assert.deepEqual(await offered(completion, line, folder), words, line);
    }
    const commands = await offered(completion, "operator ", folder);
    for (const word of ["tiles", "cache", "fdr", "completion"]) assert.ok(commands.includes(word));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the scripts of zsh and fish name every option of a command", async () => {
  for (const shell of ["zsh", "fish"]) {
    const text = await script(shell);
    for (const word of ["map-sigma", "flight-at", "geojson", "multirotor"]) {
      assert.match(text, new RegExp(`\\b${word}\\b`), `${shell} ${word}`);
    }
  }
});
