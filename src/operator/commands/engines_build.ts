/**
 * `operator engines build`: an ONNX model for the runtime that is to fly it, into a folder or into a flight
 * package; for TensorRT an engine is compiled on this host.
 *
 * @module
 */
import { MODEL_BYTES_MAX } from "../../navigation/inference/mod.ts";
import { basename } from "node:path";
import {
  bytesText,
  type Command,
  type CommandIo,
  DataError,
  defineCommand,
  EXIT,
  type ExitCode,
  messageOf,
  option,
  type OptionValues,
  readPlainFile,
  replaceFile,
  sha256Hex,
  UsageError,
} from "../../core/mod.ts";
import { MODEL_FOLDER, verifiedBytes } from "../../flight/flight_package/mod.ts";
import type { CompileRequest, InferenceRuntime } from "../../navigation/inference/mod.ts";
import { addModels } from "../../workstation/provisioning/mod.ts";

/** The parts that the composition root passes to the command. */
interface EngineBuildParts {
  /** @throws RuntimeNotAvailableError with what to install */
  openTensorRt(): InferenceRuntime;
}

const ARGUMENT = {
  model: option.path({
    access: "read",
    placeholder: "MODEL.onnx",
    required: true,
    help: "the model",
  }),
} as const;

const PLACE_GROUP = "Place, one of";

const OPTIONS = {
  package: option.path({
    access: "create",
    placeholder: "PACKAGE",
    help: "flight package that gets model and engine, in its folder models",
    group: PLACE_GROUP,
  }),
  out: option.path({
    access: "create",
    placeholder: "FOLDER",
    help: "folder that gets model and engine",
    group: PLACE_GROUP,
  }),
  runtime: option.choice(["tensorrt", "onnx"], {
    default: "tensorrt",
    help: "tensorrt compiles an engine on this host, which must be of the kind that flies it; " +
      "onnx takes the model as it is",
  }),
  precision: option.choice(["fp32", "fp16", "int8"], {
    default: "fp16",
    help: "of the engine",
  }),
  profile: option.text({
    multiple: true,
    help: "INPUT:MIN:OPTIMAL:MAX, shapes of an input with open axes",
    example: "x:1x1x240x320:1x1x480x640:1x1x960x1280",
  }),
  workspace: option.bytes({
    help: "scratch memory of one layer at most",
    absent: "TensorRT's own limit",
  }),
  samples: option.path({
    access: "read",
    placeholder: "FILE",
    help: "int8: float32 numbers to calibrate with, sets of all inputs in the model's order",
  }),
  calibration: option.path({
    access: "read",
    placeholder: "FILE",
    help: "int8: the calibration cache of an earlier build, instead of samples",
  }),
} as const;

type Values = OptionValues<typeof OPTIONS> & { readonly model: string; readonly json: boolean };

export function enginesBuildCommand(parts: EngineBuildParts): Command {
  return defineCommand({
    name: "engines build",
    summary: "make a model ready to fly: compile its engine here, and put both into a package",
    about: `
Copies an ONNX model into a folder or a flight package, and compiles its TensorRT engine beside it, with
the sidecar that the gate wants. An engine runs only on the kind of GPU, the JetPack and the TensorRT that
built it: run this on the companion computer. The model stays beside the engine: it flies on ONNX Runtime
where the engine cannot. A package is verified first, made anew beside its place, and replaced when it is
whole; its manifest lists the new files. In airborne's configuration the model's path is then
"${MODEL_FOLDER}/NAME.onnx".`,
    arguments: ARGUMENT,
    options: OPTIONS,
    json: "one JSON object a file that was made",
    examples: [
      "operator engines build xfeat.onnx --package packages/kyiv",
      "operator engines build xfeat.onnx --package packages/kyiv --runtime onnx",
      "operator engines build net.onnx --out engines --precision int8 --samples calibration.bin",
    ],
    exitCodes: { 69: "TensorRT is not installed here; the message says how to install it" },
    run: async (values, io) => await run(parts, values, io),
  });
}

async function run(parts: EngineBuildParts, values: Values, io: CommandIo): Promise<ExitCode> {
  const { model, package: packagePath, out } = values;
  if ((packagePath === undefined) === (out === undefined)) {
    throw new UsageError("give either --package or --out");
  }
  const profiles = values.profile.map(readProfile);
  const bytes = await readModel(model);
  if (values.runtime === "onnx") {
    const fill = (folder: string) => replaceFile(`${folder}/${basename(model)}`, bytes);
    return await place(values, io, fill);
  }
  await using runtime = parts.openTensorRt();
  return await place(values, io, async (folder) => {
    await replaceFile(`${folder}/${basename(model)}`, bytes);
    using progress = io.progress(`compiling ${basename(model)}`, 1);
    await runtime.compileEngine(compileRequest(values, folder, profiles));
    progress.end();
    // Of use to the next build alone.
    if (packagePath !== undefined) await removeCaches(folder);
  });
}

function compileRequest(
  { model, precision, workspace, samples, calibration }: Values,
  folder: string,
  profiles: NonNullable<CompileRequest["profiles"]>,
): CompileRequest {
  const name = basename(model).replace(/\.onnx$/i, "");
  return {
    modelPath: `${folder}/${basename(model)}`,
    engineFolder: folder,
    precision,
    profiles,
    ...(workspace === undefined ? {} : { workspaceBytes: workspace }),
    ...(precision === "int8"
      ? { calibrationCachePath: calibration ?? `${folder}/${name}.calibration` }
      : {}),
    ...(samples === undefined ? {} : { calibrationSamplesPath: samples }),
  };
}

/** Lets `fill` write into the folder or the package, and says what is there then. */
async function place(
  { package: packagePath, out, json }: Values,
  io: CommandIo,
  fill: (folder: string) => Promise<void>,
): Promise<ExitCode> {
  const made: { path: string; bytes: number; sha256: string }[] = [];
  if (packagePath !== undefined) {
    const files = await intoPackage(packagePath, io, fill);
    made.push(...files.map((file) => ({ ...file, path: `${packagePath}/${file.path}` })));
  } else {
    await Deno.mkdir(out!, { recursive: true });
    await fill(out!);
    made.push(...await filesOf(out!));
  }
  for (const file of made) {
    io.out(
      json ? JSON.stringify({ type: "file", ...file }) : `${file.path}  ${bytesText(file.bytes)}`,
    );
  }
  return EXIT.ok;
}

async function intoPackage(
  path: string,
  io: CommandIo,
  fill: (folder: string) => Promise<void>,
) {
  const bar: { current?: Disposable & { end(note?: string): void } } = {};
  try {
    const { files } = await addModels(path, async (folder) => {
      bar.current?.end();
      await fill(folder);
    }, (manifest) => {
      const progress = io.progress("verifying", verifiedBytes(manifest));
      bar.current = progress;
      return (doneBytes) => {
        io.signal.throwIfAborted();
        progress.update(doneBytes);
      };
    });
    return files;
  } finally {
    bar.current?.[Symbol.dispose]();
  }
}

async function filesOf(folder: string) {
  const files: { path: string; bytes: number; sha256: string }[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile || !/\.(onnx|engine|engine\.json)$/.test(name)) continue;
    const bytes = await readPlainFile(`${folder}/${name}`, { bytesMax: MODEL_BYTES_MAX });
    files.push({ path: `${folder}/${name}`, bytes: bytes.length, sha256: sha256Hex(bytes) });
  }
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}

async function removeCaches(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (/^timing\..*\.cache$|\.calibration$/.test(name)) await Deno.remove(`${folder}/${name}`);
  }
}

async function readModel(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}\.onnx$/.test(basename(path))) {
    throw new UsageError(
      `${
        basename(path)
      }: name the model with a-z, 0-9, _ and -, and the ending .onnx: engines are ` +
        "named after it",
    );
  }
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = await readPlainFile(path, { bytesMax: MODEL_BYTES_MAX });
  } catch (error) {
    throw new DataError(path, `cannot be read: ${messageOf(error)}`, { cause: error });
  }
  // ir_version, the first field of every ONNX model that tools write.
  if (bytes[0] !== 0x08) throw new DataError(path, "is no ONNX model");
  return bytes;
}

/** "x:1x3x1x1:1x3x8x8:1x3x64x64". */
function readProfile(text: string): NonNullable<CompileRequest["profiles"]>[number] {
  const parts = text.split(":");
  const shapes = parts.slice(-3).map((shape) =>
    /^\d{1,9}(x\d{1,9}){0,7}$/.test(shape) ? shape.split("x").map(Number) : []
  );
  const input = parts.slice(0, -3).join(":");
  const [min, optimal, max] = shapes;
  const isRight = input !== "" && shapes.length === 3 && min.length > 0 &&
    shapes.every(({ length }) => length === min.length) &&
    min.every((axis, i) => axis >= 1 && axis <= optimal[i] && optimal[i] <= max[i]);
  if (isRight) return { input, min, optimal, max };
  throw new UsageError(
    `--profile: "${text}" is not INPUT:MIN:OPTIMAL:MAX with shapes like 1x1x480x640 of one rank, ` +
      "each axis 1 at least and growing",
  );
}
