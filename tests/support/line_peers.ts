/**
 * The other end of a line, for tests: made of the plain sockets of the platform, not of what is tested.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";

/** The other end; `cut` and `restore` are what happens to a cable. */
export interface LinePeer extends AsyncDisposable {
  /** Of the line that is tested. */
  readonly address: string;
  /** Whether a write can reach nobody without its writer knowing. */
  readonly isDatagram: boolean;
  send(bytes: Uint8Array): Promise<void>;
  /** Everything that came since the start, joined. */
  received(): Uint8Array;
  /** Reads nothing any more, though it stays there. */
  stopReading(): void;
  cut(): Promise<void>;
  restore(): Promise<void>;
}

/** A port of 127.0.0.1 that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

class Received {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  add(bytes: Uint8Array): void {
    this.#parts.push(bytes.slice());
    this.length += bytes.length;
  }

  joined(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }
}

/** Of `udp:`: sends from one port; of `udpout:`: listens. */
export async function udpPeer(kind: "udp" | "udpout"): Promise<LinePeer> {
  const port = freePort(), received = new Received();
  let socket: Socket | null = null, isReading = true;
  let target = kind === "udp" ? port : null;
  const restore = () =>
    new Promise<void>((resolve) => {
      socket = createSocket("udp4", (bytes, from) => {
        target = from.port;
        if (isReading) received.add(bytes);
      });
      socket.bind(kind === "udp" ? 0 : port, "127.0.0.1", resolve);
    });
  const cut = () =>
    new Promise<void>((resolve) => {
      if (socket === null) resolve();
      else socket.close(() => resolve());
      socket = null;
    });
  await restore();
  return {
    address: `${kind}:127.0.0.1:${port}`,
    isDatagram: true,
    send: (bytes) =>
      new Promise((resolve) => {
        if (socket === null || target === null) resolve();
        else socket.send(bytes, target, "127.0.0.1", () => resolve());
      }),
    received: () => received.joined(),
    stopReading: () => (isReading = false),
    cut,
    restore,
    [Symbol.asyncDispose]: cut,
  };
}

/** Of `tcp:`: listens; of `tcpin:`: connects. */
export async function tcpPeer(kind: "tcp" | "tcpin"): Promise<LinePeer> {
  const peer = new TcpPeer(kind);
  await peer.restore();
  return peer;
}

class TcpPeer implements LinePeer {
  readonly address: string;
  readonly isDatagram = false;
  readonly #port = freePort();
  readonly #received = new Received();
  readonly #connects: boolean;
  #listener: Deno.TcpListener | null = null;
  #connection: Deno.TcpConn | null = null;
  #isReading = true;
  #isCut = false;
  #tasks: Promise<void>[] = [];

  constructor(kind: "tcp" | "tcpin") {
    this.address = `${kind}:127.0.0.1:${this.#port}`;
    this.#connects = kind === "tcpin";
  }

  async send(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length && this.#connection !== null;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  received(): Uint8Array {
    return this.#received.joined();
  }

  stopReading(): void {
    this.#isReading = false;
  }

  restore(): Promise<void> {
    this.#isCut = false;
    const at = { hostname: "127.0.0.1", port: this.#port };
    this.#tasks.push(
      this.#connects ? this.#connect(at) : this.#accept(this.#listener = Deno.listen(at)),
    );
    return Promise.resolve();
  }

  async cut(): Promise<void> {
    this.#isCut = true;
    this.#listener?.close();
    this.#listener = null;
    // What is under way ends first: a connection may be made at this moment.
    if (this.#connection === null) await Promise.all(this.#tasks.splice(0));
    this.#connection?.close();
    this.#connection = null;
    await Promise.all(this.#tasks.splice(0));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.cut();
  }

  async #accept(listener: Deno.TcpListener): Promise<void> {
    try {
      for (;;) this.#tasks.push(this.#read(this.#connection = await listener.accept()));
    } catch {
      // The listener was closed.
    }
  }

  async #connect(at: Deno.ConnectOptions): Promise<void> {
    while (!this.#isCut) {
      try {
        this.#connection = await Deno.connect(at);
        this.#tasks.push(this.#read(this.#connection));
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async #read(connection: Deno.TcpConn): Promise<void> {
    const buffer = new Uint8Array(65536);
    try {
      while (this.#isReading) {
        const length = await connection.read(buffer);
        if (length === null) break;
        this.#received.add(buffer.subarray(0, length));
      }
    } catch {
      // Closed here or there.
    }
  }
}
