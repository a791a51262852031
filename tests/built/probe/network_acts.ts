import dgram from "node:dgram";
import dns from "node:dns/promises";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import tls from "node:tls";
import { type Act, refused } from "./act.ts";

export const NETWORK_ACTS: readonly Act[] = [
  {
    name: "fetch() of a loopback address",
    attempt: async ({ tcpPort }) => await (await fetch(`http://127.0.0.1:${tcpPort}/`)).text(),
    refusal: refused.net,
  },
  {
    name: "fetch() of a named host",
    attempt: async ({ tcpPort }) => await (await fetch(`http://localhost:${tcpPort}/`)).text(),
    refusal: refused.net,
  },
  {
    name: "Deno.connect() over TCP",
    attempt: async ({ tcpPort: port }) => (await Deno.connect({ port })).close(),
    refusal: refused.net,
  },
  {
    name: "Deno.connectTls()",
    attempt: async ({ tcpPort: port }) =>
      (await Deno.connectTls({ hostname: "127.0.0.1", port })).close(),
    refusal: refused.net,
  },
  {
    name: "WebSocket",
    attempt: async ({ tcpPort }) => {
      const socket = new WebSocket(`ws://127.0.0.1:${tcpPort}/`);
      const { promise, resolve } = Promise.withResolvers<void>();
      socket.onerror = () => resolve();
      socket.onopen = () => resolve();
      await promise;
    },
    refusal: refused.net,
  },
  {
    name: "node:net connect()",
    attempt: async ({ tcpPort }) => {
      const socket = net.connect(tcpPort, "127.0.0.1");
      await once(socket, "connect");
      socket.destroy();
    },
    refusal: /EPERM|Requires net access/,
  },
  {
    name: "node:tls connect()",
    attempt: async ({ tcpPort }) => {
      const socket = tls.connect(tcpPort, "127.0.0.1");
      await once(socket, "secureConnect");
    },
    refusal: /EPERM|Requires net access/,
    neverSucceeds: true,
  },
  {
    name: "node:http request()",
    attempt: async ({ tcpPort }) => {
      const [response] = await once(http.get(`http://127.0.0.1:${tcpPort}/`), "response");
      response.resume();
    },
    refusal: /EPERM|Requires net access/,
  },
  {
    name: "UDP to another host by Deno",
    attempt: async ({ udpPort: port }) => {
      const socket = Deno.listenDatagram({ port: 0, transport: "udp" });
      await socket.send(new Uint8Array(1), { transport: "udp", hostname: "127.0.0.1", port });
      socket.close();
    },
    // Not there without --unstable-net.
    refusal: /^TypeError: Deno.listenDatagram is not a function/,
  },
  {
    name: "UDP to another host by node:dgram",
    attempt: async ({ udpPort }) => {
      const socket = dgram.createSocket("udp4");
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      socket.on("error", reject);
      socket.send("x", udpPort, "127.0.0.1", (error) => error ? reject(error) : resolve());
      await promise;
      socket.close();
    },
    // Thrown beside the call's own error event (Deno 2.9): it ends the process.
    refusal: /Requires net access|EPERM/,
    alone: true,
  },
  {
    name: "Deno.resolveDns()",
    attempt: () =>
      Deno.resolveDns("example.com", "A", { nameServer: { ipAddr: "127.0.0.1", port: 1 } }),
    refusal: refused.net,
    neverSucceeds: true, // no server answers there
  },
  {
    name: "a name looked up by node:dns",
    attempt: () => dns.lookup("localhost"),
    refusal: /EPERM|Requires net access/,
  },
  {
    name: "listening on a port",
    attempt: () => Deno.listen({ port: 0 }).close(),
    refusal: refused.net,
  },
  {
    name: "Deno.serve()",
    attempt: () => Deno.serve({ port: 0, onListen() {} }, () => new Response()).shutdown(),
    refusal: refused.net,
  },
  {
    name: "listening by node:net",
    attempt: async () => {
      const server = net.createServer().listen(0);
      await once(server, "listening");
      server.close();
    },
    refusal: /EPERM|Requires net access/,
  },
  {
    name: "connecting to a Unix socket",
    attempt: async ({ unixSocket: path }) =>
      (await Deno.connect({ transport: "unix", path })).close(),
    refusal: /^NotCapable: Requires (net|read|write) access/,
  },
  {
    name: "connecting to a Unix socket by node:net",
    attempt: async ({ unixSocket }) => {
      const socket = net.connect(unixSocket);
      await once(socket, "connect");
      socket.destroy();
    },
    refusal: /EPERM|EACCES|Requires (net|read|write) access/,
  },
  {
    name: "listening at a Unix socket in a folder that may be written",
    attempt: ({ writable }) =>
      Deno.listen({ transport: "unix", path: `${writable}/socket` }).close(),
    refusal: refused.net,
  },
];
