import assert from "node:assert/strict";
import { createLogger, logLine, LogLineSchema } from "../../src/core/mod.ts";
import { LOG_LINE_CASES, type LogLineCase } from "../../src/core/log_line_cases.ts";
import { REPOSITORY } from "../support/paths.ts";

const TIME = "1970-01-01T00:00:00.000Z";
const KEYS = Object.keys(LogLineSchema.shape);

function lineOf(entry: LogLineCase): string {
  const lines: string[] = [];
  const logger = createLogger({
    component: "tile_cache",
    sink: (line) => lines.push(line),
    now: () => new Date(0),
    level: "debug",
  });
  if (entry.level === "error") logger.error(entry.kind, entry.fields, entry.message, entry.fault);
  else logger[entry.level](entry.kind, entry.fields, entry.message);
  assert.equal(lines.length, 1);
  return lines[0];
}

for (const entry of LOG_LINE_CASES) {
  Deno.test(`log line: ${entry.name}`, () => {
    const line = lineOf(entry);
    assert.equal(
      line,
      `{"time":"${TIME}","level":"${entry.level}","component":"tile_cache",${entry.line}}`,
    );
    assert.doesNotMatch(line, /[\r\n]/);
    const parsed = JSON.parse(line);
    LogLineSchema.parse(parsed);
    assert.deepEqual(Object.keys(parsed), KEYS.filter((key) => Object.hasOwn(parsed, key)));
  });
}

Deno.test("the cases of the log line show every level and every key", () => {
  const levels = new Set(LOG_LINE_CASES.map((entry) => entry.level));
  assert.deepEqual([...levels].toSorted(), [...LogLineSchema.shape.level.options].toSorted());
  const keys = new Set(LOG_LINE_CASES.flatMap((entry) => Object.keys(JSON.parse(lineOf(entry)))));
  assert.deepEqual([...keys].toSorted(), KEYS.toSorted());
});

Deno.test("logLine() writes its keys in their order, whatever the record's is", () => {
  const line = logLine({
    error: { type: "Error", message: "x", causes: [] },
    fields: {},
    message: "m",
    kind: "k",
    component: "c",
    level: "error",
    time: TIME,
  });
  assert.deepEqual(Object.keys(JSON.parse(line)), KEYS);
});

Deno.test("the README of core documents every key of the log line", async () => {
  const readme = await Deno.readTextFile(`${REPOSITORY}/src/core/README.md`);
  for (const [key, schema] of Object.entries(LogLineSchema.shape)) {
    assert.ok(readme.includes(`| \`${key}\` | ${schema.description} |`), key);
  }
});
