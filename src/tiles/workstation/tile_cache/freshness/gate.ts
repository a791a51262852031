/**
 * The freshness gate on a cache's database: sectors and rules are kept in memory, and read at open
 * and on `reload()`.
 *
 * @module
 */
import { type Clock, tileBounds } from "../../../../core/mod.ts";
import type { FdrSink } from "../../../../flight/flight_recorder/mod.ts";
import type { Bbox, SectorClassification, WriteFreshnessGate } from "../../../tile_contract/mod.ts";
import type { TileCacheLogger } from "../logger.ts";
import type { SqlSession } from "../sql/database.ts";
import { type DatedTile, type FreshnessJudgement, FUTURE_TOLERANCE_S } from "./contract.ts";
import { describeRule } from "./describe.ts";
import { FreshnessRejectionError } from "./errors.ts";
import { judge } from "./judge.ts";
import { SectorMap } from "./sector_map.ts";
import { loadRules, loadSectors } from "./sectors.ts";

interface FreshnessGateOptions {
  readonly database: SqlSession;
  readonly clock: Clock;
  readonly logger: TileCacheLogger;
  readonly fdr?: Pick<FdrSink, "enqueue">;
}

export class SqlFreshnessGate implements WriteFreshnessGate {
  readonly #options: FreshnessGateOptions;
  #sectors = new SectorMap([]);
  #rules: Readonly<Record<SectorClassification, number>> | null = null;
  #latestMs = -Infinity;

  private constructor(options: FreshnessGateOptions) {
    this.#options = options;
  }

  static async open(options: FreshnessGateOptions): Promise<SqlFreshnessGate> {
    const gate = new SqlFreshnessGate(options);
    await gate.reload();
    return gate;
  }

  async reload(): Promise<void> {
    const { database, logger } = this.#options;
    const { sectors, withoutBox } = await loadSectors(database);
    const rules = await loadRules(database);
    const clockMs = this.#clockMs();
    this.#latestMs = Math.max(clockMs, await raiseLatest(database, new Date(clockMs)));
    if (this.#latestMs - clockMs > FUTURE_TOLERANCE_S * 1000) {
      logger.warn("c6.freshness.clock_set_back", {
        clock: new Date(clockMs).toISOString(),
        latestSeen: new Date(this.#latestMs).toISOString(),
        mend: "tiles are judged at the latest time seen; set the clock, or where the clock was " +
          "ahead before: operator cache freshness rules --trust-clock",
      });
    }
    if (withoutBox.length > 0) {
      logger.warn("c6.freshness.sector_without_box", { sectors: withoutBox });
    }
    this.#rules = rules;
    this.#sectors = new SectorMap(sectors);
  }

  /**
   * Never goes back, not over a restart either: setting the clock back must not make an old tile
   * look young.
   */
  now(): Date {
    this.#latestMs = Math.max(this.#latestMs, this.#clockMs());
    return new Date(this.#latestMs);
  }

  admit(tile: DatedTile): "fresh" | "downgraded" {
    const judgement = this.judgeAt(tile, this.now());
    const { outcome } = judgement;
    if (outcome === "fresh") return outcome;
    this.#tell(tile, judgement);
    if (outcome === "rejected") throw new FreshnessRejectionError(tile.tileId, judgement);
    return outcome;
  }

  judgeAt(tile: DatedTile, at: Date): FreshnessJudgement {
    return this.judgeBoxAt(tileBounds(tile.tileId), tile.capturedAt, at);
  }

  judgeBoxAt(box: Bbox, capturedAt: Date | null, at: Date): FreshnessJudgement {
    if (this.#rules === null) throw new TypeError("the gate has no rules yet");
    return judge(this.#sectors.touching(box), this.#rules, capturedAt, at);
  }

  #clockMs(): number {
    const { clock } = this.#options;
    return clock.utc(clock.now()).getTime();
  }

  #tell({ tileId }: DatedTile, judgement: FreshnessJudgement): void {
    const { logger, fdr, clock } = this.#options;
    const { rule, ageS, reason, sectors } = judgement;
    const payload = {
      tileId,
      ageS,
      classification: rule.classification,
      rule: describeRule(rule),
      ageMaxS: rule.maxAgeS,
      reason,
      sectors: sectors.map(({ name }) => name),
    };
    const kind = judgement.outcome === "rejected"
      ? "c6.freshness.rejected"
      : "c6.freshness.downgraded";
    if (judgement.outcome === "rejected") logger.warn(kind, payload);
    else logger.info(kind, payload);
    fdr?.enqueue({ kind, timestampNs: clock.now(), payload });
  }
}

/** Stores the later of the given time and the latest that the cache has seen, and returns it. */
async function raiseLatest(sql: SqlSession, now: Date): Promise<number> {
  const [row] = await sql.query<{ latest_at: Date }>(
    "INSERT INTO freshness_clock (latest_at) VALUES ($1) ON CONFLICT (singleton) DO UPDATE " +
      "SET latest_at = greatest(freshness_clock.latest_at, EXCLUDED.latest_at) RETURNING latest_at",
    [now],
  );
  return row.latest_at.getTime();
}
