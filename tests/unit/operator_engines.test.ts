/** `operator engines build|list|verify`, with TensorRT's CPU double in the place of TensorRT. */
import assert from "node:assert/strict";
import {
  type Command,
  type CommandIo,
  GdnError,
  monotonicNs,
  RuntimeNotAvailableError,
  UsageError,
} from "../../src/core/mod.ts";
import {
  openFlightPackage,
  packagedModel,
  readManifest,
} from "../../src/flight/flight_package/mod.ts";
import {
  GpuMemoryBudget,
  TensorRtRuntime,
  unmeasured,
} from "../../src/navigation/inference/mod.ts";
import { enginesBuildCommand } from "../../src/operator/commands/engines_build.ts";
import {
  enginesListCommand,
  enginesVerifyCommand,
} from "../../src/operator/commands/engines_list.ts";
import { inScratch } from "../support/scratch.ts";
import { openReference } from "../support/tensorrt.ts";
import { writePackage } from "./flight_package_fixture.ts";
import { convolution, matrixProduct } from "./inference_models.ts";

const ENGINE = "net.sm10.jpnone.trt0.0.1.fp16.engine";

const openDouble = () =>
  new TensorRtRuntime({
    library: openReference(),
    budget: new GpuMemoryBudget(2 ** 30),
    precision: "fp32",
    thermalState: () => unmeasured(monotonicNs(0)),
  });
const hostOfDouble = async () => {
  await using runtime = openDouble();
  return await runtime.host();
};
const absent = () => {
  throw new RuntimeNotAvailableError("TensorRT is not installed");
};

async function run(command: Command, ...args: string[]) {
  const out: string[] = [], err: string[] = [];
  const bar = { update: () => {}, end: () => {}, [Symbol.dispose]: () => {} };
  const io: CommandIo = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    note: () => {},
    detail: () => {},
    progress: () => bar,
    signal: new AbortController().signal,
    signalEnds: () => {},
  };
  const code = await command.run(args, io);
  return { code, out, err };
}

const build = (...args: string[]) =>
  run(enginesBuildCommand({ openTensorRt: openDouble }), ...args);
const list = (...args: string[]) => run(enginesListCommand({ host: hostOfDouble }), ...args);
const verify = (...args: string[]) => run(enginesVerifyCommand({ host: hostOfDouble }), ...args);

/** A package, and a model beside it. */
function withPackage(body: (packagePath: string, model: string, folder: string) => Promise<void>) {
  return inScratch(async (folder) => {
    const model = `${folder}/net.onnx`;
    await Deno.writeFile(model, matrixProduct().bytes);
    await writePackage(`${folder}/package`);
    await body(`${folder}/package`, model, folder);
  });
}

Deno.test("engines build puts model, engine and sidecar into a package, which stays whole", () =>
  withPackage(async (packagePath, model) => {
    const before = await readManifest(packagePath);
    const { code, out } = await build(model, "--package", packagePath);
    assert.equal(code, 0);
    assert.equal(out.length, 3);
    const opened = await openFlightPackage(packagePath);
    const files = opened.manifest.files.map(({ path }) => path);
    assert.deepEqual(files.filter((path) => path.startsWith("models/")), [
      "models/net.onnx",
      `models/${ENGINE}`,
      `models/${ENGINE}.json`,
    ]);
    const { files: _, ...head } = opened.manifest;
    const { files: older, ...olderHead } = before;
    assert.deepEqual(head, olderHead);
    for (const file of older) {
      assert.deepEqual(opened.manifest.files.find(({ path }) => path === file.path), file);
    }
    assert.equal((await verify(packagePath)).code, 0);

    // Again, with another precision: both are there then.
    assert.equal((await build(model, "--package", packagePath, "--precision", "fp32")).code, 0);
    const listed = (await list(packagePath, "--json")).out.map((line) => JSON.parse(line));
    assert.deepEqual(
      listed.map(({ model, precision, matchesHost, hash }) =>
        [model, precision, matchesHost, hash].join(" ")
      ),
      ["net  true right", "net fp16 true right", "net fp32 true right"],
    );
  }));

Deno.test("without TensorRT a model goes into a package for ONNX Runtime, and an engine is refused", () =>
  withPackage(async (packagePath, model) => {
    const command = enginesBuildCommand({ openTensorRt: absent });
    await assert.rejects(run(command, model, "--package", packagePath), RuntimeNotAvailableError);
    assert.deepEqual((await readManifest(packagePath)).files.length, 9, "nothing was added");
    const { code } = await run(command, model, "--package", packagePath, "--runtime", "onnx");
    assert.equal(code, 0);
    const listing = enginesListCommand({ host: async () => await absent() });
    assert.match((await run(listing, packagePath)).out.join(), /^net\.onnx +onnx .* hash right$/);
    const opened = await openFlightPackage(packagePath);
    const file = opened.manifest.files.find(({ path }) => path === "models/net.onnx");
    assert.deepEqual(packagedModel(opened, "models/net.onnx"), {
      path: `${packagePath}/models/net.onnx`,
      sha256: file?.sha256,
    });
    assert.deepEqual(packagedModel(opened, "/elsewhere/net.onnx"), { path: "/elsewhere/net.onnx" });
  }));

Deno.test("a build that fails leaves the package as it was", () =>
  withPackage(async (packagePath, model, folder) => {
    const before = await Deno.readTextFile(`${packagePath}/manifest.json`);
    await Deno.writeFile(model, convolution().bytes);
    await assert.rejects(build(model, "--package", packagePath), /open axes and no profile/);
    await Deno.writeFile(`${packagePath}/tiles.json`, new Uint8Array(3));
    await Deno.writeFile(model, matrixProduct().bytes);
    await assert.rejects(build(model, "--package", packagePath), /tiles\.json/);
    assert.equal(await Deno.readTextFile(`${packagePath}/manifest.json`), before);
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(names, ["net.onnx", "package"]);
  }));

Deno.test("engines verify names each file that the gate would refuse, and why", () =>
  withPackage(async (_, model, folder) => {
    const out = `${folder}/engines`;
    const profile = ["--profile", "x:1x1x3x3:1x1x8x8:1x1x64x64"];
    await Deno.writeFile(`${folder}/pictures.onnx`, convolution().bytes);
    for (const more of [[model], [`${folder}/pictures.onnx`, ...profile]]) {
      assert.equal((await build(...more, "--out", out)).code, 0);
    }
    assert.equal((await verify(out)).code, 0);
    const engine = `${out}/${ENGINE}`;
    const bytes = await Deno.readFile(engine);
    await Deno.writeFile(engine, bytes.with(300, bytes[300] ^ 1));
    await Deno.copyFile(
      `${out}/pictures.sm10.jpnone.trt0.0.1.fp16.engine`,
      `${out}/Pictures.engine`,
    );
    const { code, out: lines } = await verify(out);
    assert.equal(code, 65);
    const text = lines.join("\n");
    assert.match(text, /Cannot load net\.sm10.*: its SHA-256 is/);
    assert.match(text, /Cannot load Pictures\.engine: is not the name of an engine/);
    assert.match(text, /pictures\.sm10\.jpnone\.trt0\.0\.1\.fp16\.engine: may fly/);

    const foreign = await verify(out, "--host", "sm87.jp6.2.trt10.3.0");
    assert.equal(foreign.code, 65);
    assert.match(foreign.out.join("\n"), /built for sm10, here sm87, JetPack none, here 6\.2/);
    await assert.rejects(verify(out, "--host", "orin"), UsageError);
  }));

Deno.test("where the host is unknown everything else is verified, and a line says so", () =>
  withPackage(async (_, model, folder) => {
    const out = `${folder}/engines`;
    await build(model, "--out", out);
    const command = enginesVerifyCommand({ host: async () => await absent() });
    const { code, err } = await run(command, out);
    assert.equal(code, 0);
    assert.match(err.join(), /the host was not checked: .* give --host/);
    await Deno.remove(`${out}/${ENGINE}.json`);
    const { code: then, out: lines } = await run(command, out);
    assert.equal(then, 65);
    assert.match(lines.join(), /sidecar .* is missing/);
    await Deno.mkdir(`${folder}/empty`);
    assert.equal((await run(command, `${folder}/empty`)).code, 66);
  }));

Deno.test("engines build refuses what it cannot make an engine of", () =>
  withPackage(async (packagePath, model, folder) => {
    const wrong: readonly (readonly string[])[] = [
      [model],
      [model, "--package", packagePath, "--out", `${folder}/engines`],
      [model, "--out", `${folder}/engines`, "--profile", "x:1x1:2x2"],
      [model, "--out", `${folder}/engines`, "--profile", "x:2x2:1x1:3x3"],
      [model, "--out", `${folder}/engines`, "--profile", ":1:1:1"],
      [`${folder}/package/manifest.json`, "--out", `${folder}/engines`],
    ];
    for (const args of wrong) await assert.rejects(build(...args), UsageError, args.join(" "));
    await Deno.writeTextFile(`${folder}/text.onnx`, "no model");
    for (const name of ["text.onnx", "gone.onnx"]) {
      await assert.rejects(
        build(`${folder}/${name}`, "--out", `${folder}/engines`),
        (error) => error instanceof GdnError && error.exitCode === 65,
      );
    }
  }));
