import assert from "node:assert/strict";
import { NATIVE_ERROR_BYTES, NativeError, seededRandom } from "../../src/core/mod.ts";
import { openDevice, readSystemText, ServiceManager } from "../../src/native/device/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import { PYTHON } from "../support/python.ts";
import { inScratch } from "../support/scratch.ts";
import { startServiceManager } from "../support/service_manager.ts";

const BINDINGS = `${REPOSITORY}/src/native/device/mod.ts`;
const FLAGS = [
  "--no-prompt",
  "--no-check",
  "--cached-only",
  `--config=${REPOSITORY}/deno.json`,
  `--allow-ffi=${REPOSITORY}/build/lib/libgdn_device.so`,
];
const NOT_PERMITTED = 6, INVALID_ARGUMENT = 1;

/** Runs a program that may open the library and nothing else; its stdout. */
async function confined(
  program: string,
  options: { readonly env?: Record<string, string>; readonly before?: readonly string[] } = {},
): Promise<string> {
  const file = await Deno.makeTempFile({ prefix: "gdn-device-", suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      file,
      `import { openDevice, readSystemText, ServiceManager } from "${BINDINGS}";
       using device = openDevice();
       ${program}`,
    );
    const [command, ...args] = [...options.before ?? [], Deno.execPath(), "run", ...FLAGS, file];
    const { success, stdout, stderr } = await new Deno.Command(command, {
      args,
      env: options.env ?? {},
      stdin: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout).trim();
  } finally {
    await Deno.remove(file);
  }
}

Deno.test("readSystemText() reads the memory of this process with FFI alone", async () => {
  assert.match(
    await confined(`console.log(readSystemText(device, "/proc/self/status"))`),
    /^Name:\t.*^VmRSS:\s+\d+ kB$/ms,
  );
});

Deno.test("readSystemText() refuses every path outside of its list, and says undefined for what is absent", () => {
  using device = openDevice();
  for (
    const path of [
      "/etc/passwd",
      "/proc/self/environ",
      "/proc/self/mem",
      "/proc/1/status",
      "/proc/self/status/",
      "/proc/self/statusx",
      "/proc/self/task/../status",
      "//proc/self/status",
      "proc/self/status",
      "/sys/class/thermal/thermal_zone0/../../../kernel/notes",
      "/sys/class/thermal/thermal_zone/temp",
      "/sys/class/thermal/thermal_zone00000/temp",
      "/sys/class/thermal/thermal_zone0/temp\0",
      "/sys/class/thermal/thermal_zone0/subsystem",
      "/sys/devices/platform/../x.gpu/load",
      "/sys/devices/platform/a/b.gpu/load",
      `/sys/devices/platform/${"9".repeat(120)}.gpu/load`.padEnd(200, "x"),
    ]
  ) {
    assert.throws(() => readSystemText(device, path), { status: NOT_PERMITTED }, path);
  }
  for (const path of ["", "/".repeat(256), "/sys/".padEnd(100_000, "#")]) {
    assert.throws(() => readSystemText(device, path), { status: INVALID_ARGUMENT });
  }
  assert.equal(readSystemText(device, "/sys/class/thermal/thermal_zone9999/temp"), undefined);
  assert.equal(readSystemText(device, "/sys/devices/platform/17000000.gpu/load"), undefined);
});

Deno.test("whatever a path is made of, nothing outside of the list is read", () => {
  using device = openDevice();
  const random = seededRandom("paths of the kernel");
  const seeds = [
    "/proc/self/status",
    "/sys/class/thermal/thermal_zone0/temp",
    "/sys/devices/platform/17000000.gpu/load",
  ];
  const pieces = ["..", ".", "/", "0", "9999", "self", "environ", "1", "#", "*", "\0", "\n", "é"];
  let permitted = 0;
  for (let i = 0; i < 3000; i++) {
    let path = seeds[random.integer(seeds.length)];
    for (let change = random.integer(3); change > 0; change--) {
      const at = random.integer(path.length + 1), piece = pieces[random.integer(pieces.length)];
      path = path.slice(0, at) + piece + path.slice(at + random.integer(4));
    }
    try {
      readSystemText(device, path);
      permitted++;
      assert.match(
        path,
        /^\/(proc\/self\/stat(us)?|sys\/class\/thermal\/thermal_zone\d{1,4}\/temp|sys\/devices\/platform\/[\w-]+\.gpu\/load)$/,
      );
    } catch (error) {
      assert.ok(
        error instanceof NativeError && error.status === NOT_PERMITTED,
        `${path}: ${error}`,
      );
    }
  }
  assert.ok(permitted > 900, "a path that was not changed is one of the list");
});

Deno.test("a file that does not fit its buffer is an error, and nothing is written past it", () => {
  using device = openDevice();
  const path = new TextEncoder().encode("/proc/self/status");
  const out = new Uint8Array(64), length = new BigInt64Array(1);
  const error = new Uint8Array(NATIVE_ERROR_BYTES);
  const read = (capacity: bigint) =>
    device.symbols.gdn_system_file_read(path, BigInt(path.length), out, capacity, length, error);
  assert.equal(read(32n), 5);
  assert.match(new TextDecoder().decode(error.subarray(4)), /longer than 32 bytes/);
  assert.ok(out.subarray(32).every((byte) => byte === 0));
  for (const capacity of [0n, -1n]) assert.equal(read(capacity), INVALID_ARGUMENT);
});

Deno.test({
  name: "what was mounted over a folder of the kernel is not read",
  ignore: Deno.uid() !== 0,
  fn: () =>
    inScratch(async (folder) => {
      const zone = `${folder}/thermal/thermal_zone0`;
      await Deno.mkdir(zone, { recursive: true });
      await Deno.writeTextFile(`${zone}/temp`, "secret");
      await Deno.writeTextFile(`${folder}/secret`, "secret");
      await Deno.symlink(`${folder}/secret`, `${zone}/type`);
      const mounted = `mount --bind ${folder}/thermal /sys/class/thermal && exec "$@"`;
      const out = await confined(
        `for (const name of ["temp", "type"]) {
          try {
            console.log(readSystemText(device, "/sys/class/thermal/thermal_zone0/" + name));
          } catch (error) {
            console.log(error.status, error.reason);
          }
        }`,
        { before: ["unshare", "--mount", "sh", "-c", mounted, "sh"] },
      );
      assert.match(out, /^6 \S+\/temp is no plain file of the kernel\n6 \S+\/type is a link$/);
    }),
});

Deno.test("ServiceManager.open() is null where nobody supervises the process", () => {
  using device = openDevice();
  assert.equal(Deno.env.get("NOTIFY_SOCKET"), undefined);
  assert.equal(ServiceManager.open(device), null);
});

const TELL = `
  const manager = ServiceManager.open(device);
  manager.notify("ready", "composed");
  manager.notify("watchdog");
  manager.notify("status", "two\\nlines\\x1b[31m " + "é".repeat(400));
  manager.notify("stopping");
  manager.notify("starting");
  console.log(manager.watchdogMs);
  manager[Symbol.dispose]();
  manager[Symbol.dispose]();
  console.log(device.liveHandles());`;

for (const kind of ["path", "abstract name"]) {
  Deno.test({
    name: `ServiceManager tells the socket of a ${kind}, with FFI alone`,
    ignore: PYTHON === undefined,
    fn: () =>
      inScratch(async (folder) => {
        const address = kind === "path" ? `${folder}/notify` : `@gdn-test-${crypto.randomUUID()}`;
        await using peer = await startServiceManager(address);
        const env = { NOTIFY_SOCKET: address, WATCHDOG_USEC: "1500000" };
        assert.equal(await confined(TELL, { env }), "1500\n0");
        await peer.until((received) => received.length >= 5);
        const [ready, watchdog, status, ...others] = peer.received.map(({ text }) => text);
        assert.deepEqual([ready, watchdog, ...others], [
          "READY=1\nSTATUS=composed\n",
          "WATCHDOG=1\n",
          "STOPPING=1\n",
          "EXTEND_TIMEOUT_USEC=60000000\n",
        ]);
        assert.match(status, /^STATUS=two lines \[31m é+\n$/);
        assert.ok(new TextEncoder().encode(status).length <= "STATUS=\n".length + 512);
      }),
  });
}

Deno.test("a watchdog of another process is none of ours, and a wrong address is refused", async () => {
  const open = `
    try {
      console.log(ServiceManager.open(device)?.watchdogMs);
    } catch (error) {
      console.log(error.reason);
    }`;
  const NOTIFY_SOCKET = "/nowhere/notify";
  const environments: Record<string, string>[] = [
    { NOTIFY_SOCKET, WATCHDOG_USEC: "1500000", WATCHDOG_PID: "1" },
    { NOTIFY_SOCKET, WATCHDOG_USEC: "-5" },
    { NOTIFY_SOCKET, WATCHDOG_USEC: "99999999999999999999" },
    { NOTIFY_SOCKET: "relative" },
    { NOTIFY_SOCKET: "@" },
    { NOTIFY_SOCKET: `/${"x".repeat(107)}` },
  ];
  const answers = await Promise.all(environments.map((env) => confined(open, { env })));
  const refusal = /^NOTIFY_SOCKET is neither an absolute path nor an abstract name, or too long$/;
  assert.deepEqual(answers.slice(0, 3), ["null", "null", "null"]);
  for (const answer of answers.slice(3)) assert.match(answer, refusal);
});

Deno.test("notify() says false where the manager is gone, and throws after disposal", async () => {
  const out = await confined(
    `const manager = ServiceManager.open(device);
     console.log(manager.notify("ready"));
     manager[Symbol.dispose]();
     try { manager.notify("ready"); } catch (error) { console.log(error instanceof TypeError); }`,
    { env: { NOTIFY_SOCKET: "/nowhere/notify" } },
  );
  assert.equal(out, "false\ntrue");
});

Deno.test("the native side itself refuses states and texts that the bindings never send", async () => {
  const out = await confined(
    `const handle = new BigUint64Array(1), error = new Uint8Array(256);
     device.symbols.gdn_service_manager_open(handle, new BigInt64Array(1), error);
     const tell = (state, text, bytes = text.length) =>
       device.symbols.gdn_service_manager_notify(handle[0], state, new TextEncoder().encode(text), BigInt(bytes), error);
     console.log([tell(9, ""), tell(-1, ""), tell(0, ""), tell(0, "a\\nMAINPID=1"), tell(0, "x".repeat(513)),
       tell(0, "x", -1), device.symbols.gdn_service_manager_free(7n, error)].join());`,
    { env: { NOTIFY_SOCKET: "/nowhere/notify" } },
  );
  assert.equal(out, Array(7).fill(INVALID_ARGUMENT).join());
});

Deno.test("NativeError of a refused path names the path", () => {
  using device = openDevice();
  assert.throws(
    () => readSystemText(device, "/etc/shadow"),
    (error) => error instanceof NativeError && error.message.includes("/etc/shadow"),
  );
});
