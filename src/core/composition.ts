/**
 * Chooses among the strategies of a role: a typed table lists those that exist, the configuration
 * names one, and one that this build lacks is refused before anything is constructed.
 *
 * @module
 */
import { EXIT, GdnError } from "./errors.ts";

/** One strategy of a role; `Parts` is what its constructor needs, `Part` what it creates. */
export interface Strategy<Parts, Part> {
  /** The native library that it needs, which a build may lack: "faiss" for libgdn_faiss. */
  readonly library?: string;
  create(parts: Parts): Part | Promise<Part>;
}

/** The strategies of one role, by their names in the configuration. */
export type Strategies<Parts, Part> = Readonly<Record<string, Strategy<Parts, Part>>>;

/** A configuration names a strategy that does not exist, or that this build lacks. */
export class StrategyNotLinkedError extends GdnError {
  readonly role: string;
  readonly strategy: string;
  readonly available: readonly string[];

  constructor(
    choice: { readonly executable: string; readonly role: string; readonly strategy: string },
    reason: string,
    names: { readonly available: readonly string[]; readonly notLinked: readonly string[] },
  ) {
    const { executable, role, strategy } = choice;
    const { available, notLinked } = names;
    super(
      "STRATEGY_NOT_LINKED",
      `Cannot compose ${executable}: ${role} "${strategy}" ${reason}; available: ` +
        (available.length === 0 ? "none" : available.join(", ")) +
        (notLinked.length === 0 ? "" : `; not in this build: ${notLinked.join(", ")}`),
      { exitCode: EXIT.configuration },
    );
    this.role = role;
    this.strategy = strategy;
    this.available = available;
  }
}

interface StrategyChoice<Parts, Part> {
  /** For the message: "airborne". */
  readonly executable: string;
  /** For the message: "matcher". */
  readonly role: string;
  /** The name in the configuration. */
  readonly name: string;
  readonly strategies: Strategies<Parts, Part>;
  /** Whether this build has the native library of that name. */
  readonly hasLibrary: (library: string) => boolean;
}

/** Constructs nothing. @throws StrategyNotLinkedError with what is available */
export function chooseStrategy<Parts, Part>(
  choice: StrategyChoice<Parts, Part>,
): Strategy<Parts, Part> {
  const { executable, role, name, strategies, hasLibrary } = choice;
  const isLinked = ({ library }: Strategy<Parts, Part>) =>
    library === undefined || hasLibrary(library);
  const strategy = Object.hasOwn(strategies, name) ? strategies[name] : undefined;
  if (strategy !== undefined && isLinked(strategy)) return strategy;
  const names = Object.keys(strategies);
  throw new StrategyNotLinkedError(
    { executable, role, strategy: name },
    strategy === undefined
      ? "does not exist"
      : `needs the native library ${strategy.library}, which is absent or not permitted ` +
        "(`deno task setup` builds what it can)",
    {
      available: names.filter((other) => isLinked(strategies[other])),
      notLinked: names.filter((other) => !isLinked(strategies[other])),
    },
  );
}
