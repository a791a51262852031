import childProcess from "node:child_process";
import inspector from "node:inspector";
import os from "node:os";
import process from "node:process";
import { type Act, refused } from "./act.ts";

const SUBPROCESS_ACTS: readonly Act[] = [
  {
    name: "a subprocess by Deno.Command",
    attempt: () => new Deno.Command("/bin/sh", { args: ["-c", "true"] }).outputSync().code,
    refusal: refused.run,
  },
  {
    name: "a subprocess of Deno itself",
    attempt: () => new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync().code,
    refusal: refused.run,
  },
  {
    name: "a subprocess by node:child_process",
    attempt: () => childProcess.execFileSync("/bin/sh", ["-c", "true"], { env: {} }),
    refusal: /^NotCapable: Requires (run|env) access/,
  },
  {
    name: "a subprocess by fork()",
    attempt: async ({ outside }) => {
      const child = childProcess.fork(`${outside}/module.js`, { env: {} });
      await new Promise((resolve, reject) => child.on("exit", resolve).on("error", reject));
    },
    refusal: /^NotCapable: Requires (run|env) access/,
  },
  {
    name: "another program in place of its own",
    attempt: () => {
      const { execve } = process as unknown as { readonly execve?: (...args: unknown[]) => void };
      if (execve === undefined) throw new Error("process.execve is not there");
      execve("/bin/true", ["true"], {});
    },
    refusal: /Requires run access|process.execve is not there/,
    alone: true,
    neverSucceeds: true,
  },
  {
    name: "a signal to another process",
    attempt: ({ otherPid }) => Deno.kill(otherPid, "SIGCONT"),
    refusal: refused.run,
  },
  {
    name: "a signal to another process by node:process",
    attempt: ({ otherPid }) => process.kill(otherPid, "SIGCONT"),
    refusal: refused.run,
  },
];

const sys = (name: string, attempt: () => unknown): Act => ({
  name: `system information: ${name}`,
  attempt,
  refusal: refused.sys,
});

const SYSTEM_ACTS: readonly Act[] = [
  sys("hostname", () => Deno.hostname()),
  sys("network interfaces", () => Deno.networkInterfaces()),
  sys("release of the kernel", () => Deno.osRelease()),
  sys("load", () => Deno.loadavg()),
  sys("memory", () => Deno.systemMemoryInfo()),
  sys("user", () => Deno.uid()),
  sys("user by node:os", () => os.userInfo()),
  sys("home by node:os", () => os.homedir()),
  sys("processors by node:os", () => os.cpus()),
  sys("becoming another user", () => process.setuid?.(process.getuid?.() ?? 0)),
  sys("priority of a process", () => os.setPriority(0, 0)),
  sys("the debugger", () => {
    inspector.open(0, "127.0.0.1");
    inspector.close();
  }),
];

const ENVIRONMENT_ACTS: readonly Act[] = [
  {
    name: "an environment variable of another program's: a secret",
    attempt: () => Deno.env.get("PROBE_SECRET"),
    refusal: refused.env,
  },
  {
    name: "an environment variable by node:process",
    attempt: () => process.env.PROBE_SECRET,
    refusal: refused.env,
  },
  { name: "all of the environment", attempt: () => Deno.env.toObject(), refusal: refused.env },
  {
    name: "the names of the environment by node:process",
    attempt: () => Object.keys(process.env),
    refusal: refused.env,
  },
  {
    name: "setting an environment variable",
    attempt: () => Deno.env.set("LD_PRELOAD", ""),
    refusal: refused.env,
  },
  {
    name: "loading an environment from a file",
    attempt: ({ outside }) => process.loadEnvFile(`${outside}/secret.txt`),
    refusal: /Requires (env|read) access/,
  },
];

const PERMISSION_ACTS: readonly Act[] = [
  ...(["read", "write", "net", "run", "env", "sys", "ffi"] as const).map((name): Act => ({
    name: `asking for the permission ${name}`,
    attempt: async () => {
      const { state } = await Deno.permissions.request({ name });
      if (state !== "granted") throw new Error(`it is ${state}`);
    },
    refusal: /^Error: it is denied/,
  })),
];

export const PROCESS_ACTS: readonly Act[] = [
  ...SUBPROCESS_ACTS,
  ...SYSTEM_ACTS,
  ...ENVIRONMENT_ACTS,
  ...PERMISSION_ACTS,
];
