/**
 * What moves in the report: a cursor through all charts, the place on the map, and a line of numbers.
 * Everything is readable without it.
 *
 * @module
 */
import { CHART } from "./time_chart.ts";

export const SCRIPT = `
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const left = ${CHART.left}, right = ${CHART.right}, width = ${CHART.width};
  const readout = document.getElementById("readout");
  const here = document.querySelector(".here");
  const words = { satellite_anchored: "satellite anchored", visual_propagated: "visually propagated",
    dead_reckoned: "dead reckoned" };
  const metres = (value) => value === null ? "unknown" : value.toFixed(2) + " m";
  function nearest(timeS) {
    let low = 0, high = data.points.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (data.points[middle].t <= timeS) low = middle; else high = middle;
    }
    return timeS - data.points[low].t < data.points[high].t - timeS ? low : high;
  }
  function show(index) {
    const point = data.points[index];
    const x = left + (width - left - right) * (data.durationS > 0 ? point.t / data.durationS : 0);
    for (const cursor of document.querySelectorAll(".cursor")) {
      cursor.setAttribute("x1", x);
      cursor.setAttribute("x2", x);
    }
    if (here && point.p) {
      here.setAttribute("cx", point.p[0]);
      here.setAttribute("cy", point.p[1]);
    }
    readout.innerHTML = "at <b>" + point.t.toFixed(1) + " s</b> · error <b>" + metres(point.e) +
      "</b> · 3 sigma <b>" + metres(point.s) + "</b> · latency <b>" + point.l.toFixed(0) +
      " ms</b> · <b>" + words[point.n] + "</b>" + (point.f ? " · satellite fix" : "");
  }
  for (const svg of document.querySelectorAll(".chart svg")) {
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const x = (event.clientX - box.left) / box.width * width;
      const timeS = (x - left) / (width - left - right) * data.durationS;
      if (data.points.length > 0) show(nearest(timeS));
    });
  }
  document.documentElement.dataset.ready = String(data.points.length);
})();
`;
