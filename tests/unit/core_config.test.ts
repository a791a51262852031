import assert from "node:assert/strict";
import * as z from "zod";
import {
  configurationEnvironment,
  ConfigurationError,
  readConfiguration,
} from "../../src/core/mod.ts";

const Schema = z.object({
  camera: z.object({
    rateHz: z.number().positive().default(3),
    device: z.string().optional(),
  }).prefault({}),
  matcher: z.enum(["structural", "features"]).default("structural"),
  limits: z.array(z.number()).default([]),
});

function problemsOf(source: Parameters<typeof readConfiguration>[1]) {
  try {
    readConfiguration(Schema, source);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    assert.equal(error.exitCode, 78);
    return error;
  }
  assert.fail("it was accepted");
}

Deno.test("readConfiguration() gives defaults without file and environment", () => {
  assert.deepEqual(readConfiguration(Schema, {}), {
    camera: { rateHz: 3 },
    matcher: "structural",
    limits: [],
  });
  assert.deepEqual(
    readConfiguration(Schema, { file: { text: "# empty\n", name: "a" } }).limits,
    [],
  );
});

Deno.test("readConfiguration() lets the environment win over the file", () => {
  const file = { text: "camera:\n  rateHz: 5\n  device: /dev/video0\n", name: "a.yaml" };
  const environment = { GDN_CAMERA__RATE_HZ: "12.5", GDN_LIMITS: "[1, 2]", HOME: "/root" };
  const configuration = readConfiguration(Schema, { file, environment });
  assert.deepEqual(configuration.camera, { rateHz: 12.5, device: "/dev/video0" });
  assert.deepEqual(configuration.limits, [1, 2]);
});

Deno.test("readConfiguration() names every problem with its path and its source at once", () => {
  const error = problemsOf({
    file: { text: "camera:\n  rateHz: -1\n  colour: red\nmatcher: best\n", name: "a.yaml" },
    environment: { GDN_LIMITS: "fast", GDN_CAMERA__SPEED: "1" },
  });
  assert.deepEqual(
    error.problems.map(({ path, source }) => `${source}|${path}`).sort(),
    [
      "a.yaml|camera.colour",
      "a.yaml|camera.rateHz",
      "a.yaml|matcher",
      "variable GDN_CAMERA__SPEED|",
      "variable GDN_LIMITS|limits",
    ],
  );
  for (const { path } of error.problems) assert.ok(error.message.includes(path));
});

Deno.test("readConfiguration() refuses text that is no YAML, a list, and a key that stands twice", () => {
  for (const text of ["a: [1", "- 1\n- 2\n", "matcher: structural\nmatcher: features\n", "word"]) {
    const error = problemsOf({ file: { text, name: "bad.yaml" } });
    assert.match(error.message, /bad\.yaml/);
  }
});

Deno.test("readConfiguration() does not read variables that are to be ignored", () => {
  const environment = { GDN_TEST_SEED: "4" };
  assert.throws(() => readConfiguration(Schema, { environment }), ConfigurationError);
  readConfiguration(Schema, { environment, ignore: ["GDN_TEST_SEED"] });
});

Deno.test("configurationEnvironment() asks for each setting by name and for nothing else", () => {
  const asked: string[] = [];
  const found = configurationEnvironment(Schema, (name) => {
    asked.push(name);
    return name === "GDN_CAMERA__RATE_HZ" ? "7" : undefined;
  });
  assert.deepEqual(asked, [
    "GDN_CAMERA",
    "GDN_CAMERA__RATE_HZ",
    "GDN_CAMERA__DEVICE",
    "GDN_MATCHER",
    "GDN_LIMITS",
  ]);
  assert.equal(readConfiguration(Schema, { environment: found }).camera.rateHz, 7);
});
