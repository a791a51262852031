/**
 * Pictures and servers for tests of live cameras.
 *
 * @module
 */
import sharp from "sharp";
import { encodeFramePacket } from "../../src/flight/camera_source/mod.ts";
import { SMALL_CAMERA } from "./small_camera.ts";

export { SMALL_CAMERA };

/** A JPEG; each `seed` gives another one. */
export async function smallPicture(
  seed: number,
  { widthPx, heightPx }: { widthPx: number; heightPx: number } = SMALL_CAMERA,
): Promise<Uint8Array<ArrayBuffer>> {
  const pixels = Uint8Array.from(
    { length: widthPx * heightPx },
    (_, i) => (i * (seed + 1)) % 251,
  );
  const raw = { width: widthPx, height: heightPx, channels: 1 } as const;
  return new Uint8Array(await sharp(pixels, { raw }).jpeg().toBuffer());
}

/** Writes all of it; false where the peer has gone. */
export async function writeTo(connection: Deno.Conn, bytes: Uint8Array): Promise<boolean> {
  try {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
    return true;
  } catch {
    return false;
  }
}

/** A server on a free port; `serve` gets each connection, with its number. */
export function cameraServer(
  serve: (connection: Deno.Conn, index: number) => Promise<void>,
): { readonly address: string } & AsyncDisposable {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) {
      const index = connections.length;
      connections.push((async () => {
        using _closed = connection;
        await serve(connection, index);
      })());
    }
  })();
  return {
    address: `frames:tcp:127.0.0.1:${(listener.addr as Deno.NetAddr).port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(connections);
    },
  };
}

/** Sends the pictures in turn, every `intervalMs`, until the peer has gone. */
export function framesForEver(
  pictures: readonly Uint8Array[],
  intervalMs: number,
): (connection: Deno.Conn) => Promise<void> {
  return async (connection) => {
    for (let sequence = 0;; sequence += 1) {
      const jpeg = pictures[sequence % pictures.length];
      if (
        !await writeTo(
          connection,
          encodeFramePacket({ sequence, ageUs: 1000, sentUs: 1e3 * performance.now(), jpeg }),
        )
      ) return;
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
    }
  };
}
