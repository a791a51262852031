/** The completion scripts, as real shells run them. */
import assert from "node:assert/strict";
import { operatorCommand } from "../../tasks/executables.ts";
import { REPOSITORY } from "../support/paths.ts";

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
       read -ra COMP_WORDS <<< "\${2//=/ = }"
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

/** What TAB offers behind a command line, in a folder with `map one.png` and `maps/`. */
const CASES: Readonly<Record<string, readonly string[]>> = {
  "operator pro": ["provision"],
  "operator cache sector ": ["add", "ls", "rm"],
  "operator package ": ["show", "sign", "verify"],
  "operator provision --fl": ["--flight-at"],
  "operator fdr export x --format ": ["csv", "flight", "geojson", "gpx"],
  "operator fdr export x --format g": ["geojson", "gpx"],
  "operator fdr export x --format=g": ["geojson", "gpx"],
  "operator fdr export x --format csv --k": ["--kind"],
  "operator tiles import ma": ["map one.png", "maps"],
  "operator provision --out ma": ["map one.png", "maps"],
  "operator provision --area ": [],
  "operator completion ": ["bash", "fish", "zsh"],
  "operator cache sector ls --j": ["--json"],
  "operator cache ls --verb": ["--verbose"],
  "operator --v": ["--version"],
};

async function inFolderWithMaps(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "gdn-completion-" });
  try {
    await Deno.writeTextFile(`${folder}/map one.png`, "");
    await Deno.mkdir(`${folder}/maps`);
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("bash completes commands, options, words and files of `operator`", () =>
  inFolderWithMaps(async (folder) => {
    const completion = await script("bash");
    for (const [line, words] of Object.entries(CASES)) {
      assert.deepEqual(await offered(completion, line, folder), words, line);
    }
    assert.deepEqual(await offered(completion, "operator nonsense ", folder), []);
    const commands = await offered(completion, "operator ", folder);
    for (const word of ["tiles", "cache", "fdr", "completion"]) assert.ok(commands.includes(word));
  }));

/** Runs a shell with the lines of the cases on its standard input; its standard output. */
async function withInput(
  { command, args, cwd }: { command: string; args: string[]; cwd: string },
): Promise<string> {
  await using child = new Deno.Command(command, {
    args,
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${Object.keys(CASES).join("\n")}\n`));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  assert.equal(code, 0, text.decode(stderr));
  return text.decode(stdout);
}

/** Of an output with a line of ===== behind the candidates of each case. */
function checkCandidates(out: string, plain: (candidate: string) => string): void {
  const blocks = out.split("=====\n");
  Object.entries(CASES).forEach(([line, words], index) => {
    const found = blocks[index].split("\n").filter((word) => word !== "");
    assert.deepEqual(found.map(plain).sort(), words, `${line}: ${out}`);
  });
}

Deno.test("zsh completes the same", () =>
  inFolderWithMaps(async (folder) => {
    await Deno.writeTextFile(`${folder}/.script`, await script("zsh"));
    const harness = `${REPOSITORY}/tests/support/zsh_completion.zsh`;
    const args = ["-f", harness, `${folder}/.script`];
    const out = await withInput({ command: "zsh", args, cwd: folder });
    checkCandidates(out, (word) => word.replaceAll("\\", ""));
  }));

Deno.test("fish completes the same", () =>
  inFolderWithMaps(async (folder) => {
    await Deno.writeTextFile(`${folder}/.script`, await script("fish"));
    const each = 'source .script; while read -l line; complete -C "$line"; echo =====; end';
    const args = ["--no-config", "-c", each];
    const out = await withInput({ command: "fish", args, cwd: folder });
    // With a description behind a tab, and with all of the word that is completed.
    checkCandidates(
      out,
      (word) => word.split("\t")[0].replace(/\/$/, "").replace(/^--format=/, ""),
    );
  }));
