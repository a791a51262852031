/**
 * Collects the events of a flight in bounded memory. When there are too many, events of the most
 * frequent kind are merged, so that a component that reports without end hides neither others nor
 * its own last events.
 *
 * @module
 */
import type { EventSeverity, ReportEvent, ReportEvents } from "./contract.ts";
import { shownText } from "./svg.ts";

export interface NewEvent extends Omit<ReportEvent, "count" | "untilS"> {
  /** Events of one kind, producer, severity and topic form a class. */
  readonly topic?: string;
}

/** Limit in characters: about forty thousand usual events. */
const WEIGHT_MAX = 4e6;
const WEIGHT_OF_ONE = 30;
/** The first and the last ones of a class are never merged. */
const ENDS_KEPT = 100;
const CLASSES_MAX = 200;
const TEXT_MAX = 240;
const NAME_MAX = 80;

interface Kept {
  timeS: number;
  severity: EventSeverity;
  kind: string;
  producer: string;
  text: string;
  count: number;
  untilS: number;
}

export class EventList {
  readonly #classes = new Map<string, Kept[]>();
  readonly #counts: Record<EventSeverity, number> = { error: 0, warning: 0, notice: 0, info: 0 };
  readonly #weightMax: number;
  #weight = 0;
  #total = 0;

  constructor(weightMax = WEIGHT_MAX) {
    this.#weightMax = weightMax;
  }

  get counts(): Readonly<Record<EventSeverity, number>> {
    return this.#counts;
  }

  add(event: NewEvent): void {
    this.#total++;
    this.#counts[event.severity]++;
    const kept: Kept = {
      timeS: event.timeS,
      severity: event.severity,
      kind: shownText(event.kind, NAME_MAX),
      producer: shownText(event.producer, NAME_MAX),
      text: shownText(event.text, TEXT_MAX),
      count: 1,
      untilS: event.timeS,
    };
    this.#classOf(kept, event.topic ?? "").push(kept);
    this.#weight += weightOf(kept);
    if (this.#weight > this.#weightMax) this.#thin();
  }

  build(): ReportEvents {
    const list = [...this.#classes.values()].flat().sort((a, b) => a.timeS - b.timeS);
    return { list, total: this.#total };
  }

  #classOf(event: Kept, topic: string): Kept[] {
    let name = JSON.stringify([
      event.severity,
      event.kind,
      event.producer,
      shownText(topic, NAME_MAX),
    ]);
    if (!this.#classes.has(name) && this.#classes.size >= CLASSES_MAX) name = event.severity;
    let list = this.#classes.get(name);
    if (list === undefined) this.#classes.set(name, list = []);
    return list;
  }

  /** Every second event of the largest class is merged into the one before it. */
  #thin(): void {
    const heaviest = [...this.#classes].map(([name, list]) => ({
      name,
      list,
      weight: list.reduce((sum, event) => sum + weightOf(event), 0),
    })).reduce((a, b) => b.weight > a.weight ? b : a);
    const { name, list } = heaviest;
    const ends = list.length > 4 * ENDS_KEPT ? ENDS_KEPT : 1;
    const out = list.slice(0, ends);
    const stop = list.length - ends;
    for (let i = ends; i < stop; i += 2) {
      const one = list[i];
      if (i + 1 < stop) {
        const other = list[i + 1];
        one.count += other.count;
        one.untilS = Math.max(one.untilS, other.untilS);
      }
      out.push(one);
    }
    // One by one: spreading a large array would overflow the stack.
    for (let i = Math.max(ends, stop); i < list.length; i++) out.push(list[i]);
    this.#weight -= heaviest.weight - out.reduce((sum, event) => sum + weightOf(event), 0);
    this.#classes.set(name, out);
  }
}

function weightOf({ text, kind, producer }: Kept): number {
  return text.length + kind.length + producer.length + WEIGHT_OF_ONE;
}
