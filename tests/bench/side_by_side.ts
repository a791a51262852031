/**
 * Several ways of the same work, measured in turns so that all of them see the same machine.
 *
 * @module
 */
import { type Times, timesOf } from "./process_times.ts";

/** Does what is not measured, and hands over what is; calls `measured` once. */
export type Way = (measured: (work: () => Promise<void>) => Promise<void>) => Promise<void>;

export interface SideBySide {
  /** Pieces of work in each. */
  readonly count: number;
  readonly turns: number;
  /** A process that works for all of them. */
  readonly otherPid?: number;
}

/** The median of the turns for each way; its rate over that of the first is what counts. */
export async function sideBySide(
  { count, turns, otherPid }: SideBySide,
  ways: Readonly<Record<string, Way>>,
): Promise<void> {
  const taken = new Map(Object.keys(ways).map((name) => [name, [] as Times[]]));
  for (let turn = 0; turn < turns; turn++) {
    for (const [name, way] of Object.entries(ways)) {
      await way(async (work) => {
        taken.get(name)?.push(await timesOf(work, otherPid ?? null));
      });
    }
  }
  console.log(
    "name".padEnd(32) + "  a second  ratio   ms each: wall  own user  own kernel  provider",
  );
  let firstMs: number | null = null;
  for (const [name, all] of taken) {
    const times = all.sort((a, b) => a.wallMs - b.wallMs)[all.length >> 1];
    firstMs ??= times.wallMs;
    const each = (ms: number, width: number) => (ms / count).toFixed(3).padStart(width);
    console.log(
      name.padEnd(32) + (1000 * count / times.wallMs).toFixed(0).padStart(10) +
        (firstMs / times.wallMs).toFixed(2).padStart(7) + each(times.wallMs, 16) +
        each(times.ownUserMs, 10) + each(times.ownSystemMs, 12) + each(times.otherMs, 10),
    );
  }
}
