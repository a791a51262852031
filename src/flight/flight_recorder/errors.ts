/**
 * Faults of the flight recorder that its callers see.
 *
 * @module
 */
import { EXIT, GdnError, messageOf } from "../../core/mod.ts";

/** The recorder cannot open: an aircraft never arms without it (exit code 2). */
export class FdrOpenError extends GdnError {
  constructor(folder: string, cause: unknown) {
    super(
      "FDR_OPEN",
      `flight recorder cannot open ${folder}: ${messageOf(cause)}`,
      { cause, exitCode: EXIT.recorderOpen },
    );
  }
}

/** A kind that the registry does not list, or one that may never be recorded. */
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

/** A second producer or a second consumer on a ring that has room for one. */
export class FdrSpscViolationError extends GdnError {
  constructor(producerId: string, role: "producer" | "consumer") {
    super(
      "FDR_SPSC_VIOLATION",
      `Cannot use the ring of ${producerId}: it has another ${role} already`,
      { exitCode: EXIT.software },
    );
  }
}

/** A footer for another flight than the one that is open. */
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

/** A ring that cannot be made as asked. */
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

/** Memory that is no ring, or a use that a ring does not have. */
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

/** Bytes that are no record. */
export class FdrRecordError extends GdnError {
  constructor(state: string, cause?: unknown) {
    super("FDR_RECORD", `Cannot read a record: ${state}`, { cause, exitCode: EXIT.data });
  }
}

/** A record that cannot be put into bytes: nothing of it is in the ring. */
export class FdrRecordEncodeError extends GdnError {
  constructor(kind: string, state: string, cause?: unknown) {
    super(
      "FDR_RECORD_ENCODE",
      `Cannot record a ${kind}: ${state}; payloads are objects of plain values without rings`,
      { cause, exitCode: EXIT.software },
    );
  }
}

/** A name that no producer may have. */
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

/** A tile's picture that cannot be kept; the flight goes on. */
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

/** The writer's thread ended by itself: nothing is recorded any more, and the flight goes on. */
export class FdrWriterDiedError extends GdnError {
  constructor(action: string, reason: string) {
    super(
      "FDR_WRITER_DIED",
      `Cannot ${action}: the flight recorder's writer ended by itself: ${reason}`,
      { exitCode: EXIT.software },
    );
  }
}
