/**
 * Results on disk, so that a run that was broken off goes on where it stopped. They count only for
 * the program that they were measured with.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { exists } from "../../../src/core/mod.ts";
import type { HostileFigures } from "./measure.ts";

export interface HostileResult extends HostileFigures {
  readonly input: string;
  readonly about: string;
  /** null: to the end. */
  readonly durationS: number | null;
  /** Ground and aircraft. */
  readonly flight: string;
  /** Of `airborne replay`: 3 where something was left out, 65 where it refused the flight. */
  readonly exitCode: number;
  /** Its last words, where the exit code is neither 0 nor 3. */
  readonly error: string | null;
}

export function keyOf({ input, durationS, flight }: {
  readonly input: string;
  readonly durationS: number | null;
  readonly flight: string;
}): string {
  return [input, durationS ?? "stays", flight].join(" ");
}

/** SHA-256 over the sources and native libraries that fly, and over the inputs. */
export async function programFingerprint(): Promise<string> {
  const hash = createHash("sha256");
  for (const folder of ["src", "build/lib", "tasks/evaluate/hostile"]) {
    for (const path of await filesBelow(folder)) {
      if (!/\.(ts|so)$/.test(path)) continue;
      hash.update(path).update(await Deno.readFile(path));
    }
  }
  return hash.digest("hex");
}

async function filesBelow(folder: string): Promise<string[]> {
  const paths: string[] = [];
  if (!await exists(folder)) return paths;
  for await (const entry of Deno.readDir(folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) paths.push(...await filesBelow(path));
    else paths.push(path);
  }
  return paths.sort();
}

interface ResultLine {
  readonly program: string;
  readonly result: HostileResult;
}

/** A line that was cut off belongs to a flight that is flown again. */
function resultLines(text: string): ResultLine[] {
  return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
}

/** Each input and flight as it was flown last, whichever program that was. */
export function lastResults(text: string): HostileResult[] {
  return [...new Map(resultLines(text).map(({ result }) => [keyOf(result), result])).values()];
}

export class ResultsFile {
  readonly #path: string;
  readonly #program: string;
  readonly known = new Map<string, HostileResult>();

  private constructor(path: string, program: string) {
    this.#path = path;
    this.#program = program;
  }

  static async open(path: string, program: string): Promise<ResultsFile> {
    const file = new ResultsFile(path, program);
    const text = await exists(path) ? await Deno.readTextFile(path) : "";
    for (const { program: of, result } of resultLines(text)) {
      if (of === program) file.known.set(keyOf(result), result);
    }
    return file;
  }

  /** What did not fly is in this run's table, and is tried again by the next. */
  async add(result: HostileResult): Promise<void> {
    this.known.set(keyOf(result), result);
    if (result.error !== null) return;
    const line = JSON.stringify({ program: this.#program, result });
    await Deno.writeTextFile(this.#path, `${line}\n`, { append: true });
  }
}
