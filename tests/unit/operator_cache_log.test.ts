/** Warnings of the tile cache that the operator's commands print. */
import assert from "node:assert/strict";
import { cacheLogger } from "../../src/operator/cache_log.ts";

Deno.test("warnings of the cache are lines for the user; refusals are reported by the command", () => {
  const lines: string[] = [], infos: string[] = [];
  const logger = cacheLogger((event) => void infos.push(event), (line) => void lines.push(line));
  logger.info("c6.evicted", { bytes: 7 });
  logger.warn("c6.freshness.rejected", { reason: "older_than_rule" });
  logger.warn("c6.store.rows_rebuilt", { sectorsRestored: null });
  assert.deepEqual(infos, ["c6.evicted"]);
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0]);
  assert.match(lines[0], /c6\.store\.rows_rebuilt/);
  assert.match(String(line.level), /warn/i);
});
