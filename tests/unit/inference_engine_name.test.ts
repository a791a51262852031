import assert from "node:assert/strict";
import {
  buildEngineName,
  ENGINE_PRECISIONS,
  type EngineHost,
  type EngineName,
  EngineNameError,
  hostDifferences,
  matchesHost,
  parseEngineName,
} from "../../src/navigation/inference/mod.ts";
import { fc } from "../support/properties.ts";

const ORIN: EngineHost = { sm: 87, jetpack: "6.2", tensorrt: "10.3.0" };
const XFEAT: EngineName = { ...ORIN, model: "xfeat", precision: "fp16" };
const NAME = "xfeat.sm87.jp6.2.trt10.3.0.fp16.engine";

const number = fc.integer({ min: 0, max: 999 });
const version = (parts: number) =>
  fc.array(number, { minLength: parts, maxLength: parts }).map((numbers) => numbers.join("."));
const anyName: fc.Arbitrary<EngineName> = fc.record({
  model: fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/),
  sm: fc.integer({ min: 10, max: 999 }),
  jetpack: fc.oneof(version(2), version(3), fc.constant("none")),
  tensorrt: version(3),
  precision: fc.constantFrom(...ENGINE_PRECISIONS),
}, { noNullPrototype: true });

Deno.test("buildEngineName() of the parts of a Jetson Orin's engine", () => {
  assert.equal(buildEngineName(XFEAT), NAME);
  assert.deepEqual(parseEngineName(NAME), XFEAT);
  assert.equal(
    buildEngineName({ ...XFEAT, jetpack: "none" }),
    "xfeat.sm87.jpnone.trt10.3.0.fp16.engine",
  );
});

Deno.test("parseEngineName() returns what buildEngineName() was given", () => {
  fc.assert(fc.property(anyName, (name) => {
    assert.deepEqual(parseEngineName(buildEngineName(name)), name);
  }));
});

Deno.test("a name that parseEngineName() accepts is built again as it was", () => {
  const mutated = fc.tuple(anyName, fc.nat(), fc.constantFrom("", ".", "0", "x", "-", "\n", "é"))
    .map(([name, at, text]) => {
      const whole = buildEngineName(name), cut = at % (whole.length + 1);
      return whole.slice(0, cut) + text + whole.slice(cut + (at % 2));
    });
  fc.assert(fc.property(mutated, (text) => {
    let parsed: EngineName;
    try {
      parsed = parseEngineName(text);
    } catch (error) {
      assert.ok(error instanceof EngineNameError);
      assert.equal(error.exitCode, 65);
      return;
    }
    assert.equal(buildEngineName(parsed), text);
  }));
});

Deno.test("parseEngineName() refuses whatever is not exactly of the form", () => {
  const refused = [
    "",
    "xfeat.onnx",
    `../${NAME}`,
    `folder/${NAME}`,
    `${NAME}\n`,
    ` ${NAME}`,
    `${NAME}.sha256`,
    NAME.toUpperCase(),
    "xfeat.v2.sm87.jp6.2.trt10.3.0.fp16.engine", // a point in the model
    "xfeat.sm087.jp6.2.trt10.3.0.fp16.engine",
    "xfeat.sm8.7.jp6.2.trt10.3.0.fp16.engine",
    "xfeat.sm87.jp6.trt10.3.0.fp16.engine",
    "xfeat.sm87.jp06.2.trt10.3.0.fp16.engine",
    "xfeat.sm87.jp6.2.trt10.3.fp16.engine", // TensorRT without its patch number
    "xfeat.sm87.jp6.2.trt10.3.0.0.fp16.engine",
    "xfeat.sm87.jp6.2.trt10.3.0.bf16.engine",
    "xfeat.sm87.jp6.2.trt10.3.0.engine",
    "xfeat.sm87.trt10.3.0.jp6.2.fp16.engine",
    ".sm87.jp6.2.trt10.3.0.fp16.engine",
    "-x.sm87.jp6.2.trt10.3.0.fp16.engine",
  ];
  for (const name of refused) assert.throws(() => parseEngineName(name), EngineNameError, name);
});

Deno.test("buildEngineName() refuses parts that could not be parsed again", () => {
  const wrong: Partial<EngineName>[] = [
    { model: "" },
    { model: "XFeat" },
    { model: "a.b" },
    { model: "../x" },
    { model: "x".repeat(65) },
    { sm: 8.7 },
    { sm: 8 },
    { sm: 1000 },
    { jetpack: "" },
    { jetpack: "6" },
    { tensorrt: "10.3" },
    { tensorrt: "10.03.0" },
    { precision: "bf16" as "fp16" },
  ];
  for (const parts of wrong) {
    const text = JSON.stringify(parts);
    assert.throws(() => buildEngineName({ ...XFEAT, ...parts }), EngineNameError, text);
  }
});

Deno.test("matchesHost() is true for the same host alone, and hostDifferences() says why not", () => {
  assert.ok(matchesHost(XFEAT, ORIN));
  assert.deepEqual(hostDifferences(XFEAT, ORIN), []);
  const other = { sm: 90, jetpack: "none", tensorrt: "10.16.0" };
  assert.ok(!matchesHost(XFEAT, other));
  assert.deepEqual(hostDifferences(XFEAT, other), [
    "sm87, here sm90",
    "JetPack 6.2, here none",
    "TensorRT 10.3.0, here 10.16.0",
  ]);
  fc.assert(fc.property(anyName, anyName, (a, b) => {
    const same = a.sm === b.sm && a.jetpack === b.jetpack && a.tensorrt === b.tensorrt;
    assert.equal(matchesHost(a, b), same);
    assert.ok(matchesHost(a, a));
  }));
});
