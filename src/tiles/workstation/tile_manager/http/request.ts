/**
 * One HTTP request to a provider, with retries for faults that may pass.
 *
 * | answer | what is done |
 * | --- | --- |
 * | 429, and 503 with Retry-After | wait as long as the header says (exponentially when it says nothing usable) |
 * | 5xx, time-out, broken connection | try again after 1, 2, 4, 8 s |
 * | TLS fault, 401, 403, redirect | an error at once: the token goes to no other host |
 * | everything else | returned to the caller |
 *
 * @module
 */
import { EXIT, messageOf } from "../../../../core/mod.ts";
import { RateLimitedError, SatelliteProviderError } from "../errors.ts";
import { retryAfterSeconds } from "./retry_after.ts";

/** Network, clock and delays; tests replace them. */
export interface HttpParts {
  readonly fetch: typeof globalThis.fetch;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
}

interface PatientRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** For headers and body together. */
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
  readonly signal?: AbortSignal;
}

interface PatientAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
  /** Attempts after the first. */
  readonly retryCount: number;
}

/** Waits between attempts; their number is the number of retries. */
const BACKOFF_S = [1, 2, 4, 8];
/** A provider that asks for a longer wait ends the command, which reports when to try again. */
const PATIENCE_S = 60;

type Attempt =
  | { readonly kind: "answer"; readonly answer: Omit<PatientAnswer, "retryCount"> }
  | {
    readonly kind: "again";
    readonly why: string;
    readonly waitS: number | null;
    readonly limited: boolean;
    readonly cause?: unknown;
  };

/**
 * @throws SatelliteProviderError when the fault persists, or at once for faults that cannot pass.
 * @throws RateLimitedError when the provider asks for a longer wait than a command should make.
 */
export async function patientRequest(
  parts: HttpParts,
  request: PatientRequest,
): Promise<PatientAnswer> {
  for (let attempt = 0;; attempt++) {
    const outcome = await attemptOnce(parts, request);
    if (outcome.kind === "answer") return { ...outcome.answer, retryCount: attempt };
    const waitS = outcome.waitS ?? BACKOFF_S[Math.min(attempt, BACKOFF_S.length - 1)];
    if (attempt >= BACKOFF_S.length || waitS > PATIENCE_S) {
      throw givenUp(request, outcome, attempt, parts.nowMs() / 1000 + waitS);
    }
    await parts.sleep(1000 * waitS, request.signal);
  }
}

function givenUp(
  { url }: PatientRequest,
  { why, limited, cause }: Extract<Attempt, { kind: "again" }>,
  attempt: number,
  retryAtS: number,
): Error {
  if (limited) {
    const at = new Date(1000 * retryAtS).toISOString();
    return new RateLimitedError(
      retryAtS,
      `${url.host} asks us to wait (${why}): try again after ${at}`,
    );
  }
  return new SatelliteProviderError(
    `${url.host} did not answer correctly: ${why}, ${attempt + 1} times; try again later`,
    { cause },
  );
}

async function attemptOnce(parts: HttpParts, request: PatientRequest): Promise<Attempt> {
  // One controller and one listener: AbortSignal.any() for each request costs more than everything
  // else here.
  const stop = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop.abort();
  }, request.timeoutMs);
  const stopped = () => stop.abort(request.signal?.reason);
  if (request.signal?.aborted) stopped();
  else request.signal?.addEventListener("abort", stopped, { once: true });
  let response: Response;
  let body: Uint8Array<ArrayBuffer>;
  try {
    response = await parts.fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: request.body,
      redirect: "manual",
      signal: stop.signal,
    });
    body = await boundedBody(response, request);
  } catch (error) {
    request.signal?.throwIfAborted();
    if (error instanceof SatelliteProviderError) throw error;
    if (isTlsFault(error, request.url)) throw hopeless(request, `TLS: ${reasonOf(error)}`, error);
    const why = isLate ? `no answer in ${request.timeoutMs} ms` : reasonOf(error);
    return { kind: "again", why, waitS: null, limited: false, cause: error };
  } finally {
    clearTimeout(timer);
    request.signal?.removeEventListener("abort", stopped);
  }
  return judge(parts, request, { status: response.status, headers: response.headers, body });
}

function judge(
  parts: HttpParts,
  request: PatientRequest,
  answer: Omit<PatientAnswer, "retryCount">,
): Attempt {
  const { status, headers } = answer;
  if (status >= 300 && status < 400 && status !== 304) {
    throw hopeless(request, `it redirects (${status}), and redirects are never followed`);
  }
  if (status === 401 || status === 403) return { kind: "answer", answer };
  if (status === 429 || status >= 500) {
    const waitS = retryAfterSeconds(headers.get("retry-after"), parts.nowMs());
    const limited = status === 429 || (status === 503 && waitS !== null);
    return { kind: "again", why: `status ${status}`, waitS, limited };
  }
  return { kind: "answer", answer };
}

/** An error that a retry cannot change: exit code 77. */
function hopeless({ url }: PatientRequest, why: string, cause?: unknown): SatelliteProviderError {
  return new SatelliteProviderError(`Cannot use ${url.host}: ${why}`, {
    cause,
    exitCode: EXIT.refused,
  });
}

const TLS_FAULT =
  /certificate|UnknownIssuer|NotValidForName|HandshakeFailure|InvalidContentType|fatal alert|\btls\b/i;

/**
 * Recognised by the texts of the runtime without the URL in them, since a host may have any name.
 */
function isTlsFault(error: unknown, url: URL): boolean {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (TLS_FAULT.test(at.message.replaceAll(url.href, ""))) return true;
  }
  return false;
}

/** The innermost cause: the outer errors only say "fetch failed" and name the URL. */
function reasonOf(error: unknown): string {
  let innermost = error;
  while (innermost instanceof Error && innermost.cause instanceof Error) {
    innermost = innermost.cause;
  }
  return messageOf(innermost).replace(/^error sending request for url \([^)]*\): /, "");
}

/** Reads a body up to the limit; a longer one is abandoned. */
async function boundedBody(
  response: Response,
  { url, bodyBytesMax }: PatientRequest,
): Promise<Uint8Array<ArrayBuffer>> {
  const announced = Number(response.headers.get("content-length") ?? NaN);
  // The client reads no more than Content-Length announced, but a compressed body may expand beyond
  // it.
  if (announced <= bodyBytesMax && !response.headers.has("content-encoding")) {
    return await response.bytes();
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > bodyBytesMax) {
      throw new SatelliteProviderError(
        `${url.host} answered with more than the ${bodyBytesMax} bytes that are allowed here`,
        { exitCode: EXIT.data },
      );
    }
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
