import assert from "node:assert/strict";
import { GdnError } from "../../src/core/mod.ts";
import {
  EngineBuildError,
  EngineDeserializeError,
  EngineHashMismatchError,
  EngineHostMismatchError,
  EngineSchemaMismatchError,
  EngineSidecarMissingError,
  EngineTruncatedError,
  InferenceError,
  OutOfMemoryError,
} from "../../src/navigation/inference/mod.ts";

Deno.test("errors of inference each have a code of their own; refused engines share a class", () => {
  const refusals = [
    new EngineDeserializeError("x"),
    new EngineHashMismatchError("x"),
    new EngineTruncatedError("x"),
    new EngineSidecarMissingError("x"),
    new EngineSchemaMismatchError("x"),
    new EngineHostMismatchError("x"),
  ];
  assert.ok(refusals.every((error) => error instanceof EngineDeserializeError));
  const others = [new EngineBuildError("x"), new OutOfMemoryError("x"), new InferenceError("x")];
  const all: GdnError[] = [...refusals, ...others];
  assert.equal(new Set(all.map(({ code }) => code)).size, all.length);
  assert.ok(others.every((error) => !(error instanceof EngineDeserializeError)));
  assert.ok(all.every(({ exitCode }) => exitCode !== 0));
});
