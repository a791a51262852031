/**
 * The reference satellite provider as a process of its own, for the length of a test.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { z } from "zod";
import type { MisbehaviourSchema } from "../../src/workstation/satellite_provider/contract.ts";
import { REPOSITORY } from "../../tasks/executables.ts";

export const CLIENT_TOKEN = "client-token-of-the-tests";
export const OFFICER_TOKEN = "officer-token-of-the-tests";

export type Told = z.input<typeof MisbehaviourSchema>;

export interface ProviderState {
  readonly accepted: number;
  /** Times that each tile was taken. */
  readonly acceptances: Readonly<Record<string, number>>;
  readonly requests: Readonly<Record<string, number>>;
}

export class ProviderProcess implements AsyncDisposable {
  readonly url: string;
  readonly #process: Deno.ChildProcess;

  private constructor(process: Deno.ChildProcess, url: string) {
    this.#process = process;
    this.url = url;
  }

  get pid(): number {
    return this.#process.pid;
  }

  static async start(args: readonly string[] = []): Promise<ProviderProcess> {
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "-q", "--no-prompt", "--cached-only", "-P=provider"],
        ...[
          `--config=${REPOSITORY}/deno.json`,
          `${REPOSITORY}/src/workstation/satellite_provider/main.ts`,
        ],
        ...["--may-misbehave", ...args],
      ],
      env: { GDN_SATELLITE_TOKEN: CLIENT_TOKEN, GDN_ENROLMENT_TOKEN: OFFICER_TOKEN },
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await reader.read();
      assert.ok(!done, `the provider ended at once: ${text}`);
      text += value;
    }
    // Nothing more comes; the stream ends with the process.
    reader.releaseLock();
    return new ProviderProcess(process, (JSON.parse(text) as { url: string }).url);
  }

  async misbehave(...told: Told[]): Promise<void> {
    const response = await fetch(new URL("_misbehave", this.url), {
      method: "POST",
      body: JSON.stringify(told),
    });
    assert.equal(response.status, 200, await response.text());
  }

  async state(): Promise<ProviderState> {
    return await (await fetch(new URL("_state", this.url))).json();
  }

  /** As the safety officer does. */
  async enrol(flightId: string, publicKey: Uint8Array): Promise<void> {
    const response = await fetch(new URL("api/satellite/keys", this.url), {
      method: "POST",
      headers: { authorization: `Bearer ${OFFICER_TOKEN}` },
      body: JSON.stringify({ flightId, publicKey: publicKey.toBase64() }),
    });
    assert.equal(response.status, 201, await response.text());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.stdout.cancel().catch(() => {});
    await this.#process.status;
  }
}
