/**
 * Checks a provider's URL: a token may be sent only over TLS, or to this machine.
 *
 * @module
 */
import { UsageError } from "../../../../core/mod.ts";

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** @throws UsageError for anything but https, or http to loopback; also for a URL with a password. */
export function providerUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch (error) {
    throw new UsageError(`${JSON.stringify(text)} is not a URL`, { cause: error });
  }
  if (url.username !== "" || url.password !== "") {
    throw new UsageError(
      `The URL of ${url.host} contains a user name or password: put the token into GDN_SATELLITE_TOKEN`,
    );
  }
  if (url.protocol === "https:") return url;
  if (url.protocol === "http:" && LOOPBACK.test(url.hostname)) return url;
  throw new UsageError(
    `Cannot use ${url.protocol}//${url.host}: only https is allowed (http only to this machine)`,
  );
}
