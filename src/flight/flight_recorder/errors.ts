/**
 * Errors of the flight recorder that its callers see.
 *
 * @module
 */
import { EXIT, GdnError, messageOf } from "../../core/mod.ts";

/** The recorder cannot open: an aircraft must never arm without it (exit code 2). */
export class FdrOpenError extends GdnError {
  constructor(folder: string, cause: unknown) {
    super(
      "FDR_OPEN",
      `flight recorder cannot open ${folder}: ${messageOf(cause)}`,
      { cause, exitCode: EXIT.recorderOpen },
    );
  }
}

/** A kind that is not registered, or one that must never be recorded. */
export class FdrKindError extends GdnError {
  constructor(kind: string, state: string) {
    super("FDR_KIND", `Cannot record the kind "${kind}": ${state}`, { exitCode: EXIT.software });
  }
}

/** Raw camera frames are never recorded. */
export class RawFrameWriteForbiddenError extends GdnError {
  constructor(kind: string) {
    super(
      "FDR_RAW_FRAME",
      `Cannot record the kind "${kind}": raw camera frames are never recorded`,
      {
        exitCode: EXIT.software,
      },
    );
  }
}

/** A record that does not fit a slot of its ring. */
export class FdrRecordTooLargeError extends GdnError {
  constructor(kind: string, slotBytes: number) {
    super(
      "FDR_RECORD_TOO_LARGE",
      `Cannot record a ${kind} that takes more than the ${slotBytes} bytes of a slot: put pictures ` +
        "into files and point to them, or raise fdr.slotBytes",
      { exitCode: EXIT.software },
    );
  }
}

/** A second producer or consumer on a ring, which allows one of each. */
export class FdrSpscViolationError extends GdnError {
  constructor(producerId: string, role: "producer" | "consumer") {
    super(
      "FDR_SPSC_VIOLATION",
      `Cannot use the ring of ${producerId}: it has another ${role} already`,
      { exitCode: EXIT.software },
    );
  }
}

/** A footer for another flight than the open one. */
export class FdrFlightMismatchError extends GdnError {
  constructor(open: string, asked: string) {
    super("FDR_FLIGHT_MISMATCH", `Cannot close flight ${asked}: flight ${open} is open`, {
      exitCode: EXIT.software,
    });
  }
}

/** closeFlight() without openFlight(), or a second openFlight(). */
export class FdrFlightStateError extends GdnError {
  constructor(action: string, state: string) {
    super("FDR_FLIGHT_STATE", `Cannot ${action}: ${state}`, { exitCode: EXIT.software });
  }
}

/** A ring cannot be created with these settings. */
export class FdrRingGeometryError extends GdnError {
  constructor(producerId: string, state: string) {
    super(
      "FDR_RING_GEOMETRY",
      `Cannot make the ring of "${producerId}": ${state} (see fdr.queueSize, ` +
        "fdr.perProducerCapacity and fdr.slotBytes)",
      { exitCode: EXIT.configuration },
    );
  }
}

/** Memory that is not a ring, or an operation that a ring does not support. */
export class FdrRingError extends GdnError {
  constructor(state: string) {
    super("FDR_RING", `Cannot use the flight recorder's ring: ${state}`, {
      exitCode: EXIT.software,
    });
  }
}

/** A record of a schema version that this program does not read. */
export class FdrSchemaVersionError extends GdnError {
  constructor(version: string, state: string) {
    super("FDR_SCHEMA_VERSION", `Cannot read a record of schema version ${version}: ${state}`, {
      exitCode: EXIT.data,
    });
  }
}

/** Bytes that are not a record. */
export class FdrRecordError extends GdnError {
  constructor(state: string, cause?: unknown) {
    super("FDR_RECORD", `Cannot read a record: ${state}`, { cause, exitCode: EXIT.data });
  }
}

/** A record that cannot be encoded: nothing of it is in the ring. */
export class FdrRecordEncodeError extends GdnError {
  constructor(kind: string, state: string, cause?: unknown) {
    super(
      "FDR_RECORD_ENCODE",
      `Cannot record a ${kind}: ${state}; a payload is an object of plain values without circular references`,
      { cause, exitCode: EXIT.software },
    );
  }
}

/** A name that is not valid for a producer. */
export class FdrProducerIdError extends GdnError {
  constructor(producerId: string) {
    super(
      "FDR_PRODUCER_ID",
      `Cannot make a client for the producer ${JSON.stringify(producerId).slice(0, 80)}: a name ` +
        "has 1 to 64 letters, digits, '_', '.' and '-', and begins with a letter",
      { exitCode: EXIT.software },
    );
  }
}

/** The picture of a tile cannot be stored; the flight continues. */
export class FdrTileError extends GdnError {
  /** The message without the tile's name. */
  readonly state: string;

  constructor(tileId: string, state: string, options: { readonly cause?: unknown } = {}) {
    super("FDR_TILE", `Cannot keep the picture of tile "${tileId}": ${state}`, {
      ...options,
      exitCode: EXIT.data,
    });
    this.state = state;
  }
}

/**
 * The writer's thread ended unexpectedly: nothing is recorded any more, but the flight continues.
 */
export class FdrWriterDiedError extends GdnError {
  constructor(action: string, reason: string) {
    super(
      "FDR_WRITER_DIED",
      `Cannot ${action}: the flight recorder's writer ended unexpectedly: ${reason}`,
      { exitCode: EXIT.software },
    );
  }
}
