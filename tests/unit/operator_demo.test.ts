/** `operator demo`: which commands it runs with what, and what a failure leaves. */
import assert from "node:assert/strict";
import { type Command, type CommandIo, EXIT, UsageError } from "../../src/core/mod.ts";
import { demoCommand } from "../../src/operator/commands/demo.ts";
import { commands } from "../../src/operator/compose.ts";
import { inScratch } from "../support/scratch.ts";

const real = new Map(commands().map((command) => [command.name, command]));

/** The real declarations; each makes a file in place of its work, and may fail. */
function parts(ran: string[], failing: string | null = null) {
  const fake = (name: string): Command => {
    const command = real.get(name);
    assert.ok(command);
    return {
      ...command,
      run: async (args) => {
        command.parse(args);
        ran.push(`operator ${[name, ...args].join(" ")}`);
        if (name === failing) throw new UsageError("no");
        await Promise.resolve();
        return EXIT.ok;
      },
    };
  };
  return {
    simulateFlight: fake("simulate flight"),
    simulateMap: fake("simulate map"),
    tilesImport: fake("tiles import"),
    provision: fake("provision"),
  };
}

function terminal() {
  const out: string[] = [], notes: string[] = [];
  const io: CommandIo = {
    out: (line) => out.push(line),
    err: (line) => notes.push(line),
    note: (line) => notes.push(line),
    detail: () => {},
    progress: () => ({ update() {}, end() {}, [Symbol.dispose]() {} }),
    signal: new AbortController().signal,
    signalEnds: () => {},
  };
  return { io, out, notes };
}

Deno.test("demo prints each command that it runs, and what a person runs next", () =>
  inScratch(async (folder) => {
    const ran: string[] = [];
    const { io, out, notes } = terminal();
    const place = `${folder}/it's first`;
    assert.equal(await demoCommand(parts(ran)).run([place], io), 0);
    assert.equal(ran.length, 4);
    assert.equal(notes.filter((line) => line.startsWith("$ operator ")).length, 4);
    const next = out.filter((line) => line.startsWith("  "));
    assert.deepEqual(next.map((line) => line.trim().split(" ").slice(0, 2).join(" ")), [
      "airborne replay",
      "operator fdr",
    ]);
    // Quoted, so that it can be pasted.
    for (const line of next) assert.ok(line.includes(`'${folder}/it'\\''s first/`), line);
  }));

Deno.test("demo leaves a folder that is there alone, and nothing after a failure", () =>
  inScratch(async (folder) => {
    const { io } = terminal();
    const command = demoCommand(parts([]));
    await assert.rejects(async () => await command.run([folder], io), /exists already/);
    const place = `${folder}/new`;
    const broken = demoCommand(parts([], "provision"));
    await assert.rejects(async () => await broken.run([place], io), UsageError);
    await assert.rejects(Deno.stat(place), Deno.errors.NotFound);
  }));
