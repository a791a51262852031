/** Declarations, COMMANDS.md, the READMEs and the examples of the help texts say the same. */
import assert from "node:assert/strict";
import { commands as airborneCommands } from "../../src/airborne/compose.ts";
import { EXIT_CODES, findCommand, VERSION, withCompletion } from "../../src/core/mod.ts";
import { commands as operatorCommands } from "../../src/operator/compose.ts";
import { commandDocuments } from "../../tasks/command_documents.ts";
import { JSON_SHAPES, jsonDocuments } from "../../tasks/json_documents.ts";
import { taskCommands } from "../../tasks/documents.ts";
import { REPOSITORY } from "../support/paths.ts";

const PROGRAMS = {
  operator: withCompletion("operator", operatorCommands()),
  airborne: withCompletion("airborne", airborneCommands()),
  "deno task": taskCommands(),
} as const;

Deno.test("COMMANDS.md is what the declarations say (deno task documents)", async () => {
  for (const { path, text } of commandDocuments(taskCommands())) {
    assert.equal(await Deno.readTextFile(path), text, path);
  }
});

Deno.test("JSON.md is what the schemas say, and has every command with --json", async () => {
  for (const { path, text } of jsonDocuments()) {
    assert.equal(await Deno.readTextFile(path), text, path);
  }
  for (const program of ["operator", "airborne"] as const) {
    const declared = PROGRAMS[program].flatMap(({ name, options }) =>
      Object.hasOwn(options, "json") ? [name] : []
    );
    const known = Object.keys({ ...JSON_SHAPES[program], "completion": [] });
    assert.deepEqual(known.toSorted(), declared.toSorted(), program);
  }
});

Deno.test("every example of a command is a command line that it takes", () => {
  for (const [program, commands] of Object.entries(PROGRAMS)) {
    for (const { name, examples } of commands) {
      assert.ok(examples.length > 0, `${program} ${name} has no example`);
      for (const example of examples) {
        assert.ok(example.startsWith(`${program} ${name}`), example);
        parseLine(example);
      }
    }
  }
});

Deno.test("every command line in a README is one that its program takes", async () => {
  let count = 0;
  for await (const path of readmes(REPOSITORY)) {
    for (const line of commandLines(await Deno.readTextFile(path))) {
      count++;
      try {
        parseLine(line);
      } catch (error) {
        throw new Error(`${path}: ${line}`, { cause: error });
      }
    }
  }
  assert.ok(count >= 15, `only ${count} command lines were found`);
});

Deno.test("every option is explained, without a full stop that the facts behind it would follow", () => {
  for (const [program, commands] of Object.entries(PROGRAMS)) {
    for (const { name, options } of commands) {
      for (const [key, { help }] of Object.entries(options)) {
        assert.match(help, /[^.\s]$/, `${program} ${name} ${key}`);
      }
    }
  }
});

/** @throws UsageError where it is none that the program takes. */
function parseLine(line: string): void {
  const [program, rest] =
    Object.keys(PROGRAMS).flatMap((name) =>
      line.startsWith(`${name} `) ? [[name, line.slice(name.length + 1)] as const] : []
    )[0];
  const found = findCommand(PROGRAMS[program as keyof typeof PROGRAMS], words(rest));
  assert.equal(found.kind, "command", line);
  if (found.kind === "command") found.command.parse(found.rest);
}

/** Words as a shell parts them, up to a pipe, a redirection or a comment. */
function words(line: string): string[] {
  const found = [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) =>
    match[1] ?? match[2] ?? match[3]
  );
  const end = found.findIndex((word) => /^(\||>|#|&&|;)/.test(word));
  return end < 0 ? found : found.slice(0, end);
}

async function* readmes(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (name === "build" || name.startsWith(".")) continue;
    if (isDirectory) yield* readmes(`${folder}/${name}`);
    else if (name === "README.md") yield `${folder}/${name}`;
  }
}

/** Lines of code blocks that call one of the programs; a line that ends with \\ goes on. */
function commandLines(text: string): string[] {
  const code = [...text.matchAll(/^```\w*\n([^]*?)^```$|^ {4}(.+)$/gm)]
    .map((match) => match[1] ?? match[2]).join("\n");
  const lines = code.replaceAll(/\\\n\s*/g, " ").split("\n");
  return lines.flatMap((line) => {
    const match = /^(?:\$ )?(?:deno task )?((?:operator|airborne) [a-z].*)$/.exec(line.trim());
    return match === null ? [] : [match[1]];
  });
}

Deno.test("the README's table of exit codes is that of the programs", async () => {
  const readme = await Deno.readTextFile(`${REPOSITORY}/README.md`);
  const rows = [...readme.matchAll(/^\| `(\d+)` \| (.*) \|$/gm)]
    .map(([, code, meaning]) => ({ code: Number(code), meaning }));
  assert.deepEqual(rows, EXIT_CODES);
});

Deno.test("the README installs the packages of this version", async () => {
  const readme = await Deno.readTextFile(`${REPOSITORY}/README.md`);
  const named = [...readme.matchAll(/gdn-(?:airborne|operator)_([\d.]+)_amd64\.deb/g)];
  assert.ok(named.length >= 2);
  for (const [name, version] of named) assert.equal(version, VERSION, name);
});
