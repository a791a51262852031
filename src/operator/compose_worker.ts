/**
 * The composition root of `operator worker`: a module graph of its own, without tile cache, tile manager and
 * picture library.
 *
 * @module
 */
import type { Command, VariableNames } from "../core/mod.ts";
import { environmentNames } from "../native/device/mod.ts";
import { openVision } from "../native/vision/mod.ts";
import { describeHandler } from "../workstation/provisioning/mod.ts";
import { programIdentity, WorkQueue } from "../workstation/work_queue/mod.ts";
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
    openHandlers(inputs) {
      const vision = openVision();
      return {
        handlers: new Map([["describe", describeHandler(vision, inputs)]]),
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
