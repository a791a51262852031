/**
 * The composition root's machinery: strategies register what they need and how they are built;
 * a composition builds the chosen ones in topological order and tears all of them down in reverse.
 *
 * @module
 */
import { EXIT, GdnError } from "./errors.ts";

export type ExecutableName = "airborne" | "operator";

/** What this build has: which native libraries were built, and so on. */
export type BuildFlags = Readonly<Record<string, boolean>>;

/** What a strategy may ask for while it is built: the parts that it declared. */
export interface Parts {
  /** The part that fills a role. Only declared roles are there. */
  get<T>(role: string): T;
}

export interface Strategy<T = unknown> {
  /** What it fills: "matcher". */
  readonly role: string;
  /** Its name among the strategies of the role: "structural". */
  readonly name: string;
  /** Which executables may link it. */
  readonly executables: readonly ExecutableName[];
  /** The build flag that it needs: "faiss". */
  readonly requires?: string;
  /** Roles that have to stand before it. */
  readonly needs?: readonly string[];
  /** Builds it. What it returns is disposed at teardown when it is (async) disposable. */
  create(parts: Parts): T | Promise<T>;
}

/** A configuration asks for a strategy that this executable or this build does not have. */
export class StrategyNotLinkedError extends GdnError {
  readonly role: string;
  readonly strategy: string;
  readonly available: readonly string[];

  constructor(
    role: string,
    strategy: string,
    available: readonly string[],
    where: { readonly executable: ExecutableName; readonly reason: string },
  ) {
    super(
      "STRATEGY_NOT_LINKED",
      `Cannot compose ${where.executable}: ${role} "${strategy}" ${where.reason}; available: ` +
        (available.length === 0 ? "none" : available.join(", ")),
      { exitCode: EXIT.configuration },
    );
    this.role = role;
    this.strategy = strategy;
    this.available = available;
  }
}

/** The declared dependencies cannot be put in an order, or name a role that nobody chose. */
export class CompositionError extends GdnError {
  constructor(message: string) {
    super("COMPOSITION", message, { exitCode: EXIT.configuration });
  }
}

export interface Composition extends AsyncDisposable {
  /** The part that fills a role. */
  get<T>(role: string): T;
  /** Roles in the order in which they were built. */
  readonly order: readonly string[];
}

/** All strategies that the program knows; says which of them one executable and build may link. */
export class StrategyRegistry {
  readonly #strategies = new Map<string, Strategy>();

  register<T>(strategy: Strategy<T>): this {
    const key = `${strategy.role}/${strategy.name}`;
    if (this.#strategies.has(key)) throw new CompositionError(`${key} is registered twice`);
    this.#strategies.set(key, strategy);
    return this;
  }

  /** Names that may fill a role, in the order of registration. */
  available(role: string, executable: ExecutableName, build: BuildFlags = {}): string[] {
    return [...this.#strategies.values()]
      .filter((strategy) => strategy.role === role && linkFault(strategy, executable, build) === "")
      .map((strategy) => strategy.name);
  }

  /** @throws StrategyNotLinkedError with what is available. */
  find(role: string, name: string, executable: ExecutableName, build: BuildFlags = {}): Strategy {
    const strategy = this.#strategies.get(`${role}/${name}`);
    const reason = strategy === undefined
      ? "does not exist"
      : linkFault(strategy, executable, build);
    if (strategy === undefined || reason !== "") {
      throw new StrategyNotLinkedError(role, name, this.available(role, executable, build), {
        executable,
        reason,
      });
    }
    return strategy;
  }

  /**
   * Builds one strategy per role. Everything is looked up and ordered before the first one is
   * built; when one fails, those that stand are torn down, last first, and its error is thrown.
   */
  async compose(options: {
    readonly executable: ExecutableName;
    /** Role → name of the strategy. */
    readonly choose: Readonly<Record<string, string>>;
    readonly build?: BuildFlags;
  }): Promise<Composition> {
    const chosen = new Map(
      Object.entries(options.choose).map(([role, name]) => [
        role,
        this.find(role, name, options.executable, options.build),
      ]),
    );
    const order = topologicalOrder(chosen);
    const parts = new Map<string, unknown>();
    const teardown = new AsyncDisposableStack();
    try {
      for (const strategy of order) {
        const part = await strategy.create(partsFor(strategy, parts));
        parts.set(strategy.role, part);
        disposeLater(teardown, part);
      }
    } catch (error) {
      await teardown.disposeAsync();
      throw error;
    }
    return {
      get: <T>(role: string) => part<T>(parts, role),
      order: order.map((strategy) => strategy.role),
      [Symbol.asyncDispose]: () => teardown.disposeAsync(),
    };
  }
}

/** Empty where the executable and the build may link the strategy. */
function linkFault(strategy: Strategy, executable: ExecutableName, build: BuildFlags): string {
  if (!strategy.executables.includes(executable)) return `is not for ${executable}`;
  if (strategy.requires !== undefined && build[strategy.requires] !== true) {
    return `needs ${strategy.requires}, which was not built`;
  }
  return "";
}

/** Depth first over declared needs; roles without needs keep the order of their choice. */
function topologicalOrder(chosen: ReadonlyMap<string, Strategy>): Strategy[] {
  const order: Strategy[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (role: string, path: readonly string[]) => {
    if (state.get(role) === "done") return;
    if (state.get(role) === "open") {
      const ring = [...path.slice(path.indexOf(role)), role].join(" → ");
      throw new CompositionError(`Cannot compose: the parts need each other in a ring (${ring})`);
    }
    const strategy = chosen.get(role);
    if (strategy === undefined) {
      throw new CompositionError(
        `Cannot compose: ${path.at(-1)} needs "${role}", and no strategy is chosen for it`,
      );
    }
    state.set(role, "open");
    for (const need of strategy.needs ?? []) visit(need, [...path, role]);
    state.set(role, "done");
    order.push(strategy);
  };
  for (const role of chosen.keys()) visit(role, []);
  return order;
}

function partsFor(strategy: Strategy, parts: ReadonlyMap<string, unknown>): Parts {
  return {
    get<T>(role: string): T {
      if (!(strategy.needs ?? []).includes(role)) {
        throw new CompositionError(
          `${strategy.role} "${strategy.name}" asks for "${role}" without declaring that it needs it`,
        );
      }
      return part<T>(parts, role);
    },
  };
}

function part<T>(parts: ReadonlyMap<string, unknown>, role: string): T {
  if (!parts.has(role)) throw new CompositionError(`no part fills "${role}"`);
  return parts.get(role) as T;
}

function disposeLater(stack: AsyncDisposableStack, part: unknown): void {
  if (typeof part !== "object" || part === null) return;
  if (Symbol.asyncDispose in part) stack.use(part as AsyncDisposable);
  else if (Symbol.dispose in part) stack.use(part as Disposable);
}
