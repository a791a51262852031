/**
 * The other end of a line, for tests: made of the plain sockets of the platform, and of pseudo-terminals.
 *
 * @module
 */
import { DeviceLinks } from "./device_links.ts";
import { createSocket, type Socket } from "node:dgram";
import { NativeError } from "../../src/core/mod.ts";
import { type DeviceLibrary, SerialLine } from "../../src/native/device/mod.ts";

/** The other end; `cut` and `restore` are what happens to a cable. */
export interface LinePeer extends AsyncDisposable {
  /** Of the line that is tested. */
  readonly address: string;
  /**
   * `datagrams` reach nobody without their writer knowing; a `stream` makes who sends wait for who reads; a
   * `wire` is seen to be cut and makes nobody wait.
   */
  readonly kind: "datagrams" | "stream" | "wire";
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
    kind: "datagrams",
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
  readonly kind = "stream";
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

/**
 * Of `serial:`: a pseudo-terminal whose other end the line opens, under a name of its own (below /dev, where
 * serial lines lie). A cut is its end, which is what the line sees of an adapter that is unplugged.
 */
export async function serialPeer(device: DeviceLibrary): Promise<LinePeer> {
  const peer = new SerialPeer(device, await DeviceLinks.make());
  await peer.restore();
  return peer;
}

class SerialPeer implements LinePeer {
  readonly address: string;
  readonly kind = "wire";
  readonly #device: DeviceLibrary;
  readonly #links: DeviceLinks;
  readonly #received = new Received();
  #serial: SerialLine | null = null;
  #isReading = true;
  #reading: Promise<void> = Promise.resolve();

  constructor(device: DeviceLibrary, links: DeviceLinks) {
    this.address = `serial:${links.folder}/line:921600`;
    this.#device = device;
    this.#links = links;
  }

  async send(bytes: Uint8Array): Promise<void> {
    try {
      for (let sent = 0; sent < bytes.length && this.#serial !== null;) {
        sent += this.#serial.write(bytes.slice(sent));
        if (sent < bytes.length) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
    }
  }

  received(): Uint8Array {
    return this.#received.joined();
  }

  stopReading(): void {
    this.#isReading = false;
  }

  async restore(): Promise<void> {
    this.#serial = SerialLine.pseudoTerminal(this.#device);
    await this.#links.link(this.#serial.path, "line");
    this.#reading = this.#read(this.#serial);
  }

  async cut(): Promise<void> {
    const serial = this.#serial;
    if (serial === null) return;
    this.#serial = null;
    await this.#links.unlink("line");
    await this.#reading;
    await serial[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
    await this.#links[Symbol.asyncDispose]();
  }

  async #read(serial: SerialLine): Promise<void> {
    const buffer = new Uint8Array(65536);
    while (this.#serial === serial) {
      try {
        if (this.#isReading) {
          this.#received.add(buffer.subarray(0, await serial.read(buffer)));
          continue;
        }
      } catch (error) {
        if (!(error instanceof NativeError)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Of a pseudo-terminal that a simulator offers: opens its other end as a serial line. */
export function pseudoTerminalPeer(device: DeviceLibrary, path: string): LinePeer {
  const received = new Received();
  let isReading = true, link = connect();
  function connect(): { serial: SerialLine; reading: Promise<void>; isCut: boolean } {
    const made = {
      serial: SerialLine.open(device, { path, baudRate: 57_600 }),
      reading: Promise.resolve(),
      isCut: false,
    };
    const buffer = new Uint8Array(65536);
    const read = async () => {
      while (!made.isCut) {
        if (isReading) received.add(buffer.subarray(0, await made.serial.read(buffer)));
        else await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    // The line is disposed of before its peer.
    made.reading = read().catch((error) => {
      if (!(error instanceof NativeError)) throw error;
    });
    return made;
  }
  const cut = async () => {
    if (link.isCut) return;
    link.isCut = true;
    await link.reading;
    await link.serial[Symbol.asyncDispose]();
  };
  return {
    address: `pty:${path}`,
    kind: "wire",
    send: async (bytes) => {
      for (let sent = 0; sent < bytes.length && !link.isCut;) {
        sent += link.serial.write(bytes.slice(sent));
        if (sent < bytes.length) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
    received: () => received.joined(),
    stopReading: () => (isReading = false),
    cut,
    restore: () => Promise.resolve(void (link = connect())),
    [Symbol.asyncDispose]: cut,
  };
}
