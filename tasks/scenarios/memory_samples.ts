/**
 * Resident memory of a process, again and again, and whether it grows.
 *
 * @module
 */
import { median } from "../../src/core/mod.ts";

export class MemorySamples implements Disposable {
  /** Seconds since the first was due. */
  readonly mb: { timeS: number; mb: number }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(pid: number, everyMs: number) {
    const startMs = performance.now();
    this.#timer = setInterval(async () => {
      const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${pid}`] })
        .output();
      const kb = Number(new TextDecoder().decode(stdout).trim());
      if (kb > 0) this.mb.push({ timeS: (performance.now() - startMs) / 1000, mb: kb / 1024 });
    }, everyMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Of a flight as long as this, by its sixths; null where one of them was too short for a sample. */
export interface MemoryCourse {
  /** Median of the last third over that of the third before it. */
  readonly grownPercent: number;
  /** Medians of the sixths. */
  readonly sixthsMb: readonly number[];
}

/**
 * In the first third the tiles around the flight are kept for the first time, and buffers and the heap find their
 * size: it is not looked at.
 */
export function memoryCourse(
  samples: readonly { readonly timeS: number; readonly mb: number }[],
  durationS: number,
): MemoryCourse | null {
  const during = (from: number, to: number) =>
    median(
      samples.filter(({ timeS }) => timeS >= from * durationS && timeS < to * durationS)
        .map(({ mb }) => mb),
    );
  const sixthsMb = Array.from({ length: 6 }, (_, i) => during(i / 6, (i + 1) / 6));
  const middle = during(1 / 3, 2 / 3), last = during(2 / 3, 1);
  if (middle === null || last === null || !sixthsMb.every((mb) => mb !== null)) return null;
  return { grownPercent: 100 * (last / middle - 1), sixthsMb };
}
