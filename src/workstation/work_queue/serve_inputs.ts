/**
 * Gives the inputs of runs to workers that see no shared folder: over HTTP, to who knows the token.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import * as z from "zod";
import { nullIfAbsent, openPlainFile } from "../../core/mod.ts";
import { Sha256Schema } from "./payload.ts";

interface ServeOptions {
  /** Folder of all runs. */
  readonly root: string;
  readonly hostname: string;
  readonly port: number;
  /** PEM; null: unencrypted. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
  readonly token: string;
  /** Requests that were refused. */
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
  readonly onListen?: (port: number) => void;
}

/** Until the signal. */
export async function serveInputs(options: ServeOptions): Promise<void> {
  const { hostname, port, tls, signal, note } = options;
  const server = Deno.serve({
    hostname,
    port,
    ...tls,
    signal,
    onListen: (address) => options.onListen?.(address.port),
    onError(error) {
      note(`a request failed: ${error instanceof Error ? error.message : error}`);
      return new Response(null, { status: 500 });
    },
  }, (request, info) => answer(request, (info.remoteAddr as Deno.NetAddr).hostname, options));
  await server.finished;
}

async function answer(
  request: Request,
  from: string,
  { root, token, note }: ServeOptions,
): Promise<Response> {
  if (!isToken(request.headers.get("authorization"), token)) {
    note(`refused a request of ${from}: its token is wrong`);
    return new Response(null, { status: 401 });
  }
  const { pathname } = new URL(request.url);
  if (request.method !== "GET") return new Response(null, { status: 405 });
  if (pathname === "/") return new Response(null, { status: 204 });
  const [, run, sha256, ...more] = pathname.split("/");
  const isName = z.uuid().safeParse(run).success && Sha256Schema.safeParse(sha256).success;
  if (!isName || more.length > 0) {
    note(`refused a request of ${from}: it asks for something else than an input`);
    return new Response(null, { status: 404 });
  }
  const file = await nullIfAbsent(openPlainFile(`${root}/${run}/${sha256}`, { within: root }));
  if (file === null) return new Response(null, { status: 404 });
  const { size } = await file.stat();
  return new Response(file.readable, { headers: { "content-length": String(size) } });
}

/** In the same time whatever is wrong with it. */
function isToken(header: string | null, token: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(header ?? ""), hash(`Bearer ${token}`));
}
