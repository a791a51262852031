/**
 * Python 3, where the machine has one: a second language that reads what we write.
 *
 * @module
 */
import assert from "node:assert/strict";

const CANDIDATES = ["/usr/bin/python3", "python3"];

/** Undefined, with a line that says so, where there is none. */
export const PYTHON: string | undefined = find();

function find(): string | undefined {
  for (const command of CANDIDATES) {
    try {
      const args = ["-c", "import csv, json, struct, zlib, xml.etree.ElementTree"];
      const { success } = new Deno.Command(command, { args, stderr: "null" }).outputSync();
      if (success) return command;
    } catch {
      // Not there.
    }
  }
  console.warn("skipped: reading with Python, there is no python3");
  return undefined;
}

/** Runs it; its stdout. Fails with its stderr. */
export async function python(args: readonly string[]): Promise<string> {
  assert.ok(PYTHON);
  const { success, stdout, stderr } = await new Deno.Command(PYTHON, { args: [...args] }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}
