/** The manual pages: whole, without a warning of man and mandoc, and the same each time. */
import assert from "node:assert/strict";
import { commands as airborneCommands } from "../../src/airborne/compose.ts";
import {
  EXIT_CODES,
  optionName,
  readConfiguration,
  settingVariable,
  withCompletion,
} from "../../src/core/mod.ts";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { commands as operatorCommands } from "../../src/operator/compose.ts";
import { installedDocuments } from "../../tasks/documents/installed.ts";
import { airborneSettings } from "../../tasks/example_config.ts";
import { inScratch } from "../support/scratch.ts";
import { REPOSITORY } from "../support/paths.ts";

const PROGRAMS = {
  operator: withCompletion("operator", operatorCommands()),
  airborne: withCompletion("airborne", airborneCommands()),
} as const;
const DATE = "2026-11-29";
const documents = await installedDocuments(DATE);
const pages = [...documents].filter(([path]) => path.startsWith("share/man/"));

/** stdout; fails with what was said on stderr. */
async function output(command: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { LC_ALL: "C.UTF-8", MANWIDTH: "100", MANPAGER: "cat" },
  }).output();
  const text = new TextDecoder();
  assert.equal(text.decode(stderr), "");
  assert.equal(code, 0, `${command} ${args.join(" ")}: ${text.decode(stdout)}`);
  return text.decode(stdout);
}

Deno.test("man and mandoc take every manual page without a warning", () =>
  inScratch(async (folder) => {
    const files: string[] = [];
    for (const [path, text] of pages) {
      const file = `${folder}/${path.split("/").at(-1)}`;
      await Deno.writeTextFile(file, text);
      files.push(file);
    }
    await output("man", ["--warnings", "-E", "UTF-8", "-l", "-Z", ...files]);
    assert.equal(await output("mandoc", ["-Tlint", "-Wwarning", ...files]), "");

    const shown = await output("mandoc", ["-Tutf8", `${folder}/operator-provision.1`]);
    // Bold is written as a character over itself.
    const plain = shown.split("").filter((one, i, all) => one !== "\b" && all[i + 1] !== "\b")
      .join("");
    for (const wanted of [/--area SOUTH,WEST,NORTH,EAST/, /degrees/i, /EXIT STATUS/, /EXAMPLES/]) {
      assert.match(plain, wanted);
    }
  }));

Deno.test("every command has a page with its options, examples, variables, exit codes", () => {
  for (const [program, commands] of Object.entries(PROGRAMS)) {
    const ofProgram = documents.get(`share/man/man1/${program}.1`) ?? "";
    for (const { code, meaning } of EXIT_CODES) {
      assert.ok(ofProgram.includes(`\\fB${code}\\fR\n${meaning[0].toUpperCase()}`), `${code}`);
    }
    for (const { name, options, examples, environment } of commands) {
      const path = `share/man/man1/${program}-${name.replaceAll(" ", "-")}.1`;
      const text = documents.get(path)?.replaceAll("\\-", "-") ?? "";
      assert.notEqual(text, "", path);
      for (const key of Object.keys(options)) assert.ok(text.includes(`\\fB--${optionName(key)}`));
      for (const example of examples) assert.ok(text.includes(example), `${path}: ${example}`);
      for (const variable of Object.keys(environment)) {
        assert.ok(text.includes(variable.replace("…", "\\[u2026]")), `${path}: ${variable}`);
      }
    }
  }
});

Deno.test("airborne.yaml(5) names every setting, and each variable in it overrides its setting", async () => {
  const text = documents.get("share/man/man5/airborne.yaml.5") ?? "";
  let settings = 0;
  for (const { path, value } of await airborneSettings()) {
    if (value === undefined) continue;
    settings++;
    const variable = settingVariable(path);
    assert.ok(text.includes(`\n\\fB${variable}\\fR\n`), variable);
    const environment = { [variable]: JSON.stringify(value) };
    readConfiguration(AirborneConfigSchema, { environment });
  }
  assert.ok(settings > 50, `${settings}`);
});

Deno.test("every environment variable that the programs read is declared by a command", async () => {
  const declared = new Set(
    Object.values(PROGRAMS).flat().flatMap(({ environment }) => Object.keys(environment)),
  );
  const read = new Set<string>();
  for (const folder of ["airborne", "operator"]) {
    for await (const text of sources(`${REPOSITORY}/src/${folder}`)) {
      for (const [, name] of text.matchAll(/Deno\.env\.get\("(\w+)"\)/g)) read.add(name);
    }
  }
  assert.ok(read.size >= 2);
  assert.deepEqual([...read].filter((name) => !declared.has(name)), []);
});

async function* sources(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(`${folder}/${name}`);
    else if (name.endsWith(".ts")) yield await Deno.readTextFile(`${folder}/${name}`);
  }
}

Deno.test("the same source makes the same pages", async () => {
  assert.deepEqual(await installedDocuments(DATE), documents);
});
