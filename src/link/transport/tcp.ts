/**
 * TCP: as the one who connects, and as the one who listens for one peer.
 *
 * @module
 */
import { pause } from "../../core/mod.ts";
import type { NetworkAddress } from "./address.ts";
import type { Connector, LineSide } from "./line.ts";

/** How long a peer may take. */
interface TcpTimes {
  readonly connectMsMax: number;
  /** A peer that takes nothing for this long, though there is something to take, is gone. */
  readonly stallMsMax: number;
  /**
   * A peer that has spoken and then says nothing for this long is gone: without the last packet of a
   * connection (power cut, radio out of reach) nothing else tells. Controllers send a heartbeat a second.
   */
  readonly silenceMsMax: number;
  /** A newcomer takes the place of a peer that has said nothing for this long. */
  readonly idlePeerMs: number;
}

const TCP_TIMES: TcpTimes = {
  connectMsMax: 5000,
  stallMsMax: 5000,
  silenceMsMax: 10_000,
  idlePeerMs: 2000,
};
/** What was written and not sent yet: half a second of a controller's line. */
const UNSENT_BYTES_MAX = 64 * 1024;

/** One open connection: reads into the line, and sends what was written. */
class Peer {
  readonly #connection: Deno.TcpConn;
  readonly #times: TcpTimes;
  readonly #ended = new AbortController();
  #unsent: Uint8Array[] = [];
  #unsentBytes = 0;
  #sending = false;
  #fault: Error | null = null;
  #heardMs = performance.now();
  #hasSpoken = false;
  #isHeldUp = false;

  constructor(connection: Deno.TcpConn, times: TcpTimes) {
    this.#connection = connection;
    this.#times = times;
    connection.setNoDelay(true);
    connection.setKeepAlive(true);
  }

  get isIdle(): boolean {
    return !this.#isHeldUp && performance.now() - this.#heardMs > this.#times.idlePeerMs;
  }

  /** Until the connection ends, the signal aborts or `end` is called. */
  async serve(line: LineSide): Promise<void> {
    const { signal } = this.#ended;
    const abort = () => this.end(null);
    line.signal.addEventListener("abort", abort);
    if (line.signal.aborted) abort();
    const watching = this.#watch(signal);
    try {
      line.connected();
      const buffer = new Uint8Array(64 * 1024);
      while (!signal.aborted) {
        const length = await this.#connection.read(buffer);
        if (length === null) break;
        this.#heardMs = performance.now();
        this.#hasSpoken = true;
        line.receive(buffer.slice(0, length));
        // Nobody is heard in the meantime, and that is not the peer's silence.
        this.#isHeldUp = true;
        await line.room(signal);
        this.#isHeldUp = false;
        this.#heardMs = performance.now();
      }
    } catch (error) {
      // A connection that was closed here fails its read: the reason is in `#fault`.
      if (!signal.aborted) throw error;
    } finally {
      this.end(null);
      line.signal.removeEventListener("abort", abort);
      await watching;
    }
    if (this.#fault !== null) throw this.#fault;
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended.signal.aborted) return false;
    if (this.#unsentBytes + bytes.length > UNSENT_BYTES_MAX) return false;
    this.#unsent.push(bytes.slice());
    this.#unsentBytes += bytes.length;
    if (!this.#sending) this.#send();
    return true;
  }

  end(fault: Error | null): void {
    if (this.#ended.signal.aborted) return;
    this.#fault = fault;
    this.#unsent = [];
    this.#ended.abort();
    this.#connection.close();
  }

  async #send(): Promise<void> {
    this.#sending = true;
    try {
      while (this.#unsent.length > 0) {
        const bytes = joined(this.#unsent);
        this.#unsent = [];
        for (let sent = 0; sent < bytes.length;) sent += await this.#sendSome(bytes.subarray(sent));
        this.#unsentBytes -= bytes.length;
      }
    } catch (error) {
      this.end(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#sending = false;
    }
  }

  /** How many of them the kernel took. */
  async #sendSome(bytes: Uint8Array): Promise<number> {
    const { stallMsMax } = this.#times;
    const stall = setTimeout(
      () => this.end(new Error(`the peer has taken nothing for ${stallMsMax / 1000} s`)),
      stallMsMax,
    );
    try {
      return await this.#connection.write(bytes);
    } finally {
      clearTimeout(stall);
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { silenceMsMax } = this.#times;
    while (!signal.aborted) {
      await pause(silenceMsMax / 10, signal);
      const silentMs = this.#isHeldUp ? 0 : performance.now() - this.#heardMs;
      if (this.#hasSpoken && silentMs > silenceMsMax) {
        this.end(new Error(`the peer has said nothing for ${silenceMsMax / 1000} s`));
      }
    }
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Connects to a peer that listens. */
export class TcpClient implements Connector {
  readonly sendsUnheard = false;
  readonly #at: NetworkAddress;
  readonly #times: TcpTimes;
  #peer: Peer | null = null;

  constructor(at: NetworkAddress, times: TcpTimes = TCP_TIMES) {
    this.#at = at;
    this.#times = times;
  }

  async run(line: LineSide): Promise<void> {
    const connection = await this.#connect(line.signal);
    if (connection === null) return;
    this.#peer = new Peer(connection, this.#times);
    try {
      await this.#peer.serve(line);
    } finally {
      this.#peer = null;
    }
  }

  write(bytes: Uint8Array): boolean {
    return this.#peer?.write(bytes) ?? false;
  }

  async #connect(signal: AbortSignal): Promise<Deno.TcpConn | null> {
    const { host: hostname, port } = this.#at, { connectMsMax } = this.#times;
    const tooLong = new AbortController();
    const timer = setTimeout(() => tooLong.abort(), connectMsMax);
    try {
      return await Deno.connect({
        hostname,
        port,
        signal: AbortSignal.any([signal, tooLong.signal]),
      });
    } catch (error) {
      if (signal.aborted) return null;
      if (!tooLong.signal.aborted) throw error;
      throw new Error(`${hostname}:${port} has not answered for ${connectMsMax / 1000} s`);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Listens for one peer; further ones are turned away while it speaks. */
export class TcpServer implements Connector {
  readonly sendsUnheard = false;
  readonly #at: NetworkAddress;
  readonly #times: TcpTimes;
  #peer: Peer | null = null;

  constructor(at: NetworkAddress, times: TcpTimes = TCP_TIMES) {
    this.#at = at;
    this.#times = times;
  }

  async run(line: LineSide): Promise<void> {
    const { host: hostname, port } = this.#at;
    const listener = Deno.listen({ hostname, port });
    const close = () => listener.close();
    line.signal.addEventListener("abort", close);
    let serving: Promise<void> = Promise.resolve();
    line.lost(`nobody has connected to ${hostname}:${port} yet`);
    try {
      while (!line.signal.aborted) {
        const connection = await listener.accept();
        if (this.#peer !== null && !this.#peer.isIdle) {
          connection.close();
          continue;
        }
        this.#peer?.end(null);
        await serving;
        serving = this.#serve(new Peer(connection, this.#times), line);
      }
    } catch (error) {
      if (!line.signal.aborted) throw error;
    } finally {
      line.signal.removeEventListener("abort", close);
      if (!line.signal.aborted) listener.close();
      this.#peer?.end(null);
      await serving;
    }
  }

  write(bytes: Uint8Array): boolean {
    return this.#peer?.write(bytes) ?? false;
  }

  async #serve(peer: Peer, line: LineSide): Promise<void> {
    this.#peer = peer;
    let fault = "the peer has ended the connection; nobody else has connected";
    try {
      await peer.serve(line);
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
    this.#peer = null;
    line.lost(fault);
  }
}
