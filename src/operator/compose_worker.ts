/**
 * The composition root of `operator worker`: a module graph of its own, without tile cache, tile manager and
 * picture library.
 *
 * @module
 */
import type { Command, VariableNames } from "../core/mod.ts";
import { environmentNames } from "../native/device/mod.ts";
import { openVision } from "../native/vision/mod.ts";
import { checkPrograms, flyHandler } from "../workstation/flight_jobs/mod.ts";
import { describeHandler } from "../workstation/provisioning/mod.ts";
import { type JobKind, programIdentity, WorkQueue } from "../workstation/work_queue/mod.ts";
import { workerCommand } from "./commands/worker.ts";

/** It has no settings. */
export function variables(): VariableNames {
  return { set: environmentNames(), settings: [] };
}

export function workerCommands(): readonly Command[] {
  return [workerCommand({
    openQueue: async (settings) =>
      await WorkQueue.open({
        ...settings,
        program: await programIdentity(),
        create: false,
        supervise: true,
      }),
    checkPrograms,
    openHandlers({ inputs, kinds, flying }) {
      const vision = openVision();
      const handlerOf = (kind: JobKind) =>
        kind === "describe" || flying === null
          ? describeHandler(vision, inputs)
          : flyHandler({ inputs, ...flying });
      return {
        handlers: new Map(kinds.map((kind) => [kind, handlerOf(kind)])),
        [Symbol.dispose]: () => vision[Symbol.dispose](),
      };
    },
  })];
}

/** For a command that hands work in, or looks at it. */
export async function openQueue(
  settings: {
    readonly dsn: string;
    readonly note: (line: string) => void;
    readonly signal: AbortSignal;
  },
): Promise<WorkQueue> {
  return await WorkQueue.open({
    ...settings,
    program: await programIdentity(),
    create: true,
    supervise: true,
  });
}
