/**
 * `operator jobs serve`: gives workers on other machines what their jobs read.
 *
 * @module
 */
import { type Command, defineCommand, EXIT, option, UsageError } from "../../core/mod.ts";
import { serveInputs, TOKEN_VARIABLE, workersToken } from "../../workstation/work_queue/mod.ts";
import { CACHE_OPTIONS, inputsFolderOf } from "../options.ts";

export function jobsServeCommand(): Command {
  return defineCommand({
    name: "jobs serve",
    summary: "give workers on other machines the tiles of their jobs",
    about: `
Answers over HTTP with what runs keep in the folder work of the data folder, for workers that see no shared
folder, until SIGTERM. Only who knows the token of ${TOKEN_VARIABLE} is answered; every other request is
refused and named. The token and the tiles go unencrypted: use it in a network of your own, or behind a server
that speaks TLS.`,
    options: {
      url: option.url({
        required: true,
        help: "host and port to listen at",
        example: "http://0.0.0.0:8091/",
      }),
      data: CACHE_OPTIONS.data,
    },
    examples: ["operator jobs serve --url http://0.0.0.0:8091/ --data data"],
    environment: { [TOKEN_VARIABLE]: "the token, 16 characters at least" },
    async run({ url, data }, io) {
      io.signalEnds();
      const { protocol, hostname, port, pathname } = new URL(url);
      if (protocol !== "http:" || port === "" || pathname !== "/") {
        throw new UsageError("--url must be http://HOST:PORT/");
      }
      await serveInputs({
        root: inputsFolderOf({ dataDirectory: data }),
        hostname: hostname.replace(/^\[|\]$/g, ""),
        port: Number(port),
        token: workersToken(),
        note: io.err,
        signal: io.signal,
        onListen: (open) => io.note(`gives inputs at port ${open}`),
      });
      return EXIT.ok;
    },
  });
}
