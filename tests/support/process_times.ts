/**
 * Processor time and memory of processes that run, from /proc.
 *
 * @module
 */

const TICKS_PER_S = 100;

interface Spent {
  /** User and system. */
  readonly cpuS: number;
  /** Of processes that it has begun and that have ended, with theirs. */
  readonly endedChildrenCpuS: number;
  readonly memoryMb: number;
}

export function spentBy(pid: number): Spent {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // proc(5): utime, stime, cutime and cstime are the 14th to the 17th; the 2nd may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ").map(Number);
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return {
    cpuS: (fields[11] + fields[12]) / TICKS_PER_S,
    endedChildrenCpuS: (fields[13] + fields[14]) / TICKS_PER_S,
    memoryMb: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1000,
  };
}
