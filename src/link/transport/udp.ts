/**
 * UDP, as the one who listens and as the one who sends first.
 *
 * `node:dgram`, because Deno's own datagram sockets need an unstable flag.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import { pause } from "../../core/mod.ts";
import type { NetworkAddress } from "./address.ts";
import type { Connector, LineSide } from "./line.ts";

/** Datagrams that the kernel has not taken yet; it takes them at once, but where it is out of memory. */
const UNSENT_MAX = 64;
/** Who was heard within this time counts as connected. */
const SILENCE_MS_MAX = 5000;
const LOOK_MS = 500;

export class UdpLine implements Connector {
  /** A peer that is silent may still hear: what is sent into the void is lost, and does no harm. */
  readonly sendsUnheard = true;
  readonly #at: NetworkAddress;
  readonly #sendsFirst: boolean;
  #socket: Socket | null = null;
  /** Whom it answers. */
  #peer: { readonly address: string; readonly port: number } | null = null;
  #unsent = 0;
  #sendFault: string | null = null;

  constructor(endpoint: NetworkAddress, { sendsFirst }: { readonly sendsFirst: boolean }) {
    this.#at = endpoint;
    this.#sendsFirst = sendsFirst;
  }

  async run(line: LineSide): Promise<void> {
    const { host, port } = this.#at;
    await requireGrant(this.#at, this.#sendsFirst);
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    const failure = Promise.withResolvers<never>();
    failure.promise.catch(() => {});
    socket.on("error", failure.reject);
    try {
      const bound = Promise.withResolvers<void>();
      if (this.#sendsFirst) socket.bind(0, bound.resolve);
      else socket.bind({ port, address: host }, bound.resolve);
      await Promise.race([bound.promise, failure.promise]);
      this.#peer = this.#sendsFirst ? { address: host, port } : null;
      this.#socket = socket;
      await this.#hear(socket, line, failure.promise);
    } finally {
      this.#socket = null;
      const closed = Promise.withResolvers<void>();
      socket.close(closed.resolve);
      await closed.promise;
    }
  }

  write(bytes: Uint8Array): boolean {
    if (this.#socket === null || this.#peer === null || this.#unsent >= UNSENT_MAX) return false;
    this.#unsent++;
    this.#socket.send(bytes.slice(), this.#peer.port, this.#peer.address, (error) => {
      this.#unsent--;
      this.#sendFault = error?.message ?? null;
    });
    return true;
  }

  /** Whether this peer may be answered; from now on it is. */
  #answers(address: string, port: number): boolean {
    if (this.#peer?.address === address && this.#peer.port === port) return true;
    if (
      Deno.permissions.querySync({ name: "net", host: hostText({ host: address, port }) }).state !==
        "granted"
    ) return false;
    this.#peer = { address, port };
    return true;
  }

  /** Until the signal aborts or the socket fails. */
  async #hear(socket: Socket, line: LineSide, failure: Promise<never>): Promise<void> {
    const { host, port } = this.#at;
    let heardMs: number | null = null;
    socket.on("message", (bytes, { address, port }) => {
      if (line.signal.aborted) return;
      // Who cannot be answered must not take the place of who can.
      if (!this.#sendsFirst && !this.#answers(address, port)) return line.refuse(bytes.length);
      heardMs = performance.now();
      line.connected();
      // The runtime's buffer has 64 KiB, however short the datagram is.
      line.receive(new Uint8Array(bytes));
    });
    line.lost(`nothing has come from ${host}:${port} yet`);
    while (!line.signal.aborted) {
      await Promise.race([pause(LOOK_MS, line.signal), failure]);
      if (heardMs === null) {
        if (this.#sendFault !== null) line.lost(this.#sendFault);
      } else if (performance.now() - heardMs > SILENCE_MS_MAX) {
        line.lost(this.#sendFault ?? `nothing has come for ${SILENCE_MS_MAX / 1000} s`);
      }
    }
  }
}

/** node:dgram ends the program where Deno does not let it bind: ask before. */
async function requireGrant(at: NetworkAddress, sendsFirst: boolean): Promise<void> {
  const hosts = [hostText(at)];
  if (sendsFirst) hosts.push(isIPv6(at.host) ? "[::]:0" : "0.0.0.0:0");
  for (const host of hosts) {
    const { state } = await Deno.permissions.query({ name: "net", host });
    if (state !== "granted") throw new Error(`the program may not use ${host} (--allow-net)`);
  }
}

function hostText({ host, port }: Pick<NetworkAddress, "host" | "port">): string {
  return `${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
