/**
 * The simulated camera's end of the frame socket: a TCP server that sends each picture to whoever is
 * connected.
 *
 * @module
 */
import { EXIT, GdnError } from "../../core/mod.ts";
import { encodeFramePacket } from "../../flight/camera_source/mod.ts";

interface Address {
  readonly hostname: string;
  readonly port: number;
}

/** @throws GdnError (75) where another program listens there; other errors of the network */
export function listenAt(address: Address): Deno.TcpListener {
  try {
    return Deno.listen({ ...address, transport: "tcp" });
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    throw new GdnError(
      "ADDRESS_IN_USE",
      `Cannot listen at tcpin:${address.hostname}:${address.port}: another program does; ` +
        "end it, or name another port",
      { cause: error, exitCode: EXIT.tryAgain },
    );
  }
}

export class FrameServer implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #connections = new Set<Deno.TcpConn>();
  /** Those that have not taken the last picture yet: they miss the next one. */
  readonly #busy = new Set<Deno.TcpConn>();
  readonly #accepting: Promise<void>;
  #sent = 0;
  #missed = 0;

  /** @throws GdnError (75) where another program listens there */
  constructor(address: Address) {
    this.#listener = listenAt(address);
    this.#accepting = this.#accept();
  }

  get isConnected(): boolean {
    return this.#connections.size > 0;
  }

  get counters(): { readonly sent: number; readonly missed: number } {
    return { sent: this.#sent, missed: this.#missed };
  }

  /** `ageS`: since the middle of the exposure, at this moment. Never waits. */
  send(sequence: number, ageS: number, jpeg: Uint8Array): void {
    if (this.#connections.size === 0) return;
    const packet = encodeFramePacket({
      sequence,
      ageUs: 1e6 * ageS,
      sentUs: 1e3 * performance.now(),
      jpeg,
    });
    for (const connection of this.#connections) {
      if (this.#busy.has(connection)) this.#missed++;
      else void this.#write(connection, packet);
    }
  }

  async #write(connection: Deno.TcpConn, packet: Uint8Array): Promise<void> {
    this.#busy.add(connection);
    try {
      for (let at = 0; at < packet.length;) at += await connection.write(packet.subarray(at));
      this.#sent++;
    } catch {
      this.#drop(connection);
    } finally {
      this.#busy.delete(connection);
    }
  }

  async #accept(): Promise<void> {
    for await (const connection of this.#listener) {
      connection.setNoDelay(true);
      this.#connections.add(connection);
      void this.#watch(connection);
    }
  }

  /** Nothing is read from a client, but its end is noticed. */
  async #watch(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(256);
    try {
      while (await connection.read(buffer) !== null);
    } catch {
      // Reset by the peer, or closed here: gone either way.
    }
    this.#drop(connection);
  }

  #drop(connection: Deno.TcpConn): void {
    if (!this.#connections.delete(connection)) return;
    connection.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#connections]) this.#drop(connection);
    await this.#accepting.catch(() => {});
  }
}
