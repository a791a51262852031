/**
 * Reads what `deno test` prints: blocks of files, the list of failures, the line of counts.
 *
 * @module
 */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

export const NO_COUNTS: Counts = { passed: 0, failed: 0, ignored: 0 };

export function sum(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    ignored: a.ignored + b.ignored,
  };
}

/** "ok | 12 passed (3 steps) | 0 failed | 1 ignored (4s)"; undefined for any other line. */
export function countsOf(line: string): Counts | undefined {
  if (!/^(ok|FAILED) \| \d+ passed/.test(line)) return undefined;
  const of = (word: string) => Number(line.match(new RegExp(`(\\d+) ${word}`))?.[1] ?? 0);
  return { passed: of("passed"), failed: of("failed"), ignored: of("ignored") };
}

/** The line that ends `deno test`; .ci/run reads it. */
export function totalLine({ passed, failed, ignored }: Counts, seconds: number): string {
  const time = `${Math.floor(seconds / 60)}m${Math.round(seconds % 60)}s`;
  return `${failed > 0 ? "FAILED" : "ok"} | ${passed} passed | ${failed} failed` +
    `${ignored > 0 ? ` | ${ignored} ignored` : ""} (${time})`;
}

export interface FileTime {
  readonly file: string;
  readonly seconds: number;
}

/**
 * Takes the lines of one process. Whole blocks go on to `print`, so that processes side by side do
 * not mix their lines.
 */
export class TestOutput {
  /** The newest line of counts. */
  counts: Counts | undefined;
  readonly times: FileTime[] = [];
  /** "test name => ./file:line:column". */
  readonly failures: string[] = [];
  readonly #print: (text: string) => void;
  #block: string[] = [];
  #file: string | undefined;
  #sinceMs = 0;
  #inFailures = false;

  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  add(line: string, nowMs: number): void {
    const plain = stripColours(line);
    const file = plain.match(/^running \d+ tests? from (?:\.\/)?(.+)$/)?.[1];
    const counts = countsOf(plain);
    if (file !== undefined || plain === " ERRORS " || counts !== undefined) this.#end(nowMs);
    if (file !== undefined) [this.#file, this.#sinceMs] = [file, nowMs];
    if (plain === " FAILURES ") this.#inFailures = true;
    else if (this.#inFailures && plain.includes(" => ")) this.failures.push(plain);
    // The counts of all processes follow in one line.
    if (counts !== undefined) [this.counts, this.#inFailures] = [counts, false];
    else this.#block.push(line);
  }

  end(nowMs: number): void {
    this.#end(nowMs);
  }

  #end(nowMs: number): void {
    if (this.#file !== undefined) {
      this.times.push({ file: this.#file, seconds: (nowMs - this.#sinceMs) / 1000 });
    }
    this.#file = undefined;
    if (this.#block.some((line) => line.trim() !== "")) this.#print(this.#block.join("\n"));
    this.#block = [];
  }
}

function stripColours(line: string): string {
  // deno-lint-ignore no-control-regex
  return line.replace(/\x1b\[[0-9;]*m/g, "");
}
