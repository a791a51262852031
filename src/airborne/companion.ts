/**
 * The companion computer in flight: how hot it is, what work the flight may ask of it, and what runs its
 * models.
 *
 * @module
 */
import { type Clock, monotonicNs } from "../core/mod.ts";
import {
  type InferenceConfig,
  type InferenceEvent,
  type InferenceRuntime,
  jetsonProbe,
  linuxProbe,
  nvmlProbe,
  type ReadText,
  ThermalPublisher,
  type ThermalReading,
  type ThermalState,
  unmeasured,
} from "../navigation/inference/mod.ts";
import {
  ThermalAdaptation,
  type ThermalAdaptationConfig,
  type WorkLevelEvent,
  type WorkLimits,
} from "./work_limits.ts";

export type CompanionEvent = InferenceEvent | WorkLevelEvent;

/** Where temperatures are read, and the clock that says when. */
export interface ThermalInput {
  readonly clock: Clock;
  readonly readText: ReadText;
  /** A discrete GPU's; absent: it is not looked for. */
  readonly readGraphicsProcessor?: () => ThermalReading | undefined;
}

/** Reads a folder that is laid out as /sys is. */
export function treeReader(folder: string): ReadText {
  return (path) => {
    try {
      // deno-lint-ignore tidy/plain-files -- of the kernel
      return Deno.readTextFileSync(path.replace(/^\/sys\//, `${folder}/`)).trimEnd();
    } catch {
      // Absent, or it gives no answer, as a driver does whose part is switched off.
      return undefined;
    }
  };
}

interface CompanionOptions {
  readonly inference: InferenceConfig;
  readonly thermalAdaptation: ThermalAdaptationConfig;
  /** K and N of a computer that is cool. */
  readonly full: Pick<WorkLimits, "candidates" | "rerank">;
  /** null: nothing is measured, and work is never reduced. */
  readonly thermal: ThermalInput | null;
  readonly openRuntime: (parts: RuntimeParts) => InferenceRuntime;
}

/** What a runtime gets from the computer that it runs on. */
interface RuntimeParts {
  readonly config: InferenceConfig;
  readonly thermalState: () => ThermalState;
  readonly onEvent: (event: InferenceEvent) => void;
}

export class Companion implements AsyncDisposable {
  readonly #options: CompanionOptions;
  readonly #adaptation: ThermalAdaptation;
  readonly #publisher: ThermalPublisher | null;
  readonly #events: CompanionEvent[] = [];
  #runtime: InferenceRuntime | null = null;

  constructor(options: CompanionOptions) {
    const { thermal, inference, thermalAdaptation, full } = options;
    this.#options = options;
    this.#adaptation = new ThermalAdaptation(thermalAdaptation, full);
    this.#publisher = thermal === null ? null : new ThermalPublisher({
      clock: thermal.clock,
      pollHz: inference.thermalPollHz,
      probes: [
        () => jetsonProbe(thermal.readText),
        () => nvmlProbe(thermal.readGraphicsProcessor ?? (() => undefined)),
        () => linuxProbe(thermal.readText),
      ],
      onEvent: this.#onEvent,
    });
  }

  /** What runs models; the first strategy that has one opens it. */
  runtime(): InferenceRuntime {
    this.#runtime ??= this.#options.openRuntime({
      config: this.#options.inference,
      thermalState: () => this.thermalState(),
      onEvent: this.#onEvent,
    });
    return this.#runtime;
  }

  /** To be called with every event of the flight: measures when it is time to. */
  poll(): void {
    const { thermal } = this.#options;
    if (this.#publisher === null || thermal === null) return;
    this.#publisher.pollWhenDue();
    const change = this.#adaptation.update(this.#publisher.state(), thermal.clock.now());
    if (change !== null) this.#events.push(change);
  }

  limits(): WorkLimits {
    return this.#adaptation.limits();
  }

  thermalState(): ThermalState {
    return this.#publisher?.state() ?? unmeasured(monotonicNs(0));
  }

  /** What happened since the last call. */
  takeEvents(): CompanionEvent[] {
    return this.#events.splice(0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runtime?.[Symbol.asyncDispose]();
  }

  readonly #onEvent = (event: InferenceEvent): void => {
    this.#events.push(event);
  };
}
