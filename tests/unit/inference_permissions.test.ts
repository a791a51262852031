import assert from "node:assert/strict";
import { airborneCommand } from "../../tasks/executables.ts";
import { REPOSITORY } from "../support/paths.ts";
import { scratchFolder } from "../support/scratch.ts";
import { matrixProduct } from "./inference_models.ts";

/** Runs a model as airborne does. Argument: its file. */
const PROGRAM = `
import { InferenceConfigSchema, OnnxRuntime, tensor } from "${REPOSITORY}/src/navigation/inference/mod.ts";
await using runtime = new OnnxRuntime({
  config: InferenceConfigSchema.parse({}),
  thermalState: () => { throw new Error("nobody asks"); },
  onEvent: console.log,
});
const engine = await runtime.deserializeEngine({ path: Deno.args[0] });
const [y] = await runtime.infer(engine, [tensor("x", "float32", [4, 64])]);
console.log(y.name, y.shape.join());
`;

/** The native module that the launcher lets airborne load, by its exact path. */
function bindingGrant(): string {
  const flag = airborneCommand([]).args.find((arg) => arg.startsWith("--allow-ffi="));
  const binding = flag?.slice("--allow-ffi=".length).split(",")
    .find((path) => path.endsWith("onnxruntime_binding.node"));
  assert.ok(binding !== undefined, `no binding in ${flag}`);
  return binding;
}

Deno.test("a model runs with nothing but its file, the room's modules and ONNX Runtime's native module", async () => {
  await using scratch = await scratchFolder();
  const model = `${scratch.path}/model.onnx`, program = `${scratch.path}/program.ts`;
  await Deno.writeFile(model, matrixProduct().bytes);
  await Deno.writeTextFile(program, PROGRAM);
  const run = async (...ffi: string[]) => {
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--cached-only", "--no-remote", "--no-check"],
        `--config=${REPOSITORY}/deno.json`,
        `--allow-read=${model},${REPOSITORY}/src/core,${REPOSITORY}/src/navigation/inference`,
        ...ffi,
        program,
        model,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    return { out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
  };
  const allowed = await run(`--allow-ffi=${bindingGrant()}`);
  assert.equal(allowed.out, "y 4,32\n", allowed.err);
  const without = await run();
  assert.match(without.err, /RuntimeNotAvailableError: Cannot load model\.onnx.*grant ffi/s);
});
