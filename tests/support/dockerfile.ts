/**
 * The part of Dockerfile's language that ours uses; another instruction is an error, so that nothing
 * in it goes untried.
 *
 * @module
 */
export interface Instruction {
  readonly word: string;
  readonly rest: string;
}

export interface Stage {
  readonly name: string;
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

const KNOWN = new Set(["COPY", "RUN", "USER", "WORKDIR", "VOLUME", "ENTRYPOINT"]);

export function dockerStages(text: string): readonly Stage[] {
  const stages: { name: string; base: string; instructions: Instruction[] }[] = [];
  const lines = text.replaceAll(/\\\n/g, " ").split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) {
    const [, word, rest] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (word === "ARG" && stages.length === 0) continue;
    if (word === "FROM") {
      const [base, , name] = rest.split(/\s+/);
      stages.push({ name, base, instructions: [] });
    } else if (KNOWN.has(word)) stages.at(-1)?.instructions.push({ word, rest });
    else throw new Error(`Dockerfile: ${word} is not known here`);
  }
  return stages;
}
