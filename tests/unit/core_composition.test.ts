import assert from "node:assert/strict";
import {
  CompositionError,
  type Strategy,
  StrategyNotLinkedError,
  StrategyRegistry,
} from "../../src/core/mod.ts";
import { property } from "../support/properties.ts";

const both = ["airborne", "operator"] as const;

/** A strategy whose construction and teardown are written into `events`. */
function traced(role: string, needs: string[], events: string[], fails = false): Strategy {
  return {
    role,
    name: "a",
    executables: both,
    needs,
    create(parts) {
      for (const need of needs) assert.equal(parts.get<{ role: string }>(need).role, need);
      if (fails) throw new Error(`${role} fails`);
      events.push(`+${role}`);
      return { role, [Symbol.dispose]: () => void events.push(`-${role}`) };
    },
  };
}

function registryOf(...strategies: Strategy[]): StrategyRegistry {
  const registry = new StrategyRegistry();
  for (const strategy of strategies) registry.register(strategy);
  return registry;
}

Deno.test("compose() builds what is needed first and tears down in reverse", async () => {
  const events: string[] = [];
  const registry = registryOf(
    traced("loop", ["matcher", "filter"], events),
    traced("matcher", ["map"], events),
    traced("filter", [], events),
    traced("map", [], events),
  );
  const choose = { loop: "a", matcher: "a", filter: "a", map: "a" };
  {
    await using composition = await registry.compose({ executable: "airborne", choose });
    assert.deepEqual(composition.order, ["map", "matcher", "filter", "loop"]);
    assert.equal(composition.get<{ role: string }>("loop").role, "loop");
  }
  assert.deepEqual(events, [
    "+map",
    "+matcher",
    "+filter",
    "+loop",
    "-loop",
    "-filter",
    "-matcher",
    "-map",
  ]);
});

Deno.test("compose() puts any graph without rings into an order that its needs allow", async () => {
  const graphs: { needs: Map<string, string[]>; registry: StrategyRegistry }[] = [];
  property((random) => {
    const count = 1 + random.integer(8);
    const needs = new Map<string, string[]>();
    for (let i = 0; i < count; i++) {
      const list = Array.from({ length: i }, (_, j) => `r${j}`).filter(() =>
        random.uniform() < 0.4
      );
      needs.set(`r${i}`, list);
    }
    const registry = registryOf(...[...needs].map(([role, list]) => traced(role, list, [])));
    graphs.push({ needs, registry });
  }, 60);
  for (const { needs, registry } of graphs) {
    const choose = Object.fromEntries([...needs.keys()].reverse().map((role) => [role, "a"]));
    await using composition = await registry.compose({ executable: "operator", choose });
    for (const [role, list] of needs) {
      const at = composition.order.indexOf(role);
      assert.ok(list.every((need) => composition.order.indexOf(need) < at));
    }
  }
});

Deno.test("compose() leaves nothing behind when a part fails", async () => {
  const events: string[] = [];
  const registry = registryOf(
    traced("a", [], events),
    traced("b", ["a"], events),
    traced("c", ["b"], events, true),
  );
  const choose = { a: "a", b: "a", c: "a" };
  await assert.rejects(registry.compose({ executable: "airborne", choose }), /c fails/);
  assert.deepEqual(events, ["+a", "+b", "-b", "-a"]);
});

Deno.test("compose() refuses rings, missing roles and undeclared needs before or while it builds", async () => {
  const events: string[] = [];
  const ring = registryOf(traced("a", ["b"], events), traced("b", ["a"], events));
  await assert.rejects(
    ring.compose({ executable: "airborne", choose: { a: "a", b: "a" } }),
    (e) => e instanceof CompositionError && /a → b → a/.test(e.message),
  );
  const missing = registryOf(traced("a", ["map"], events));
  await assert.rejects(
    missing.compose({ executable: "airborne", choose: { a: "a" } }),
    (e) => e instanceof CompositionError && /a needs "map"/.test(e.message),
  );
  assert.deepEqual(events, []);
  const secret = registryOf(traced("map", [], events), {
    role: "a",
    name: "a",
    executables: both,
    create: (parts) => parts.get("map"),
  });
  await assert.rejects(
    secret.compose({ executable: "airborne", choose: { map: "a", a: "a" } }),
    /without declaring/,
  );
});

Deno.test("find() throws StrategyNotLinkedError with what is available", () => {
  const of = (name: string, executables: Strategy["executables"], requires?: string): Strategy => ({
    role: "index",
    name,
    executables,
    requires,
    create: () => 0,
  });
  const registry = registryOf(
    of("faiss", both, "faiss"),
    of("exact", both),
    of("pgvector", ["operator"]),
  );
  const refused = (name: string, executable: "airborne" | "operator", build = {}) => {
    let error: unknown;
    try {
      registry.find("index", name, executable, build);
    } catch (thrown) {
      error = thrown;
    }
    assert.ok(error instanceof StrategyNotLinkedError);
    assert.equal(error.exitCode, 78);
    return error;
  };
  assert.match(refused("pgvector", "airborne").message, /is not for airborne; available: exact$/);
  assert.match(refused("faiss", "airborne").message, /needs faiss, which was not built/);
  assert.match(refused("best", "operator").message, /does not exist; available: exact, pgvector$/);
  assert.equal(registry.find("index", "faiss", "airborne", { faiss: true }).name, "faiss");
  assert.throws(() => registry.register(of("exact", both)), /registered twice/);
});
