/**
 * Where things lie, whatever folder the tests were started in.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

export function fromFileUrl(url: URL): string {
  return fileURLToPath(url);
}

/** The repository's root, without a slash at its end. */
export const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Data beside the checkout (real imagery, flight logs), or undefined where it is absent. */
export function sharedData(path: string): string | undefined {
  const found = `${REPOSITORY}/../shared/data/${path}`;
  try {
    Deno.statSync(found);
    return found;
  } catch {
    return undefined;
  }
}
