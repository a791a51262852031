/**
 * An abort signal that fires some time after another one, so that requests under way can finish.
 *
 * @module
 */

/** Aborts a while after `signal` does; never once it is disposed of. */
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
