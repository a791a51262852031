import { DeviceLinks } from "../support/device_links.ts";
import assert from "node:assert/strict";
import { NATIVE_STATUS } from "../../src/core/mod.ts";
import { openDevice, SerialLine } from "../../src/native/device/mod.ts";
import { freePort } from "../support/line_peers.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";

const { notFound, notPermitted, invalidArgument, systemFailure } = NATIVE_STATUS;
const baudRate = 921_600;

Deno.test("SerialLine.open() opens serial lines alone", () => {
  using device = openDevice();
  const status = new Map([
    ["/dev/tty", notPermitted],
    ["/dev/tty1", notPermitted],
    ["/dev/null", notPermitted],
    ["/dev/ptmx", notPermitted],
    ["/dev/console", notPermitted],
    ["/dev/../etc/passwd", notPermitted],
    ["/etc/passwd", notPermitted],
    ["/dev/ttyGDN99", notFound],
    ["/dev/pts/999999", notFound],
    ["", invalidArgument],
    ["/dev/ttyS0\0", invalidArgument],
    [`/dev/${"x".repeat(300)}`, invalidArgument],
  ]);
  for (const [path, expected] of status) {
    assert.throws(() => SerialLine.open(device, { path, baudRate }), { status: expected }, path);
  }
  for (const rate of [0, 49, 4_000_001, -1]) {
    assert.throws(() => SerialLine.open(device, { path: "/dev/ttyS0", baudRate: rate }), {
      status: invalidArgument,
    });
  }
});

Deno.test("a link below /dev is followed, and held against the list where it leads", async () => {
  using device = openDevice();
  await using terminal = SerialLine.pseudoTerminal(device);
  await using links = await DeviceLinks.make();
  const { folder } = links;
  await links.link(terminal.path, "autopilot");
  await links.link("/etc/passwd", "elsewhere");
  await using line = SerialLine.open(device, { path: `${folder}/autopilot`, baudRate });
  assert.equal(line.write(Uint8Array.of(1, 2, 3)), 3);
  assert.throws(() => SerialLine.open(device, { path: `${folder}/elsewhere`, baudRate }), {
    status: notPermitted,
    reason: /\/etc\/passwd is not a serial line/,
  });
});

Deno.test("every byte passes unchanged, at any baud rate, and one program has the line", async () => {
  using device = openDevice();
  await using terminal = SerialLine.pseudoTerminal(device);
  const all = Uint8Array.from({ length: 256 }, (_, i) => i), into = new Uint8Array(1000);
  for (const rate of [57_600, 921_600, 1_500_000, 123_457]) {
    await using line = SerialLine.open(device, { path: terminal.path, baudRate: rate });
    assert.throws(() => SerialLine.open(device, { path: terminal.path, baudRate }), {
      status: systemFailure,
      reason: /open in another program/,
    });
    for (const [from, to] of [[line, terminal], [terminal, line]]) {
      assert.equal(from.write(all), 256);
      let length = 0;
      while (length < 256) length += await to.read(into.subarray(length));
      assert.deepEqual(into.subarray(0, length), all);
    }
  }
});

Deno.test("a write never waits, a read waits a tenth of a second, and disposal ends a read", async () => {
  using device = openDevice();
  const terminal = SerialLine.pseudoTerminal(device);
  const line = SerialLine.open(device, { path: terminal.path, baudRate });
  assert.equal(device.liveHandles(), 2);
  assert.equal(await line.read(new Uint8Array(10)), 0);
  const block = new Uint8Array(65_536);
  let taken = 0;
  for (let last = -1; last !== 0; taken += last) last = line.write(block);
  assert.ok(taken > 0 && taken < 10 * 65_536);
  const reading = line.read(new Uint8Array(10));
  await line[Symbol.asyncDispose]();
  await line[Symbol.asyncDispose]();
  assert.equal(await reading, 0);
  assert.throws(() => line.write(Uint8Array.of(1)), TypeError);
  await terminal[Symbol.asyncDispose]();
  assert.equal(device.liveHandles(), 0);
});

Deno.test("a line whose other end is gone says so", async () => {
  using device = openDevice();
  const terminal = SerialLine.pseudoTerminal(device);
  const gone = { status: notFound, reason: /unplugged/ };
  await assert.rejects(terminal.read(new Uint8Array(1)), { reason: /nobody has opened/ });
  assert.throws(() => terminal.write(Uint8Array.of(1)), { reason: /nobody has opened/ });
  await using line = SerialLine.open(device, { path: terminal.path, baudRate });
  assert.equal(terminal.write(Uint8Array.of(7)), 1);
  await terminal[Symbol.asyncDispose]();
  await assert.rejects(async () => {
    for (;;) await line.read(new Uint8Array(8));
  }, gone);
  assert.throws(() => line.write(Uint8Array.of(1)), gone);
});

const BEHIND_THE_FILTER = `
import { installSyscallFilter, openDevice, SerialLine } from "${REPOSITORY}/src/native/device/mod.ts";
import { createLink } from "${REPOSITORY}/src/link/transport/mod.ts";
import { SystemClock } from "${REPOSITORY}/src/core/mod.ts";
using device = openDevice();
const clock = new SystemClock();
const terminal = SerialLine.pseudoTerminal(device);
installSyscallFilter(device, { unixSockets: false, inetSockets: true, servers: true });
const addresses = ["serial:" + terminal.path + ":921600", "tcpin:127.0.0.1:PORT", "tcp:127.0.0.1:PORT"];
const links = addresses.map((address) => createLink(address, { clock, openDevice }));
for (const link of links) await link.open();
const until = async (holds) => { while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5)); };
await until(() => links.every((link) => link.health().connected));
links[2].write(new Uint8Array(5));
await until(() => links[1].health().bytesIn === 5);
for (const link of links) await link[Symbol.asyncDispose]();
// Opened once more, as after a cut.
const again = createLink(addresses[0], { clock, openDevice });
await again.open();
await until(() => again.health().connected);
console.log("all opened");
Deno.exit(0);
`;

Deno.test("behind the filter of system calls lines are opened, and opened again", () =>
  inScratch(async (folder) => {
    const program = BEHIND_THE_FILTER.replaceAll("PORT", String(freePort()));
    await Deno.writeTextFile(`${folder}/lines.ts`, program);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-prompt",
        "--no-check",
        "--cached-only",
        `--config=${REPOSITORY}/deno.json`,
        `--allow-ffi=${REPOSITORY}/build/lib/libgdn_device.so`,
        "--allow-net=127.0.0.1",
        `${folder}/lines.ts`,
      ],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(text(stdout), "all opened\n", text(stderr));
  }));
