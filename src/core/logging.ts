/**
 * Logging: one JSON object per line with its keys in a fixed order, to a given sink.
 *
 * @module
 */
import {
  LOG_LEVELS,
  logError,
  type LogFields,
  type LogLevel,
  logLine,
  type LogRecord,
} from "./log_line.ts";

export interface Logger {
  debug(kind: string, fields?: LogFields, message?: string): void;
  info(kind: string, fields?: LogFields, message?: string): void;
  warn(kind: string, fields?: LogFields, message?: string): void;
  /** With the error that caused it, when there is one. */
  error(kind: string, fields?: LogFields, message?: string, fault?: unknown): void;
  /** The same logger, speaking for another component. */
  child(component: string): Logger;
}

interface LoggerOptions {
  readonly component: string;
  /** Takes one line without its line end. It must not throw. */
  readonly sink: (line: string) => void;
  /** Wall time. */
  readonly now: () => Date;
  /** Lines below this level are dropped; "info" by default. */
  readonly level?: LogLevel;
  /** Receives records as well, from its own level on, independent of the lines' level. */
  readonly observer?: LogObserver;
}

/** Another receiver of records: the flight recorder. */
export interface LogObserver {
  readonly level: LogLevel;
  /** Must not throw, and must not keep the fields: they belong to the caller. */
  observe(record: LogRecord): void;
}

/** Passes records on once a receiver is set: loggers exist before the recorder does. */
export class LogRelay implements LogObserver {
  readonly level: LogLevel;
  target: LogObserver | null = null;

  constructor(level: LogLevel) {
    this.level = level;
  }

  observe(record: LogRecord): void {
    this.target?.observe(record);
  }
}

export function createLogger(options: LoggerOptions): Logger {
  const { observer } = options;
  const sinkFrom = LOG_LEVELS.indexOf(options.level ?? "info");
  const observerFrom = observer === undefined ? Infinity : LOG_LEVELS.indexOf(observer.level);
  const log = (
    level: LogLevel,
    kind: string,
    fields: LogFields = {},
    message = "",
    fault?: unknown,
  ) => {
    const rank = LOG_LEVELS.indexOf(level);
    if (rank < sinkFrom && rank < observerFrom) return;
    const record: LogRecord = {
      time: options.now().toISOString(),
      level,
      component: options.component,
      kind,
      message,
      fields,
      ...(fault === undefined ? {} : { error: logError(fault) }),
    };
    if (rank >= sinkFrom) options.sink(logLine(record));
    if (rank >= observerFrom) observer?.observe(record);
  };
  return {
    debug: (kind, fields, message) => log("debug", kind, fields, message),
    info: (kind, fields, message) => log("info", kind, fields, message),
    warn: (kind, fields, message) => log("warn", kind, fields, message),
    error: (kind, fields, message, fault) => log("error", kind, fields, message, fault),
    child: (component) => createLogger({ ...options, component }),
  };
}

/** Discards everything. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};
