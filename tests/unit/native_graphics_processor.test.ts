import assert from "node:assert/strict";
import { REPOSITORY } from "../support/paths.ts";
import { scratchFolder } from "../support/scratch.ts";

/** A double of NVML: one GPU, or none, as the environment says. */
const DOUBLE = `
#include <stdlib.h>
static int number(const char* name) { const char* text = getenv(name); return text ? atoi(text) : 0; }
int nvmlInit_v2(void) { return number("NVML_INIT"); }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void** device) {
  *device = (void*)0x1234;
  return index == 0 ? number("NVML_DEVICE") : 2;
}
int nvmlDeviceGetTemperature(void* device, int sensor, unsigned* celsius) {
  *celsius = number("NVML_CELSIUS");
  return device == (void*)0x1234 && sensor == 0 ? number("NVML_TEMPERATURE") : 2;
}
int nvmlDeviceGetCurrentClocksThrottleReasons(void* device, unsigned long long* reasons) {
  *reasons = number("NVML_REASONS");
  return device == (void*)0x1234 ? 0 : 2;
}
`;

const PROGRAM = `
import { openDevice, readGraphicsProcessor } from "${REPOSITORY}/src/native/device/mod.ts";
using device = openDevice();
console.log(JSON.stringify(readGraphicsProcessor(device) ?? null));
`;

async function run(command: string, args: string[], env: Record<string, string> = {}) {
  const { success, stdout, stderr } = await new Deno.Command(command, { args, env }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("the first NVIDIA GPU is read through NVML; without the library or an answer there is none", async () => {
  await using scratch = await scratchFolder();
  const { path } = scratch;
  await Deno.writeTextFile(`${path}/nvml.c`, DOUBLE);
  await Deno.writeTextFile(`${path}/program.ts`, PROGRAM);
  const library = `${path}/libnvidia-ml.so.1`;
  await run("cc", ["-shared", "-fPIC", "-o", library, `${path}/nvml.c`]);
  const read = async (env: Record<string, string>) =>
    JSON.parse(
      await run(Deno.execPath(), [
        ...["run", "--no-prompt", "--no-check", "--cached-only"],
        `--config=${REPOSITORY}/deno.json`,
        `--allow-ffi=${REPOSITORY}/build/lib/libgdn_device.so`,
        `${path}/program.ts`,
      ], env),
    );
  const found = [];
  const states: Record<string, string>[] = [
    { NVML_CELSIUS: "71", NVML_REASONS: "4" },
    { NVML_CELSIUS: "88", NVML_REASONS: "32" },
    { NVML_CELSIUS: "91", NVML_REASONS: "64" },
    { NVML_INIT: "9" },
    { NVML_DEVICE: "6" },
    { NVML_TEMPERATURE: "3" },
  ];
  for (const env of states) found.push(await read({ LD_LIBRARY_PATH: path, ...env }));
  assert.deepEqual(found, [
    // A power cap alone is no heat.
    { temperatureC: 71, throttled: false },
    { temperatureC: 88, throttled: true },
    { temperatureC: 91, throttled: true },
    null,
    null,
    null,
  ]);
});
