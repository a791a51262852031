/**
 * A TCP port before that of a server, which cuts connections in the middle of an answer.
 *
 * @module
 */

interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** Connections that were cut. */
  readonly cuts: number;
  /** From now on each connection ends after so many bytes of answers; null: none does. */
  cut(afterBytes: number | null): void;
}

export function cuttingProxy(serverPort: number): CuttingProxy {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let limit: number | null = null, cuts = 0;
  const close = (...connections: Deno.Conn[]) => {
    for (const connection of connections) if (open.delete(connection)) connection.close();
  };
  const answer = async (from: Deno.Conn, to: Deno.Conn) => {
    const chunk = new Uint8Array(16_384);
    let left = limit;
    for (;;) {
      const size = await from.read(chunk);
      if (size === null) break;
      left = limit === null ? null : Math.min(left ?? limit, limit);
      await writeAll(to, chunk.subarray(0, left === null ? size : Math.min(size, left)));
      if (left === null) continue;
      left -= size;
      if (left > 0) continue;
      cuts++;
      break;
    }
    close(from, to);
  };
  const accepting = (async () => {
    for await (const client of listener) {
      try {
        const server = await Deno.connect({ hostname: "127.0.0.1", port: serverPort });
        open.add(client).add(server);
        answer(server, client).catch(() => close(server, client));
        pass(client, server).catch(() => close(server, client));
      } catch {
        client.close();
      }
    }
  })();
  return {
    port: listener.addr.port,
    get cuts() {
      return cuts;
    },
    cut(afterBytes) {
      limit = afterBytes;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      close(...open);
      await accepting.catch(() => {});
    },
  };
}

async function pass(from: Deno.Conn, to: Deno.Conn): Promise<void> {
  const chunk = new Uint8Array(16_384);
  for (let size = await from.read(chunk); size !== null; size = await from.read(chunk)) {
    await writeAll(to, chunk.subarray(0, size));
  }
}

async function writeAll(to: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}
