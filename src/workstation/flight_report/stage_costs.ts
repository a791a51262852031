/**
 * A table of what the stages of processing a frame cost.
 *
 * @module
 */
import type { ReportTable } from "./contract.ts";
import { Quantiles } from "./quantiles.ts";

/** Limit against damaged records. */
const STAGES_MAX = 30;

class StageCost {
  readonly cpuMs = new Quantiles();
  readonly wallMs = new Quantiles();
  cpuSumMs = 0;
}

/** Times by stage, as in records; unexpected values are ignored. */
interface StagePayload {
  readonly cpuMs: unknown;
  readonly wallMs: unknown;
}

export class StageCosts {
  readonly #stages = new Map<string, StageCost>();
  readonly #all = new StageCost();

  /** One frame's. */
  add({ cpuMs, wallMs }: StagePayload): void {
    const cpu = numbers(cpuMs), wall = numbers(wallMs);
    if (cpu.length === 0) return;
    const walls = new Map(wall);
    for (const [stage, ms] of cpu) {
      const known = this.#stages.get(stage);
      if (known === undefined && this.#stages.size >= STAGES_MAX) continue;
      const cost = known ?? new StageCost();
      this.#stages.set(stage, cost);
      count(cost, ms, walls.get(stage));
    }
    const sum = (times: readonly (readonly [string, number])[]) =>
      times.reduce((total, [, ms]) => total + ms, 0);
    count(this.#all, sum(cpu), sum(wall));
  }

  /** No rows when no frame states them. */
  table(): ReportTable {
    const rows = [...this.#stages].map(([stage, cost]) => row(stage, cost));
    return {
      title: "What a frame costs, by stage",
      columns: ["stage", "CPU ms, mean", "CPU ms, p95", "wall ms, p50", "wall ms, p95"],
      rows: rows.length === 0 ? [] : [...rows, row("all", this.#all)],
    };
  }
}

function count(cost: StageCost, cpuMs: number, wallMs: number | undefined): void {
  cost.cpuMs.add(cpuMs);
  cost.cpuSumMs += cpuMs;
  cost.wallMs.add(wallMs);
}

function row(stage: string, { cpuMs, wallMs, cpuSumMs }: StageCost): string[] {
  const text = (ms: number | null) => ms === null ? "–" : ms.toFixed(1);
  return [
    stage,
    text(cpuSumMs / cpuMs.count),
    text(cpuMs.quantile(0.95)),
    text(wallMs.quantile(0.5)),
    text(wallMs.quantile(0.95)),
  ];
}

function numbers(times: unknown): [string, number][] {
  if (typeof times !== "object" || times === null) return [];
  return Object.entries(times).filter((entry): entry is [string, number] =>
    Number.isFinite(entry[1])
  );
}
