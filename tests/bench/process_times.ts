/**
 * Processor time of this process and of another one, beside the time that passes.
 *
 * @module
 */
import process from "node:process";

export interface Times {
  readonly wallMs: number;
  /** Of this process with all its threads: in the program, and in the kernel for it. */
  readonly ownUserMs: number;
  readonly ownSystemMs: number;
  /** Of the other process, both together. */
  readonly otherMs: number;
}

/** Clock ticks of /proc: 100 a second wherever Linux runs. */
const TICK_MS = 10;

async function otherMs(pid: number | null): Promise<number> {
  if (pid === null) return 0;
  // Deno itself reads nothing below /proc.
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/stat`] }).output();
  const text = new TextDecoder().decode(stdout);
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return TICK_MS * (Number(fields[11]) + Number(fields[12]));
}

export async function timesOf(
  work: () => Promise<unknown> | unknown,
  pid: number | null = null,
): Promise<Times> {
  const otherBefore = await otherMs(pid);
  const before = process.cpuUsage(), beginMs = performance.now();
  await work();
  const wallMs = performance.now() - beginMs, { user, system } = process.cpuUsage(before);
  return {
    wallMs,
    ownUserMs: user / 1000,
    ownSystemMs: system / 1000,
    otherMs: await otherMs(pid) - otherBefore,
  };
}
