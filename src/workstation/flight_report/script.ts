/**
 * The script of the report: a cursor through all charts, the position on the map, a line of
 * numbers, and the filter of the events. Everything but the later events is readable without it.
 * Texts from records are only inserted as text nodes.
 *
 * @module
 */
import { EVENT_ROWS, SEVERITIES } from "./event_view.ts";
import { COLUMNS } from "./time_range.ts";

export const SCRIPT = `
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const half = data.durationS / ${COLUMNS} / 2;
  const readout = document.getElementById("readout");
  const here = document.querySelector(".here");
  const cursors = document.querySelectorAll(".cursor");
  const clock = (timeS) => {
    const all = Number(timeS.toFixed(1)), hours = Math.floor(all / 3600);
    const minutes = Math.floor(all % 3600 / 60), seconds = (all % 60).toFixed(1).padStart(4, "0");
    return hours > 0 ? hours + ":" + String(minutes).padStart(2, "0") + ":" + seconds
      : minutes + ":" + seconds;
  };
  /** Index of the last of ascending values that is not above the limit; -1 when there is none. */
  const lastUpTo = (count, at, limit) => {
    let low = -1, high = count;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (at(middle) <= limit) low = middle; else high = middle;
    }
    return low;
  };
  const valueAt = ({ t, v, unit }, timeS) => {
    let from = lastUpTo(t.length, (i) => t[i], timeS - half) + 1;
    let to = lastUpTo(t.length, (i) => t[i], timeS + half);
    if (to < from) {
      // No value in this column: use the nearest one, unless it is far away.
      const before = to, after = from;
      const near = before < 0 || after < t.length && t[after] - timeS < timeS - t[before] ? after : before;
      if (near < 0 || near >= t.length || Math.abs(t[near] - timeS) > Math.max(1, 4 * half)) return null;
      from = to = near;
    }
    let low = Infinity, high = -Infinity;
    for (let i = from; i <= to; i++) { low = Math.min(low, v[i]); high = Math.max(high, v[i]); }
    const text = (value) => String(Number(value.toPrecision(3)));
    return (text(low) === text(high) ? text(high) : text(low) + " to " + text(high)) + " " + unit;
  };
  const bold = (text) => {
    const element = document.createElement("b");
    element.textContent = text;
    return element;
  };
  function show(timeS) {
    const left = (data.durationS > 0 ? 100 * timeS / data.durationS : 0) + "%";
    for (const cursor of cursors) { cursor.style.left = left; cursor.style.display = "block"; }
    if (here && data.track.length > 0) {
      const index = Math.max(0, lastUpTo(data.track.length, (i) => data.track[i][0], timeS));
      here.setAttribute("cx", data.track[index][1]);
      here.setAttribute("cy", data.track[index][2]);
    }
    const parts = [["at", clock(timeS)]];
    for (const series of data.series) {
      const value = valueAt(series, timeS);
      if (value !== null) parts.push([series.name, value]);
    }
    for (const band of data.bands) {
      const run = band.runs.find(([from, to]) => from <= timeS && timeS < to);
      if (run && run[2] !== "heard") parts.push([band.name, run[2]]);
    }
    readout.replaceChildren(...parts.flatMap(([name, value], i) =>
      [(i > 0 ? " · " : "") + name + " ", bold(value)]));
  }
  for (const plot of document.querySelectorAll(".plot")) {
    plot.addEventListener("pointermove", (event) => {
      const box = plot.querySelector("svg").getBoundingClientRect();
      const part = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width));
      show(part * data.durationS);
    });
  }
  if (data.events) {
    const severities = ${JSON.stringify(SEVERITIES)};
    const { words, rows } = data.events;
    const text = document.getElementById("event-text"), kind = document.getElementById("event-kind");
    const body = document.getElementById("event-rows"), count = document.getElementById("event-count");
    const more = document.getElementById("event-more");
    const boxes = [...document.querySelectorAll("[data-severity]")];
    const kinds = [...new Set(rows.map((row) => words[row[2]]))].sort().slice(0, 500);
    for (const name of kinds) {
      const option = document.createElement("option");
      option.value = option.textContent = name;
      kind.append(option);
    }
    const cell = (row, text, name) => {
      const element = document.createElement("td");
      element.textContent = text;
      if (name) element.className = name;
      row.append(element);
      return element;
    };
    const small = (parent, text) => {
      const element = document.createElement("small");
      element.textContent = text;
      parent.append(element);
    };
    const rowOf = ([timeS, severity, kindWord, producer, textWord, joined, untilS]) => {
      const row = document.createElement("tr");
      row.dataset.time = timeS;
      cell(row, clock(timeS));
      cell(row, severities[severity], "severity " + severities[severity]);
      small(cell(row, words[kindWord]), words[producer]);
      const what = cell(row, words[textWord]);
      if (joined) small(what, " ×" + joined + ", until " + clock(untilS));
      return row;
    };
    let found = [], shown = 0;
    const grow = (by) => {
      body.append(...found.slice(shown, shown + by).map(rowOf));
      shown = Math.min(found.length, shown + by);
      more.hidden = shown >= found.length;
      count.textContent = shown.toLocaleString("en") + " of " + found.length.toLocaleString("en") +
        (found.length < rows.length ? " rows that match, of " + rows.length.toLocaleString("en") : " rows");
    };
    const filter = () => {
      const wanted = text.value.toLowerCase().split(/\\s+/).filter(Boolean);
      const off = new Set(boxes.filter((box) => !box.checked).map((box) => severities.indexOf(box.dataset.severity)));
      const lower = words.map((word) => word.toLowerCase());
      found = rows.filter((row) => !off.has(row[1]) && (kind.value === "" || words[row[2]] === kind.value) &&
        wanted.every((word) => lower[row[2]].includes(word) || lower[row[3]].includes(word) || lower[row[4]].includes(word)));
      shown = 0;
      body.replaceChildren();
      grow(${EVENT_ROWS});
    };
    let timer = 0;
    text.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 120); });
    kind.addEventListener("change", filter);
    for (const box of boxes) box.addEventListener("change", filter);
    text.form.addEventListener("submit", (event) => event.preventDefault());
    more.addEventListener("click", () => grow(5 * ${EVENT_ROWS}));
    body.addEventListener("click", (event) => {
      const row = event.target.closest("tr");
      if (row) show(Math.max(0, Math.min(data.durationS, Number(row.dataset.time))));
    });
    filter();
  }
  document.documentElement.dataset.ready = String(data.series.reduce((sum, { t }) => sum + t.length, 0));
})();
`;
