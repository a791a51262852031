/**
 * An interruption that lets what is under way arrive.
 *
 * @module
 */

/** Aborts some time after `signal` does; disposed of, it never will. */
export function graceAfter(
  signal: AbortSignal | undefined,
  graceMs: number,
): { readonly signal: AbortSignal } & Disposable {
  const late = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const begin = () => {
    timer = setTimeout(() => late.abort(signal?.reason), graceMs);
  };
  if (signal?.aborted) begin();
  else signal?.addEventListener("abort", begin, { once: true });
  return {
    signal: late.signal,
    [Symbol.dispose]() {
      signal?.removeEventListener("abort", begin);
      clearTimeout(timer);
    },
  };
}
