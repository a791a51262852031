/**
 * A page in a real browser, spoken to over pipes (DevTools protocol): no port, no network.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";

const CHROMIUM = "chromium";
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
  ...["--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe"],
];

export async function hasChromium(): Promise<boolean> {
  try {
    return (await new Deno.Command(CHROMIUM, { args: ["--version"], stderr: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

export interface OpenedPage {
  /** Since the navigation began. */
  readonly loadMs: number;
  readonly firstPaintMs: number;
  /** Until two frames after the load were drawn: everything is on the screen. */
  readonly drawnMs: number;
  /** Addresses that were asked for. */
  readonly requests: readonly string[];
  /** Console errors, exceptions and refusals of the security policy. */
  readonly faults: readonly string[];
}

type Message = {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
  readonly sessionId?: string;
};

export class Browser implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #profile: string;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #listeners = new Set<(message: Message) => void>();
  readonly #reading: Promise<void>;
  #sessionId: string | undefined;
  #last = 0;

  private constructor(child: Deno.ChildProcess, profile: string) {
    this.#child = child;
    this.#profile = profile;
    this.#writer = child.stdin.getWriter();
    this.#reading = this.#read();
  }

  static async start(): Promise<Browser> {
    const profile = await Deno.makeTempDir({ prefix: "gdn-chromium-" });
    const flags = [...FLAGS, `--user-data-dir=${profile}`, "about:blank"];
    const child = new Deno.Command("bash", {
      // It reads commands from descriptor 3 and answers on 4.
      args: ["-c", `exec ${CHROMIUM} "$@" 3<&0 4>&1 >/dev/null 2>&1`, CHROMIUM, ...flags],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const browser = new Browser(child, profile);
    const { targetId } = await browser.#call("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.#call("Target.attachToTarget", { targetId, flatten: true });
    browser.#sessionId = sessionId as string;
    for (const domain of ["Page", "Runtime", "Network", "Log"]) {
      await browser.#call(`${domain}.enable`);
    }
    return browser;
  }

  async open(url: string): Promise<OpenedPage> {
    const requests: string[] = [], faults: string[] = [];
    const loaded = Promise.withResolvers<void>();
    const listener = ({ method, params = {} }: Message) => {
      if (method === "Page.loadEventFired") loaded.resolve();
      if (method === "Network.requestWillBeSent") {
        requests.push((params.request as { url: string }).url.slice(0, 200));
      }
      if (method === "Runtime.exceptionThrown") faults.push(JSON.stringify(params).slice(0, 500));
      if (method === "Log.entryAdded") {
        const { level, text } = params.entry as { level: string; text: string };
        if (level === "error") faults.push(text);
      }
    };
    this.#listeners.add(listener);
    try {
      await this.#call("Page.navigate", { url });
      await loaded.promise;
      const drawn = await this.evaluate<number>(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))",
      );
      const times = await this.evaluate<{ load: number; paint: number }>(`({
        load: performance.getEntriesByType("navigation")[0].loadEventEnd,
        paint: performance.getEntriesByType("paint").find(({ name }) => name === "first-contentful-paint")?.startTime ?? -1,
      })`);
      return {
        loadMs: times.load,
        firstPaintMs: times.paint,
        drawnMs: drawn,
        requests,
        faults,
      };
    } finally {
      this.#listeners.delete(listener);
    }
  }

  async evaluate<T>(expression: string): Promise<T> {
    const answer = await this.#call("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (answer.exceptionDetails !== undefined) {
      throw new Error(`the page: ${JSON.stringify(answer.exceptionDetails)}`);
    }
    return (answer.result as { value: T }).value;
  }

  async emulate(view: { widthPx: number; heightPx: number; scheme: "light" | "dark" }) {
    await this.#call("Emulation.setDeviceMetricsOverride", {
      width: view.widthPx,
      height: view.heightPx,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await this.#call("Emulation.setEmulatedMedia", {
      features: [{ name: "prefers-color-scheme", value: view.scheme }],
    });
  }

  /** PNG of the whole page. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.#call("Page.captureScreenshot", { captureBeyondViewport: true });
    return Uint8Array.from(atob(data as string), (character) => character.charCodeAt(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#call("Browser.close").catch(() => {});
    await this.#writer.close().catch(() => {});
    await this.#reading;
    await this.#child.status;
    // Its helpers may still write for a moment.
    for (let attempt = 0; attempt < 20; attempt++) {
      try {
        await Deno.remove(this.#profile, { recursive: true });
        return;
      } catch {
        await sleep(50);
      }
    }
  }

  async #call(
    method: string,
    params: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const id = ++this.#last;
    const answer = Promise.withResolvers<Message>();
    this.#answers.set(id, answer.resolve);
    const text = JSON.stringify({ id, method, params, sessionId: this.#sessionId });
    await this.#writer.write(new TextEncoder().encode(text + "\0"));
    const { result, error } = await answer.promise;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    let parts: string[] = [];
    for await (const bytes of this.#child.stdout) {
      const pieces = decoder.decode(bytes, { stream: true }).split("\0");
      for (const [index, piece] of pieces.entries()) {
        parts.push(piece);
        if (index === pieces.length - 1) break;
        this.#hear(JSON.parse(parts.join("")) as Message);
        parts = [];
      }
    }
    for (const answer of this.#answers.values()) answer({ error: { message: "it has ended" } });
  }

  #hear(message: Message): void {
    if (message.id === undefined) {
      for (const listener of this.#listeners) listener(message);
      return;
    }
    this.#answers.get(message.id)?.(message);
    this.#answers.delete(message.id);
  }
}
