/**
 * A service manager for tests: a Unix datagram socket of another process (Python), as systemd has one.
 *
 * @module
 */
import { TextLineStream } from "../../tasks/evaluate/text_lines.ts";
import { PYTHON } from "./python.ts";

const PEER = `
import json, socket, sys, time
peer = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[1]
peer.bind("\\0" + name[1:] if name.startswith("@") else name)
print(json.dumps({"atS": time.monotonic(), "text": ""}), flush=True)
while True:
    data = peer.recv(65536)
    print(json.dumps({"atS": time.monotonic(), "text": data.decode()}), flush=True)
`;

export interface Datagram {
  /** Seconds on a clock of the peer. */
  readonly atS: number;
  readonly text: string;
}

export interface ServiceManagerPeer extends AsyncDisposable {
  /** What has come until now. */
  readonly received: readonly Datagram[];
  /** Resolves when `enough` is true of what has come; rejects after `withinMs`. */
  until(enough: (received: readonly Datagram[]) => boolean, withinMs?: number): Promise<void>;
}

/** Listens on a path, or on an abstract name that begins with "@". */
export async function startServiceManager(address: string): Promise<ServiceManagerPeer> {
  if (PYTHON === undefined) throw new Error("there is no python3");
  const child = new Deno.Command(PYTHON, { args: ["-c", PEER, address], stdout: "piped" }).spawn();
  const received: Datagram[] = [];
  let wake: () => void = () => {};
  const reading = (async () => {
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(
      new TextLineStream(),
    );
    for await (const line of lines) {
      received.push(JSON.parse(line));
      wake();
    }
  })();
  const until: ServiceManagerPeer["until"] = async (enough, withinMs = 20_000) => {
    const deadline = performance.now() + withinMs;
    while (!enough(received)) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw new Error(`only this has come: ${JSON.stringify(received)}`);
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, leftMs);
      });
      clearTimeout(timer);
    }
  };
  await until((all) => all.length > 0);
  received.length = 0;
  return {
    received,
    until,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await Promise.all([child.status, reading]);
    },
  };
}
