/**
 * Creates one new Ed25519 key for each upload session. node:crypto signs (tens of microseconds;
 * measured faster than @noble/curves). The secret is held in one buffer of our own, which is
 * overwritten at the end.
 *
 * Limit: the key object of node:crypto holds a copy that only the garbage collector frees. It is
 * released at once; JavaScript can do no more.
 *
 * @module
 */
import { type KeyObject, randomFillSync, sign } from "node:crypto";
import {
  type Clock,
  ED25519_SECRET_BYTES,
  ed25519PrivateKey,
  ed25519PublicBytes,
  type Logger,
  sha256Hex,
} from "../../../../core/mod.ts";
import type { FdrPayload, FdrSink } from "../../../../flight/flight_recorder/mod.ts";
import type { KeyManager, SigningSession } from "../contract.ts";
import { SessionNotActiveError } from "../errors.ts";

interface KeyManagerParts {
  readonly sink: FdrSink;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * What a session owns; the finaliser is given the buffer, never the session, so that the session
 * can be collected.
 */
interface Secret {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export class FlightKeyManager implements KeyManager {
  readonly #parts: KeyManagerParts;
  readonly #forgotten: FinalizationRegistry<Secret>;
  #session: Ed25519Session | null = null;

  constructor(parts: KeyManagerParts) {
    this.#parts = parts;
    const { logger } = parts;
    this.#forgotten = new FinalizationRegistry((secret) => {
      secret.bytes.fill(0);
      logger.warn("c11.upload.session.forgotten", {}, "a signing session was never ended");
    });
  }

  /** @throws SessionNotActiveError when one is open already. */
  startSession(flightId: string): SigningSession {
    if (this.#session !== null) {
      throw new SessionNotActiveError(
        `Cannot start a session for flight ${flightId}: the one of ${this.#session.flightId} is open`,
      );
    }
    const session = new Ed25519Session(flightId);
    this.#session = session;
    this.#forgotten.register(session, { bytes: session.secret }, session);
    this.#parts.sink.enqueue({
      kind: "c11.upload.session.key.public",
      timestampNs: this.#parts.clock.now(),
      payload: {
        flightId,
        publicKeyFingerprint: session.publicKeyFingerprint,
        publicKey: session.publicKey.toBase64(),
      },
    });
    return session;
  }

  endSession(): void {
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    session.end();
    this.#forgotten.unregister(session);
    this.#parts.sink.enqueue({
      kind: "c11.upload.session.key.zeroised",
      timestampNs: this.#parts.clock.now(),
      payload: {
        flightId: session.flightId,
        publicKeyFingerprint: session.publicKeyFingerprint,
        signatures: session.signatures,
      },
    });
  }

  /**
   * A refused signature is never ignored: it is recorded and reported. `tileId` null: the batch as
   * a whole.
   */
  recordSignatureRejection(rejection: {
    readonly session: Pick<SigningSession, "flightId" | "publicKeyFingerprint">;
    readonly tileId: FdrPayload<"c11.upload.signature_rejected">["tileId"];
    readonly rejectionReason: string;
    readonly batchUuid?: string;
  }): void {
    const { session, ...rest } = rejection;
    const payload = {
      flightId: session.flightId,
      publicKeyFingerprint: session.publicKeyFingerprint,
      ...rest,
    };
    this.#parts.logger.error(
      "c11.upload.signature_rejected",
      { ...payload },
      `the provider refused the signature of flight ${session.flightId}: ` +
        `${rejection.rejectionReason}; check that its key is enrolled`,
    );
    this.#parts.sink.enqueue({
      kind: "c11.upload.signature_rejected",
      timestampNs: this.#parts.clock.now(),
      payload,
    });
  }
}

/** The first 16 hex digits of SHA-256 of the raw public key. */
export function publicKeyFingerprint(publicKey: Uint8Array): string {
  return sha256Hex(publicKey).slice(0, 16);
}

class Ed25519Session implements SigningSession {
  readonly flightId: string;
  readonly publicKey: Uint8Array<ArrayBuffer>;
  readonly publicKeyFingerprint: string;
  /** Our only buffer with the secret; all zeros after `end()`. */
  readonly secret = new Uint8Array(ED25519_SECRET_BYTES);
  signatures = 0;
  #key: KeyObject | null;

  constructor(flightId: string) {
    this.flightId = flightId;
    randomFillSync(this.secret);
    this.#key = ed25519PrivateKey(this.secret);
    this.publicKey = ed25519PublicBytes(this.#key);
    this.publicKeyFingerprint = publicKeyFingerprint(this.publicKey);
  }

  sign(payload: Uint8Array): Uint8Array<ArrayBuffer> {
    if (this.#key === null) {
      throw new SessionNotActiveError(
        `Cannot sign: the session of flight ${this.flightId} has ended`,
      );
    }
    this.signatures++;
    return new Uint8Array(sign(null, payload, this.#key));
  }

  end(): void {
    this.#key = null;
    this.secret.fill(0);
  }
}
