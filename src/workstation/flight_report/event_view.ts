/**
 * Draws the list of events, with a filter. Without its script, the page shows the first of them.
 *
 * @module
 */
import type { EventSeverity, ReportEvent, ReportEvents } from "./contract.ts";
import { escapeMarkup } from "./svg.ts";
import { clockText } from "./time_axis.ts";

/** Rows in the page itself; the script adds more on request. */
export const EVENT_ROWS = 100;
export const SEVERITIES: readonly EventSeverity[] = ["error", "warning", "notice", "info"];

export function eventView({ list, total }: ReportEvents): string {
  const counts = SEVERITIES.map((severity) =>
    [
      severity,
      list.reduce((sum, event) => event.severity === severity ? sum + event.count : sum, 0),
    ] as const
  ).filter(([, count]) => count > 0);
  const boxes = counts.map(([severity, count]) =>
    `<label><input type="checkbox" checked data-severity="${severity}"> <span class="severity ${severity}">${severity}</span> ${
      count.toLocaleString("en")
    }</label>`
  );
  const joined = total > list.length
    ? ` ${
      (total - list.length).toLocaleString("en")
    } like their neighbours are put together with them (×).`
    : "";
  return `<section class="panel events" id="events"><h2>Events <small>${
    total.toLocaleString("en")
  }.${joined}</small></h2>
<form class="filter"><input type="search" id="event-text" placeholder="Filter: words, kind, producer" aria-label="Filter of events"><select id="event-kind" aria-label="Kind of events"><option value="">all kinds</option></select>${
    boxes.join("")
  }</form>
<div class="scroll"><table><thead><tr><th>time</th><th>severity</th><th>kind</th><th>what</th></tr></thead><tbody id="event-rows">${
    list.slice(0, EVENT_ROWS).map(row).join("")
  }</tbody></table></div>
<p class="more"><span id="event-count">${
    Math.min(EVENT_ROWS, list.length).toLocaleString("en")
  } of ${
    list.length.toLocaleString("en")
  } rows</span> <button type="button" id="event-more">more</button></p>
</section>`;
}

function row(event: ReportEvent): string {
  const { severity, kind, producer, text, timeS, count, untilS } = event;
  const more = count > 1 ? ` <small>×${count}, until ${clockText(untilS)}</small>` : "";
  return `<tr><td>${
    clockText(timeS, 0.1)
  }</td><td class="severity ${severity}">${severity}</td><td>${escapeMarkup(kind)}<small>${
    escapeMarkup(producer)
  }</small></td><td>${escapeMarkup(text)}${more}</td></tr>`;
}

/** Data for the script; repeated texts are stored once. */
export function eventData({ list }: ReportEvents) {
  const words = new Map<string, number>();
  const word = (text: string) => {
    const known = words.get(text);
    if (known !== undefined) return known;
    words.set(text, words.size);
    return words.size - 1;
  };
  const rows = list.map(({ timeS, severity, kind, producer, text, count, untilS }) => [
    Math.round(timeS * 1000) / 1000,
    SEVERITIES.indexOf(severity),
    word(kind),
    word(producer),
    word(text),
    ...count > 1 ? [count, Math.round(untilS * 1000) / 1000] : [],
  ]);
  return { words: [...words.keys()], rows };
}
