/**
 * `operator jobs serve`: gives workers on other machines what their jobs read.
 *
 * @module
 */
import {
  type Command,
  defineCommand,
  EXIT,
  option,
  readPlainTextFile,
  UsageError,
} from "../../core/mod.ts";
import { serveInputs, TOKEN_VARIABLE, workersToken } from "../../workstation/work_queue/mod.ts";
import { CACHE_OPTIONS, inputsFolderOf } from "../options.ts";

const PEM_BYTES_MAX = 1 << 20;

/** Of this machine alone, private (RFC 1918, RFC 4193) or of one line (RFC 3927, RFC 4291). */
const PRIVATE_HOST =
  /^(localhost|127\.[\d.]+|10\.[\d.]+|172\.(1[6-9]|2\d|3[01])\.[\d.]+|192\.168\.[\d.]+|169\.254\.[\d.]+|::1|f[cd][\da-f]{2}:[\da-f:]+|fe[89ab][\da-f]:[\da-f:]+)$/;

export function jobsServeCommand(): Command {
  return defineCommand({
    name: "jobs serve",
    summary: "give workers on other machines the tiles of their jobs",
    about: `
Answers over HTTP with what runs keep in the folder work of the data folder, for workers that see no shared
folder, until SIGTERM. Only who knows the token of ${TOKEN_VARIABLE} is answered; every other request is
refused and named.

At an address http://… the token and the tiles go unencrypted, and whoever listens in the network can read
them: such an address must be this machine's own or one of a private network (localhost, 10.…, 172.16.…,
192.168.…, 169.254.…, fc…, fd…, fe80:…). At any other one, and at 0.0.0.0, it speaks TLS alone: https://…
with --certificate and --key.`,
    options: {
      url: option.url({
        required: true,
        help: "host and port to listen at",
        example: "http://192.168.1.10:8091/",
      }),
      certificate: option.path({
        access: "read",
        placeholder: "FILE",
        help: "certificates for https, PEM: the server's own first",
      }),
      key: option.path({
        access: "read",
        placeholder: "FILE",
        help: "private key of the certificate, PEM",
      }),
      data: CACHE_OPTIONS.data,
    },
    examples: [
      "operator jobs serve --url http://192.168.1.10:8091/ --data data",
      "operator jobs serve --url https://0.0.0.0:8091/ --certificate server.pem --key server.key",
    ],
    environment: { [TOKEN_VARIABLE]: "the token, 16 characters at least" },
    async run({ url, certificate, key, data }, io) {
      io.signalEnds();
      const { hostname, port } = addressOf(url, certificate !== undefined && key !== undefined);
      await serveInputs({
        root: inputsFolderOf({ dataDirectory: data }),
        hostname,
        port,
        tls: certificate === undefined || key === undefined
          ? null
          : { cert: await pemOf(certificate), key: await pemOf(key) },
        token: workersToken(),
        note: io.err,
        signal: io.signal,
        onListen: (open) => io.note(`gives inputs at port ${open}`),
      });
      return EXIT.ok;
    },
  });
}

const pemOf = (path: string) => readPlainTextFile(path, { bytesMax: PEM_BYTES_MAX });

/** @throws UsageError where the token would go unencrypted into a network that is not private */
function addressOf(url: string, hasTls: boolean): { hostname: string; port: number } {
  const { protocol, hostname, port, pathname } = new URL(url);
  if (!/^https?:$/.test(protocol) || port === "" || pathname !== "/") {
    throw new UsageError("--url must be http://HOST:PORT/ or https://HOST:PORT/");
  }
  if ((protocol === "https:") !== hasTls) {
    throw new UsageError("--certificate and --key belong to an address https://…, both of them");
  }
  const host = hostname.replace(/^\[|\]$/g, "");
  if (!hasTls && !PRIVATE_HOST.test(host)) {
    throw new UsageError(
      `--url ${url}: ${host} is not known to be an address of a private network, and the token would go ` +
        "unencrypted; name a private address, or give https://… with --certificate and --key",
    );
  }
  return { hostname: host, port: Number(port) };
}
