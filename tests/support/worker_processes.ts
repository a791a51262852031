/**
 * `operator worker` and `operator provision --workers` as processes, as they are shipped.
 *
 * @module
 */
import { grantsFor } from "../../src/core/mod.ts";
import { commands } from "../../src/operator/compose.ts";
import { operatorCommand } from "../../tasks/executables.ts";

export class WorkerProcess {
  readonly child: Deno.ChildProcess;
  readonly said: Promise<string>;

  constructor(args: readonly string[], env: Record<string, string> = {}) {
    const all = ["worker", ...args];
    const { command, args: whole } = operatorCommand(all, grantsFor(commands(), all));
    this.child = new Deno.Command(command, {
      args: whole,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
      env: { NO_COLOR: "1", ...env },
    }).spawn();
    this.said = new Response(this.child.stderr).text();
  }

  get pid(): number {
    return this.child.pid;
  }

  signal(name: Deno.Signal): void {
    this.child.kill(name);
  }

  /** As a loss of power. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.status;
    await this.said;
  }

  async stop(): Promise<{ readonly code: number; readonly said: string }> {
    this.child.kill("SIGTERM");
    const { code } = await this.child.status;
    return { code, said: await this.said };
  }
}
