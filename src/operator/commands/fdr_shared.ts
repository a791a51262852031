/**
 * Helpers that the `operator fdr` commands share.
 *
 * @module
 */
import { bytesText, type CommandIo, countText, EXIT, type ExitCode } from "../../core/mod.ts";
import {
  type Damage,
  type DamageList,
  describeDamage,
  type FlightFiles,
  type ScanOptions,
  type Verdict,
} from "../../flight/flight_record/mod.ts";

/** For help texts. */
export const EXIT_CODES = {
  0: "complete",
  1: "nothing can be read",
  3: "lossy: something is damaged or missing",
} as const;

const EXIT_OF_VERDICT: Readonly<Record<Verdict, ExitCode>> = {
  complete: EXIT.ok,
  lossy: EXIT.lossy,
  nothing: EXIT.failure,
};

/** Says on stderr that a flight is unreadable; what is damaged in it is part of the result. */
export function exitOfVerdict(
  { verdict, path, damage }: {
    readonly verdict: Verdict;
    readonly path: string;
    readonly damage: DamageList;
  },
  io: Pick<CommandIo, "err">,
): ExitCode {
  if (verdict === "nothing") io.err(`${path}: no record can be read: ${whyNothing(damage)}`);
  return EXIT_OF_VERDICT[verdict];
}

/** A whole file of another program is not called damaged. */
function whyNothing({ total, counts }: DamageList): string {
  if (total === 0) return "the file is whole, but it holds no message: it is no recorded flight";
  const foreign = counts.get("not_a_record") ?? 0;
  return foreign === total
    ? `the file is whole, but none of its ${countText(foreign, "message")} is a record of a flight`
    : "it is no recorded flight, or it is damaged throughout";
}

/** Values of a command that takes one recorded flight. */
export interface FlightValues {
  readonly flight: string;
  readonly json: boolean;
}

/** Runs long work with a progress bar, until it ends or a signal arrives. */
export async function withProgress<T>(
  io: CommandIo,
  label: string,
  totalBytes: number,
  work: (options: ScanOptions) => Promise<T>,
): Promise<T> {
  using bar = io.progress(`${label}, MB`, totalBytes / 1e6);
  const progress = (doneBytes: number) => bar.update(Math.round(doneBytes / 1e5) / 10);
  const result = await work({ signal: io.signal, progress });
  progress(totalBytes);
  bar.end();
  return result;
}

/** Prints each damage on stderr as it is found; the first hundred of a kind. */
export class DamageTeller {
  readonly #io: CommandIo;
  readonly #counts = new Map<string, number>();

  constructor(io: CommandIo) {
    this.#io = io;
  }

  readonly tell = (damage: Damage): void => {
    const count = (this.#counts.get(damage.code) ?? 0) + 1;
    this.#counts.set(damage.code, count);
    if (count <= 100) this.#io.err(describeDamage(damage));
    if (count === 101) this.#io.err(`more damage of this kind (${damage.code}) is not listed`);
  };

  /** Exit code of a command that read `records` of them. */
  exitCode(records: number): ExitCode {
    if (this.#counts.size === 0) return EXIT.ok;
    return records === 0 ? EXIT.failure : EXIT.lossy;
  }
}

/** One line for each damage, and the number of those that are not listed. */
export function damageLines(damage: DamageList): string[] {
  const lines = damage.list.map(describeDamage);
  const more = damage.total - lines.length;
  return more === 0 ? lines : [...lines, `and ${more} more of these kinds`];
}

/** The files of a flight in one line: "3 segments, 12.4 MB". */
export function filesText({ segments, isFolder, totalBytes }: FlightFiles): string {
  const files = isFolder ? countText(segments.length, "segment") : segments[0].name;
  return `${files}, ${bytesText(totalBytes)}`;
}

export function durationText(ns: number): string {
  const s = ns / 1e9;
  if (s < 0.1) return `${Number((ns / 1e6).toPrecision(3))} ms`;
  if (s < 60) return `${Number(s.toPrecision(3))} s`;
  const minutes = Math.floor(s / 60);
  const rest = (s - minutes * 60).toFixed(1).padStart(4, "0");
  return minutes < 60
    ? `${minutes} min ${rest} s`
    : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min ${rest} s`;
}

/** Columns of equal width; numbers aligned to the right. */
export function table(rows: readonly (readonly (string | number)[])[]): string[] {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => String(row[column]).length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 0 ? String(cell).padEnd(widths[column]) : String(cell).padStart(widths[column])
    ).join("  ").trimEnd()
  );
}
