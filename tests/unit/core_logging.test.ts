import assert from "node:assert/strict";
import { createLogger, DataError, silentLogger } from "../../src/core/mod.ts";

function recording(level?: "debug" | "info" | "warn" | "error") {
  const lines: string[] = [];
  const logger = createLogger({
    component: "tile_cache",
    sink: (line) => void lines.push(line),
    now: () => new Date(0),
    level,
  });
  return { lines, logger };
}

Deno.test("createLogger() writes one JSON line with its keys in a fixed order", () => {
  const { lines, logger } = recording();
  logger.info("c6.open", { tiles: 3 }, "the cache is open");
  logger.child("camera").error("camera.lost", {}, "", new Error("gone"));
  assert.equal(
    lines[0],
    '{"time":"1970-01-01T00:00:00.000Z","level":"info","component":"tile_cache",' +
      '"kind":"c6.open","message":"the cache is open","fields":{"tiles":3}}',
  );
  assert.deepEqual(Object.keys(JSON.parse(lines[1])), [
    "time",
    "level",
    "component",
    "kind",
    "message",
    "fields",
    "error",
  ]);
  assert.equal(JSON.parse(lines[1]).component, "camera");
});

Deno.test("createLogger() keeps the causes of a fault, and a ring of causes ends", () => {
  const { lines, logger } = recording();
  const root = new RangeError("root");
  const fault = new DataError("a.yaml", "is wrong", {
    cause: new Error("middle", { cause: root }),
  });
  root.cause = fault;
  logger.error("x", {}, "", fault);
  assert.deepEqual(JSON.parse(lines[0]).error, {
    type: "DataError(DATA)",
    message: "a.yaml: is wrong",
    causes: ["Error: middle", "RangeError: root"],
  });
});

Deno.test("createLogger() drops what is below its level", () => {
  const { lines, logger } = recording("warn");
  logger.debug("a");
  logger.info("b");
  logger.warn("c");
  logger.error("d");
  assert.deepEqual(lines.map((line) => JSON.parse(line).kind), ["c", "d"]);
  silentLogger.child("x").error("never");
});

Deno.test("createLogger() writes values that JSON has no word for, on one line", () => {
  const { lines, logger } = recording();
  logger.info("x", { nan: NaN, big: 12n, bytes: new Uint8Array(5), text: "two\nlines" });
  assert.ok(!lines[0].includes("\n"));
  assert.deepEqual(JSON.parse(lines[0]).fields, {
    nan: "NaN",
    big: "12",
    bytes: "<5 bytes>",
    text: "two\nlines",
  });
});
