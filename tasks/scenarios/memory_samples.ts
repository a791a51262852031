/**
 * Resident memory of a process, again and again.
 *
 * @module
 */
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
