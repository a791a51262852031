/**
 * Draws states over time: one band of colours for each row.
 *
 * @module
 */
import type { BandRow, Bands } from "./contract.ts";
import { coordinate, escapeMarkup } from "./svg.ts";
import { clockText, PLOT, plotX, timeAxis } from "./time_axis.ts";

const HEIGHT = 20;
/** Narrower stretches are drawn this wide, of 1000. */
const WIDTH_MIN = 1.2;

export function bandChart(bands: Bands, durationS: number): string {
  const rows = bands.rows.map((row) => bandRow(row, durationS));
  return `<figure class="chart bands" id="${bands.id}"><figcaption><h2>${
    escapeMarkup(bands.title)
  }</h2></figcaption>
${rows.join("\n")}${timeAxis(durationS)}</figure>`;
}

function bandRow(row: BandRow, durationS: number): string {
  const stepS = durationS / PLOT.width;
  // Long stretches first, so that short ones are drawn on top.
  const rectangles = row.runs.toSorted((a, b) => (b.toS - b.fromS) - (a.toS - a.fromS))
    .map(({ fromS, toS, tone, words }) => {
      const x = plotX(fromS, durationS);
      const width = durationS > 0 ? Math.max(WIDTH_MIN, plotX(toS, durationS) - x) : PLOT.width;
      const time = `${clockText(fromS, stepS)}–${clockText(toS, stepS)}`;
      return `<rect class="label ${tone}" x="${coordinate(x)}" y="0" height="${HEIGHT}" width="${
        coordinate(width)
      }"><title>${escapeMarkup(words)}, ${time}</title></rect>`;
    });
  const keys = row.legend.map(({ tone, words }) =>
    `<span class="key label ${tone}"><i></i>${escapeMarkup(words)}</span>`
  );
  return `<p class="row-name"><b>${escapeMarkup(row.name)}</b><span class="legend">${
    keys.join("")
  }</span></p>
<div class="plot band"><svg viewBox="0 0 ${PLOT.width} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${
    escapeMarkup(row.name)
  } over time">${rectangles.join("")}</svg><i class="cursor"></i></div>`;
}
