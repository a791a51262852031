import assert from "node:assert/strict";
import { AirborneConfigSchema } from "../../src/airborne/config.ts";
import { readConfiguration } from "../../src/core/mod.ts";
import { EXAMPLE_CONFIG, exampleConfig } from "../../tasks/example_config.ts";

Deno.test("config/airborne.example.yaml holds every setting with its default and nothing else", async () => {
  const text = await Deno.readTextFile(EXAMPLE_CONFIG);
  const configuration = readConfiguration(AirborneConfigSchema, {
    file: { text, name: EXAMPLE_CONFIG },
  });
  assert.deepEqual(configuration, AirborneConfigSchema.parse({}), REMEDY);
  assert.equal(text, await exampleConfig(), REMEDY);
  const keys = (value: unknown): string[] =>
    Object.entries(value as object).flatMap(([key, inner]) =>
      typeof inner === "object" && inner !== null ? [key, ...keys(inner)] : [key]
    );
  for (const key of keys(configuration)) assert.match(text, new RegExp(`^ *${key}:`, "m"));
});

const REMEDY = "a schema changed: run `deno run -P=tasks tasks/example_config.ts`";
