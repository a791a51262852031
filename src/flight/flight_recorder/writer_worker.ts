/**
 * The writer's thread: drains the rings, and answers requests of its owner in between.
 *
 * It has its owner's permissions: restricting them needs an unstable flag (Deno 2.9), and dropping
 * them in here drops the owner's as well.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../core/mod.ts";
import { realDisk } from "./disk.ts";
import { Writer } from "./writer.ts";
import type {
  WriterCallName,
  WriterCalls,
  WriterFault,
  WriterMessage,
  WriterRequest,
} from "./writer_protocol.ts";

/** Pause between passes that find nothing: the longest that records wait when little happens. */
const IDLE_MS = 4;
const FAULT_INTERVAL_MS = 1_000;

type Handlers = {
  readonly [Name in WriterCallName]: (
    given: WriterCalls[Name]["arguments"],
  ) => WriterCalls[Name]["result"];
};

let writer: Writer | null = null;
let stopped = false;
let faultReportedMs = -Infinity;

const tell = (message: WriterMessage) => self.postMessage(message);

const handlers: Handlers = {
  start: ({ flightRoot, config }) => {
    writer = new Writer({
      flightRoot,
      config,
      disk: realDisk,
      nowMs: () => performance.now(),
      events: {
        alert: (alert) => tell({ type: "alert", alert }),
        log: (level, kind, fields, message) => tell({ type: "log", level, kind, fields, message }),
      },
    });
    return null;
  },
  register: ({ ring }) => {
    started().register(ring);
    return null;
  },
  openFlight: (opening) => started().openFlight(opening),
  closeFlight: (closing) => started().closeFlight(closing),
  saveTile: ({ tile, timestampNs }) => started().saveTile(tile, timestampNs),
  counters: () => started().counters(),
  stop: () => {
    stopped = true;
    writer?.stop();
    return null;
  },
};

function started(): Writer {
  if (writer === null) throw new Error("the writer was not started");
  return writer;
}

self.onmessage = ({ data }: MessageEvent<WriterRequest>) => {
  const { id, name } = data;
  try {
    const handler = handlers[name] as (given: unknown) => unknown;
    tell({ type: "result", id, result: handler(data.arguments) });
  } catch (error) {
    tell({ type: "fault", id, fault: faultOf(error) });
  }
};

function faultOf(error: unknown): WriterFault {
  const { code, state } = error as { code?: unknown; state?: unknown };
  return {
    code: typeof code === "string" ? code : "",
    message: typeof state === "string" ? state : messageOf(error),
  };
}

/** A mistake in here must not end the recording: it is reported, and the next pass continues. */
function poll(): number {
  try {
    return writer?.poll() ?? 0;
  } catch (error) {
    const nowMs = performance.now();
    if (nowMs - faultReportedMs >= FAULT_INTERVAL_MS) {
      faultReportedMs = nowMs;
      const message = `a fault of the flight recorder's writer: ${messageOf(error)}`;
      const stack = error instanceof Error ? error.stack : undefined;
      tell({ type: "log", level: "error", kind: "c13.writer_fault", fields: { stack }, message });
    }
    return 0;
  }
}

tell({ type: "loaded" });
while (!stopped) {
  const pauseMs = poll() > 0 ? 0 : IDLE_MS;
  await sleep(pauseMs);
}
self.close();
