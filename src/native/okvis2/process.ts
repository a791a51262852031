/**
 * One odometry child: started, greeted, spoken with.
 *
 * @module
 */
import { RuntimeNotAvailableError } from "../../core/mod.ts";
import {
  encodeFrame,
  encodeImu,
  encodeReset,
  encodeStart,
  MessageReader,
  type OdometryEvent,
  type OdometryFrame,
  type OdometryHello,
  type OdometryImu,
  type OdometryStart,
  type OdometryState,
  PROTOCOL,
  STRUCT_BYTES,
} from "./protocol.ts";

/** A program greets within milliseconds; a busy machine takes longer to start it. */
const GREETING_MS = 10_000;
/** It ends at once, unless it was stopped. */
const CLOSING_MS = 2000;
/** More than this is not kept for a child that does not read: some ten frames. */
const UNWRITTEN_BYTES_MAX = 8 * 1024 * 1024;

interface OdometryListener {
  onState(state: OdometryState): void;
  onEvent(event: OdometryEvent): void;
  /** It has ended, or said what is no message; once. */
  onEnd(reason: string): void;
}

export class OdometryProcess implements AsyncDisposable {
  readonly hello: OdometryHello;
  readonly pid: number;
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #reader: MessageReader;
  #unwritten = 0;
  #reading: Promise<void> | null = null;
  #closed = false;

  private constructor(
    child: Deno.ChildProcess,
    chunks: AsyncIterator<Uint8Array>,
    reader: MessageReader,
    hello: OdometryHello,
  ) {
    this.#child = child;
    this.#chunks = chunks;
    this.#reader = reader;
    this.#writer = child.stdin.getWriter();
    this.hello = hello;
    this.pid = child.pid;
  }

  /**
   * Starts `program` and hears its greeting.
   *
   * @throws RuntimeNotAvailableError where it is absent, not permitted, of another protocol, or the reference of the
   *   tests, unless `allowReference` asks for that.
   */
  static async open(
    program: string,
    options: { readonly allowReference?: boolean } = {},
  ): Promise<OdometryProcess> {
    const child = spawn(program);
    const chunks = child.stdout[Symbol.asyncIterator](), reader = new MessageReader();
    try {
      const hello = await greeting(program, chunks, reader);
      if (hello.backend === "reference" && !options.allowReference) {
        throw unusable(program, "it is the reference for tests, not OKVIS2");
      }
      return new OdometryProcess(child, chunks, reader, hello);
    } catch (error) {
      await child.stdin.close().catch(() => {});
      await end(child, async () => {
        await chunks.return?.();
      });
      throw error;
    }
  }

  start(options: OdometryStart, listener: OdometryListener): void {
    this.#write(encodeStart(options));
    this.#reading = this.#listen(listener);
  }

  addImu(samples: readonly OdometryImu[]): void {
    this.#write(encodeImu(samples));
  }

  /** False where the child has not taken what it was given before. */
  addFrame(frame: OdometryFrame): boolean {
    if (this.#unwritten + frame.pixels.length > UNWRITTEN_BYTES_MAX) return false;
    this.#write(encodeFrame(frame));
    this.#write(frame.pixels);
    return true;
  }

  reset(): void {
    this.#write(encodeReset());
  }

  #write(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#closed || this.#unwritten > UNWRITTEN_BYTES_MAX) return;
    this.#unwritten += bytes.length;
    // A pipe that breaks is the end of its output, too, which the listener hears of.
    this.#writer.write(bytes).catch(() => {}).finally(() => this.#unwritten -= bytes.length);
  }

  async #listen(listener: OdometryListener): Promise<void> {
    let reason = "the child has ended";
    try {
      for (;;) {
        const { done, value } = await this.#chunks.next();
        if (done) break;
        for (const message of this.#reader.take(value)) {
          if (message.kind === "state") listener.onState(message.state);
          else if (message.kind === "event") listener.onEvent(message.event);
        }
      }
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    if (!this.#closed) listener.onEnd(reason);
  }

  /** It ends by the end of its input, for a program in flight may not send signals. A second time does nothing. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // What is not written yet is not worth a wait.
    this.#writer.abort().catch(() => {});
    await end(this.#child, async () => {
      await this.#reading;
      await this.#chunks.return?.();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Waits for what reads it, and for its end; its input is closed. */
async function end(child: Deno.ChildProcess, reading: () => Promise<void>): Promise<void> {
  const ended = (async () => {
    await reading();
    await child.status;
  })();
  if (await endsWithin(ended, CLOSING_MS)) return;
  // A stopped one. In flight signals are not permitted: it is left behind then, and ends when it goes on.
  try {
    child.kill("SIGKILL");
    await ended;
  } catch {
    child.unref();
  }
}

async function endsWithin(ended: Promise<void>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([ended.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

function unusable(program: string, reason: string, cause?: unknown): RuntimeNotAvailableError {
  return new RuntimeNotAvailableError(
    `Cannot use ${program}: ${reason}; run \`deno task build\` where OKVIS2 is installed`,
    { cause },
  );
}

function spawn(program: string): Deno.ChildProcess {
  try {
    return new Deno.Command(program, {
      clearEnv: true,
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "there is no such program"
      : cause instanceof Error
      ? cause.message
      : String(cause);
    throw unusable(program, reason, cause);
  }
}

async function greeting(
  program: string,
  chunks: AsyncIterator<Uint8Array>,
  reader: MessageReader,
): Promise<OdometryHello> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), GREETING_MS);
  });
  try {
    for (;;) {
      const read = await Promise.race([chunks.next(), late]);
      if (read === "late") throw unusable(program, "it does not greet");
      if (read.done) throw unusable(program, "it ended without a greeting");
      for (const message of messagesOf(program, reader, read.value)) {
        if (message.kind === "hello") return checked(program, message.hello);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

function messagesOf(program: string, reader: MessageReader, piece: Uint8Array) {
  try {
    return reader.take(piece);
  } catch (cause) {
    throw unusable(program, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function checked(program: string, hello: OdometryHello): OdometryHello {
  if (hello.protocol !== PROTOCOL) {
    throw unusable(program, `it speaks version ${hello.protocol} of the protocol, not ${PROTOCOL}`);
  }
  for (const [name, bytes] of Object.entries(STRUCT_BYTES)) {
    const theirs = hello.structBytes[name as keyof typeof STRUCT_BYTES];
    if (theirs === bytes) continue;
    throw unusable(program, `its ${name} has ${theirs} bytes, this program's ${bytes}`);
  }
  return hello;
}
