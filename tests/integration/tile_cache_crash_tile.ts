/**
 * Tiles of the crash tests: bytes and capture time encode place and version.
 *
 * @module
 */
import type { NewTile } from "../../src/tiles/tile_contract/mod.ts";
import { makeTile } from "../contract/tile_fixture.ts";

const DAY_MS = 86_400_000;

export function crashTile(x: number, version: number): NewTile {
  const capturedAt = new Date(Date.UTC(2025, 0, 1) + version * DAY_MS);
  return makeTile({ x, y: 5 }, { capturedAt }, x * 100 + version);
}
