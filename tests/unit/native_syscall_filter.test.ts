import assert from "node:assert/strict";
import { type DeviceLibrary, openDevice } from "../../src/native/device/mod.ts";
import { NATIVE_ERROR_BYTES } from "../../src/core/mod.ts";
import { REPOSITORY } from "../support/paths.ts";
import { inScratch } from "../support/scratch.ts";
import { runFilter } from "../support/seccomp_program.ts";

const LIBRARY = `${REPOSITORY}/build/lib/libgdn_device.so`;
const EPERM = 1, ENOSYS = 38, INVALID_ARGUMENT = 1;
const ALLOW = 0x7fff0000, REFUSE = 0x00050000 + EPERM, UNKNOWN = 0x00050000 + ENOSYS;
const OWN_PROCESS = 4711;
const UNIX = 1, INET = 2, SERVERS = 4;

const ARCHITECTURES = {
  "x86-64": { code: 1, audit: 0xc000003e, header: "x86_64-linux-gnu/asm/unistd_64.h" },
  aarch64: { code: 2, audit: 0xc00000b7, header: "asm-generic/unistd.h" },
} as const;

function filter(device: DeviceLibrary, architecture: number, allowed: number): Uint8Array {
  const out = new Uint8Array(8192), length = new BigInt64Array(1);
  const error = new Uint8Array(NATIVE_ERROR_BYTES);
  const status = device.symbols.gdn_syscall_filter_program(
    architecture,
    allowed,
    OWN_PROCESS,
    out,
    BigInt(out.length),
    length,
    error,
  );
  assert.equal(status, 0, new TextDecoder().decode(error.subarray(4)));
  return out.subarray(0, Number(length[0]));
}

/** The numbers of an architecture's calls, as the kernel's own header has them. */
function numbersOf(header: string): Map<string, number> {
  const text = Deno.readTextFileSync(`/usr/include/${header}`);
  return new Map(
    [...text.matchAll(/^#define __NR(?:3264)?_(\w+)\s+(\d+)/gm)].map(([, name, n]) => [name, +n]),
  );
}

function hasHeader(header: string): boolean {
  try {
    return Deno.statSync(`/usr/include/${header}`).isFile;
  } catch {
    return false;
  }
}

const REFUSED =
  ("execve execveat fork vfork tkill ptrace process_vm_readv process_vm_writev kcmp pidfd_open pidfd_getfd " +
    "pidfd_send_signal process_madvise init_module finit_module delete_module kexec_load kexec_file_load " +
    "bpf perf_event_open userfaultfd reboot syslog personality modify_ldt iopl ioperm acct swapon swapoff " +
    "settimeofday clock_settime clock_adjtime adjtimex sethostname mount umount2 pivot_root chroot move_mount " +
    "open_tree fsopen fsconfig fsmount fspick mount_setattr unshare setns quotactl fanotify_init " +
    "open_by_handle_at name_to_handle_at mknod mknodat setuid setgid setreuid setregid setresuid setresgid " +
    "setgroups capset add_key request_key keyctl shmget shmat io_uring_setup io_uring_enter " +
    "io_uring_register socket connect bind listen accept accept4").split(" ");

/** What Deno, V8, FAISS, OpenMP, TBB, OpenCV and the recorder live on. */
const NEEDED =
  ("read write openat close fstat statx lseek mmap mprotect munmap brk madvise futex epoll_pwait epoll_ctl " +
    "eventfd2 timerfd_create clock_gettime clock_nanosleep nanosleep sched_yield sched_getaffinity exit " +
    "exit_group rt_sigaction rt_sigprocmask sigaltstack getpid gettid getrandom rename renameat unlinkat " +
    "mkdirat ftruncate fsync fdatasync flock fcntl pread64 pwrite64 getdents64 sendto sendmsg recvfrom " +
    "recvmsg shutdown setsockopt getsockopt memfd_create dup pipe2 ppoll rseq set_robust_list seccomp " +
    "prctl sysinfo uname getrusage sched_setaffinity mlock").split(" ");

for (const [name, { code, audit, header }] of Object.entries(ARCHITECTURES)) {
  Deno.test({
    name: `the filter of ${name} refuses by the kernel's own numbers, and lets the rest pass`,
    // aarch64 has the generic numbers, whose header is everywhere.
    ignore: !hasHeader(header),
    fn: () => checkNumbers(name, code, audit, header),
  });
}

function checkNumbers(name: string, code: number, audit: number, header: string): void {
  using device = openDevice();
  const numbers = numbersOf(header);
  const program = filter(device, code, 0);
  const answer = (call: string | number, ...values: number[]) => {
    const number = typeof call === "number" ? call : numbers.get(call);
    assert.ok(number !== undefined, call.toString());
    return runFilter(program, { architecture: audit, number, arguments: values });
  };
  const here = (names: readonly string[]) => names.filter((call) => numbers.has(call));
  assert.ok(here(REFUSED).length > REFUSED.length - 9, "x86-64 has a few that aarch64 lacks");
  for (const call of here(REFUSED)) assert.equal(answer(call), REFUSE, call);
  assert.equal(
    here(NEEDED).length,
    NEEDED.length - (name === "x86-64" ? 0 : 1),
    "aarch64 has no rename",
  );
  for (const call of here(NEEDED)) assert.equal(answer(call), ALLOW, call);

  const THREAD = 0x3d0f00, VFORK = 0x4111, SIGCHLD = 17, NEWUSER = 0x10000000;
  assert.equal(answer("clone", THREAD), ALLOW);
  for (const flags of [SIGCHLD, VFORK, 0, THREAD | NEWUSER]) {
    assert.equal(answer("clone", flags >>> 0), REFUSE, flags.toString(16));
  }
  assert.equal(answer("clone3"), UNKNOWN, "its flags are in memory: glibc falls back to clone");
  for (const call of ["kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"]) {
    assert.equal(answer(call, OWN_PROCESS), ALLOW, call);
    for (const process of [0, 1, 0xffffffff]) assert.equal(answer(call, process), REFUSE, call);
  }
  assert.equal(answer("prlimit64", 0), ALLOW);
  assert.equal(answer("prlimit64", 1), REFUSE);
  assert.equal(answer("socketpair", 1), ALLOW);
  assert.equal(answer("socketpair", 2), REFUSE);
  const TIOCSTI = 0x5412, TCGETS = 0x5401;
  assert.equal(answer("ioctl", 0, TIOCSTI), REFUSE);
  assert.equal(answer("ioctl", 0, TCGETS), ALLOW);
  assert.equal(answer(500), UNKNOWN, "a call of a kernel to come");

  const others = [0, 0x40000003, ...Object.values(ARCHITECTURES).map((other) => other.audit)];
  for (const architecture of others.filter((other) => other !== audit)) {
    const number = numbers.get("read")!;
    assert.equal(runFilter(program, { architecture, number }), REFUSE);
  }
  const x32 = 0x40000000 + numbers.get("read")!;
  assert.equal(answer(x32), name === "x86-64" ? REFUSE : UNKNOWN);
}

Deno.test("sockets that the configuration needs stay possible, and no others", () => {
  using device = openDevice();
  const { code, audit, header } = ARCHITECTURES.aarch64;
  const numbers = numbersOf(header);
  const STREAM = 1, DGRAM = 2, RAW = 3, CLOEXEC = 0x80000, NONBLOCK = 0x800;
  const AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, AF_PACKET = 17, AF_VSOCK = 40;
  const families = [AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_VSOCK];
  const allowed = new Map([
    [0, []],
    [UNIX, [AF_UNIX]],
    [INET, [AF_INET, AF_INET6]],
    [UNIX | INET, [AF_UNIX, AF_INET, AF_INET6]],
    [INET | SERVERS, [AF_INET, AF_INET6]],
  ]);
  for (const [bits, expected] of allowed) {
    const program = filter(device, code, bits);
    const answer = (call: string, ...values: number[]) =>
      runFilter(program, { architecture: audit, number: numbers.get(call)!, arguments: values });
    for (const type of [STREAM, DGRAM, STREAM | CLOEXEC | NONBLOCK]) {
      const possible = families.filter((family) => answer("socket", family, type) === ALLOW);
      assert.deepEqual(possible, expected);
    }
    for (const family of families) assert.equal(answer("socket", family, RAW | CLOEXEC), REFUSE);
    assert.equal(answer("connect"), bits === 0 ? REFUSE : ALLOW);
    assert.equal(answer("bind"), (bits & INET) === 0 ? REFUSE : ALLOW);
    const serves = (bits & SERVERS) === 0 ? REFUSE : ALLOW;
    for (const call of ["listen", "accept", "accept4"]) assert.equal(answer(call), serves);
    assert.equal(answer("execve"), REFUSE);
  }
});

Deno.test("the native side refuses architectures, kinds and buffers that it does not know", () => {
  using device = openDevice();
  const error = new Uint8Array(NATIVE_ERROR_BYTES), length = new BigInt64Array(1);
  const ask = (architecture: number, allowed: number, capacity: bigint) =>
    device.symbols.gdn_syscall_filter_program(
      architecture,
      allowed,
      1,
      new Uint8Array(8192),
      capacity,
      length,
      error,
    );
  for (
    const [architecture, allowed, capacity] of [[0, 0, 8192n], [3, 0, 8192n], [
      1,
      8,
      8192n,
    ]] as const
  ) {
    assert.equal(ask(architecture, allowed, capacity), INVALID_ARGUMENT);
  }
  for (const capacity of [0n, 64n, -1n]) assert.equal(ask(1, 0, capacity), INVALID_ARGUMENT);
  for (const allowed of [8, -1]) {
    assert.equal(device.symbols.gdn_syscall_filter_install(allowed, error), INVALID_ARGUMENT);
  }
});

/** What a probe printed: "NAME before" → errno. */
async function probe(allowed: number): Promise<Map<string, number>> {
  let lines = "";
  await inScratch(async (folder) => {
    const run = async (command: string, ...args: string[]) => {
      const { success, stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" })
        .output();
      assert.ok(success, new TextDecoder().decode(stderr));
      return new TextDecoder().decode(stdout);
    };
    const source = `${REPOSITORY}/tests/support/syscall_probe.cc`;
    await run("c++", "-std=c++17", "-O0", source, "-o", `${folder}/probe`, "-ldl", "-pthread");
    lines = await run(`${folder}/probe`, LIBRARY, String(allowed));
  });
  return new Map(
    lines.trim().split("\n").map((line) => {
      const [name, phase, number] = line.split(" ");
      return [`${name} ${phase}`, Number(number)];
    }),
  );
}

Deno.test("a process behind the filter tries everything: refused with EPERM, and threads go on", async () => {
  const [none, all] = await Promise.all([probe(0), probe(UNIX | INET)]);
  for (const [answers, sockets] of [[none, false], [all, true]] as const) {
    assert.equal(answers.get("install after"), 0);
    assert.equal(answers.get("install_again after"), INVALID_ARGUMENT);
    assert.equal(
      answers.get("early_thread after"),
      EPERM,
      "threads from before are behind it as well",
    );
    const open = [
      "thread",
      "own_signal",
      "socketpair",
      "executable_memory",
      "open",
      ...sockets ? ["socket_unix", "socket_tcp", "socket_udp6"] : [],
    ];
    for (const name of open) assert.equal(answers.get(`${name} after`), 0, name);
    const tried = [...answers.keys()].filter((key) => key.endsWith(" after"))
      .map((key) => key.slice(0, -" after".length))
      .filter((name) => !name.startsWith("install") && !open.includes(name));
    const unknown = ["clone3", "future_call"];
    // The kernel's own answers to a wrong file descriptor: the filter let the call pass.
    const passed = sockets ? ["connect", "bind"] : [];
    for (const name of tried) {
      const expected = passed.includes(name) ? 9 : unknown.includes(name) ? ENOSYS : EPERM;
      assert.equal(answers.get(`${name} after`), expected, name);
    }
    assert.ok(tried.length > 30);
    for (const name of ["fork", "clone", "kill_parent", "unshare", "setuid", "socket_netlink"]) {
      assert.equal(answers.get(`${name} before`), 0, `${name} works without the filter`);
    }
  }
});

const REACHES_LIBC = `
import { installSyscallFilter, openDevice } from "${REPOSITORY}/src/native/device/mod.ts";
const libc = Deno.dlopen("${LIBRARY}", {
  system: { parameters: ["buffer"], result: "i32" },
  fork: { parameters: [], result: "i32" },
  execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
}).symbols;
const text = (words) => new TextEncoder().encode(words + "\\0");
const nothing = new Uint8Array(8);
const shell = () => libc.system(text("echo a shell ran"));
using device = openDevice();
const worker = new Worker("data:application/javascript,onmessage=()=>postMessage(1)", { type: "module" });
const before = shell();
installSyscallFilter(device, { unixSockets: false, inetSockets: false, servers: false });
const after = [shell() !== 0, libc.fork(), libc.execve(text("/bin/true"), nothing, nothing), libc.socket(2, 1, 0)];
const answer = new Promise((resolve) => worker.onmessage = resolve);
worker.postMessage(0);
await answer;
const late = new Worker("data:application/javascript,postMessage(1)", { type: "module" });
await new Promise((resolve) => late.onmessage = resolve);
console.log(JSON.stringify({ before, after }));
Deno.exit(0);
`;

Deno.test("libc is reached through our own library, and the filter stops what it would do", () =>
  inScratch(async (folder) => {
    await Deno.writeTextFile(`${folder}/escape.ts`, REACHES_LIBC);
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...[
          "run",
          "--no-prompt",
          "--no-check",
          "--cached-only",
          `--config=${REPOSITORY}/deno.json`,
        ],
        `--allow-ffi=${LIBRARY}`,
        `${folder}/escape.ts`,
      ],
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const [shell, answers, ...more] = new TextDecoder().decode(stdout).trim().split("\n");
    assert.equal(shell, "a shell ran", "Deno's permissions alone do not stop it");
    assert.deepEqual(JSON.parse(answers), { before: 0, after: [true, -1, -1, -1] });
    assert.deepEqual(more, []);
  }));
