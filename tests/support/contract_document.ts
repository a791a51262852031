/**
 * Holds the document of a contract against its TypeScript interface: the table under "## Shape" has
 * one row for each member, `| \`name(parameters)\` | result | what it does |`, as the interface has it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { REPOSITORY } from "./paths.ts";

const SECTIONS = ["Purpose", "Shape", "Invariants", "Test cases", "Version"];

export interface ContractDocument {
  /** From the repository's root. */
  readonly document: string;
  /** The file that declares the interface, and its name there. */
  readonly source: string;
  readonly interfaceName: string;
}

/** Throws an AssertionError that names the members which differ. */
export async function checkContractDocument(contract: ContractDocument): Promise<void> {
  const text = await Deno.readTextFile(`${REPOSITORY}/${contract.document}`);
  for (const section of SECTIONS) {
    assert.match(text, new RegExp(`^## ${section}$`, "m"), `${contract.document}: no "${section}"`);
  }
  assert.match(text, /^## Version\n+\d+\.\d+\.\d+\b/m, `${contract.document}: no semantic version`);
  const source = await Deno.readTextFile(`${REPOSITORY}/${contract.source}`);
  assert.deepEqual(documentedMembers(text), declaredMembers(source, contract.interfaceName));
}

/** "name(parameter, parameter?): result", sorted; types of parameters are the source's business. */
export function documentedMembers(text: string): string[] {
  const [, shape = ""] = text.match(/^## Shape$([\s\S]*?)(?=^## )/m) ?? [];
  return [...shape.matchAll(/^\| `([^`|]+)` \| `([^`]+)` \|/gm)]
    .map(([, member, result]) => `${member}: ${result.replaceAll("\\|", "|")}`).sort();
}

/** The same of the interface's methods and properties. */
export function declaredMembers(source: string, name: string): string[] {
  const start = source.search(new RegExp(`export interface ${name}\\b`));
  assert.ok(start >= 0, `no interface ${name}`);
  const body = source.slice(source.indexOf("{\n", start) + 2, source.indexOf("\n}", start))
    .replace(/\/\*[\s\S]*?\*\//g, "");
  return body.split(/;\s*(?:\n|$)/).map((member) => member.replace(/\s+/g, " ").trim())
    .filter((member) => member !== "").map(memberOf).sort();
}

function memberOf(text: string): string {
  const method = text.match(/^(\w+\??)\((.*)\): (.+)$/);
  if (method === null) return text.replace(/^readonly /, "");
  const [, name, list, result] = method;
  const parameters = list.trim().matchAll(/(?:^|, )(\w+\??):/g);
  return `${name}(${[...parameters].map(([, parameter]) => parameter).join(", ")}): ${result}`;
}
