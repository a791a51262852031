/**
 * A minimal Debian as a folder: what a person has who never saw the checkout. No deno, no node, no
 * compiler, no development package; systemd is in it as on any real one.
 *
 * @module
 */
import { REPOSITORY } from "./paths.ts";

/** Why such a machine cannot be made here; undefined where it can. */
export function reasonAgainstMachines(): string | undefined {
  if (Deno.uid() !== 0) return "only root can make one";
  if (mirror() === undefined) return "the machine has no Debian mirror in /etc/apt";
  const { success } = new Deno.Command("unshare", {
    args: ["--mount", "--pid", "--net", "--fork", "true"],
    stdin: "null",
  }).outputSync();
  if (!success) return "this machine lets nobody mount (a container?)";
  return undefined;
}

export interface RunOptions {
  /** root if absent. */
  readonly user?: string;
  /** Mounts everything read-only but this folder. */
  readonly onlyWritable?: string;
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class EmptyMachine implements AsyncDisposable {
  /** Where its files are on this machine. */
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** A fresh copy of the minimal system, which is made once per release and kept in build/. */
  static async make(): Promise<EmptyMachine> {
    const base = await minimalSystem();
    const root = await Deno.makeTempDir({
      dir: `${REPOSITORY}/build/machines`,
      prefix: "machine-",
    });
    await sure("cp", ["-a", `${base}/.`, root]);
    return new EmptyMachine(root);
  }

  /** Runs a command there, without network. */
  async run(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const { user = "root", onlyWritable = "all" } = options;
    const { code, stdout, stderr } = await new Deno.Command("unshare", {
      args: [
        ...["--mount", "--pid", "--fork", "--kill-child", "--net", "sh"],
        `${REPOSITORY}/tests/support/in_machine.sh`,
        ...[this.root, user, onlyWritable, ...command],
      ],
      stdin: "null",
    }).output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  }

  /** Like `run`, and fails the test with what was said where the code is not 0. Returns stdout. */
  async sure(command: readonly string[], options: RunOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(command, options);
    if (code === 0) return stdout;
    throw new Error(`${command.join(" ")} ended with ${code} in the machine:\n${stdout}${stderr}`);
  }

  /**
   * Boots its systemd, runs a script there as root, and returns what it said; null, with the reason on
   * stderr, where this kernel boots no machine at all (a container without control groups of its own).
   * The machine is off again afterwards.
   */
  async boot(script: string): Promise<string | null> {
    await Deno.copyFile(script, `${this.root}/root/script.sh`);
    await Deno.writeTextFile(
      `${this.root}/etc/systemd/system/script.service`,
      "[Unit]\nSuccessAction=poweroff-force\nFailureAction=poweroff-force\n[Service]\nType=oneshot\n" +
        'TimeoutStartSec=120\nExecStart=/bin/sh -c "sh /root/script.sh >/root/said 2>&1"\n',
    );
    const booted = await sure("systemd-nspawn", [
      ...["--quiet", `--directory=${this.root}`, "--register=no", "--keep-unit"],
      ...["--private-network", "--boot", "systemd.unit=script.service"],
    ]).then(() => true, async (error: Error) => {
      // Once the script has begun, the machine booted, and what fails is ours.
      if (await this.exists("/root/said")) throw error;
      console.error(`not run, no machine boots here: ${error.message}`);
      return false;
    });
    if (!booted) return null;
    return await Deno.readTextFile(`${this.root}/root/said`);
  }

  /** Copies a file of this machine into it; returns where it lies there. */
  async bring(path: string): Promise<string> {
    const place = `/root/${path.split("/").at(-1)}`;
    await Deno.copyFile(path, `${this.root}${place}`);
    return place;
  }

  async exists(path: string): Promise<boolean> {
    return await Deno.lstat(`${this.root}${path}`).then(() => true, () => false);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

/** The minimal system of this machine's own release; debootstrap makes it in one to two minutes. */
async function minimalSystem(): Promise<string> {
  const folder = `${REPOSITORY}/build/machines`;
  await Deno.mkdir(folder, { recursive: true });
  using lock = await Deno.open(`${folder}/lock`, { create: true, write: true });
  await lock.lock(true);
  const release = /^VERSION_CODENAME=(\w+)$/m.exec(await Deno.readTextFile("/etc/os-release"))?.[1];
  const base = `${folder}/${release}`;
  const made = await Deno.stat(`${base}/etc/os-release`).then(() => true, () => false);
  if (made) return base;
  await Deno.remove(`${base}.new`, { recursive: true }).catch(() => {});
  await sure("debootstrap", [
    ...["--variant=minbase", "--include=systemd,dbus"],
    ...[release ?? "stable", `${base}.new`, mirror() ?? ""],
  ]);
  // Services of the machine are not started while packages are installed in a folder.
  const policy = `${base}.new/usr/sbin/policy-rc.d`;
  await Deno.writeTextFile(policy, "#!/bin/sh\nexit 101\n");
  await Deno.chmod(policy, 0o755);
  await sure("chroot", [`${base}.new`, "apt-get", "clean"]);
  await Deno.rename(`${base}.new`, base);
  return base;
}

/** The mirror that this machine itself installs Debian from. */
function mirror(): string | undefined {
  for (const path of ["/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list"]) {
    try {
      const text = Deno.readTextFileSync(path);
      const found = /^(?:URIs:|deb(?: \[.*\])?) *(\S+\/debian\/?)(?:\s|$)/m.exec(text);
      if (found !== null) return found[1];
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

async function sure(command: string, args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
  }).output();
  if (success) return;
  const text = new TextDecoder();
  throw new Error(
    `${command} ${args.join(" ")} failed:\n${text.decode(stdout)}${text.decode(stderr)}`,
  );
}
