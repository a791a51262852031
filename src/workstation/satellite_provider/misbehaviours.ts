/**
 * The faults that the provider was told to show, in order.
 *
 * @module
 */
import type { IngestAnswer } from "../../tiles/workstation/tile_manager/mod.ts";
import type { Misbehaviour, MisbehaviourRoute } from "./contract.ts";

type Act = Misbehaviour["act"];
type AcknowledgeAct = Extract<Act, { kind: "acknowledge" }>;

export class Misbehaviours {
  #pending: { route: MisbehaviourRoute; times: number; after: number; act: Act }[] = [];

  tell(list: readonly Misbehaviour[]): void {
    this.#pending = list.map((one) => ({ ...one }));
  }

  /** The fault to show instead of the next answer of this route; null: answer normally. */
  next(route: MisbehaviourRoute): Act | null {
    const one = this.#pending.find((entry) => entry.route === route && entry.times > 0);
    if (one === undefined) return null;
    if (one.after > 0) {
      one.after--;
      return null;
    }
    one.times--;
    return one.act;
  }
}

/** The answer as an unreliable provider gives it. */
export function distorted(answer: IngestAnswer, how: AcknowledgeAct["how"]): IngestAnswer {
  const [first, ...others] = answer.tiles;
  if (first === undefined) return answer;
  switch (how) {
    case "unsent":
      return {
        ...answer,
        tiles: [...answer.tiles, { ...first, tileId: "00000000-0000-5000-8000-000000000000" }],
      };
    case "missing":
      return { ...answer, tiles: others };
    case "twice":
      return { ...answer, tiles: [first, ...answer.tiles] };
    case "contradict":
      return { ...answer, tiles: [{ ...first, status: "rejected" }, ...answer.tiles] };
    case "new_word":
      return { ...answer, tiles: [{ ...first, status: "quarantined" }, ...others] };
    case "reject_signature":
      return {
        ...answer,
        tiles: [
          { ...first, status: "rejected", rejectionReason: "invalid signature" },
          ...others,
        ],
      };
  }
}

/** The first half of a body, then a broken connection. */
export function cutBody(body: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) return controller.error(new Error("told to cut the connection"));
      sent = true;
      controller.enqueue(body.slice(0, Math.max(1, body.length >> 1)));
    },
  });
}
