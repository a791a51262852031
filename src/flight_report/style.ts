/**
 * Look of the report: light and dark, by the reader's own setting.
 *
 * @module
 */
export const STYLE = `
:root{color-scheme:light dark;--page:#f4f3ef;--surface:#fdfdfc;--ink:#0b0b0b;--ink-2:#52514e;--grid:#e4e3dc;--edge:#dddbd2;
--blue:#2a78d6;--orange:#eb6834;--aqua:#1baf7a;--yellow:#eda100;--red:#d03b3b}
@media (prefers-color-scheme:dark){:root{--page:#0d0d0d;--surface:#1a1a19;--ink:#fff;--ink-2:#c3c2b7;--grid:#2c2c2a;--edge:#343431;
--blue:#3987e5;--orange:#d95926;--aqua:#199e70;--yellow:#c98500;--red:#d03b3b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:28px 24px 48px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px}
h2{font-size:15px;margin:0;font-weight:600}
h2 small{font-weight:400;font-size:13px;color:var(--ink-2)}
.subtitle{color:var(--ink-2);margin:0 0 20px}
.headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px;margin:0 0 16px}
.headline div{background:var(--surface);border:1px solid var(--edge);border-radius:8px;padding:12px 14px}
.headline dt{color:var(--ink-2);font-size:13px}
.headline dd{margin:2px 0 0;font-size:24px;font-weight:600}
figure,.panel{background:var(--surface);border:1px solid var(--edge);border-radius:8px;margin:0 0 16px;padding:14px 16px}
figcaption{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;justify-content:space-between;margin:0 0 8px}
.legend{margin:0;display:flex;flex-wrap:wrap;gap:4px 16px;color:var(--ink-2);font-size:13px}
.key{display:inline-flex;align-items:center;gap:6px}
.key i{display:inline-block;width:18px;height:3px;border-radius:2px;background:currentColor}
.key.dots i{width:8px;height:8px;border-radius:50%}
.key.area i{height:12px;opacity:.35}
.key.label i{height:12px;width:12px}
.key.error i,.key.latency i{background:var(--blue)}
.key.sigma i{background:var(--blue)}
.key.estimate i{background:var(--orange)}
.key.truth i{background:#fff;outline:1px solid var(--ink-2)}
.key.fix i{background:#19c8ff;outline:1px solid #063a4d}
.key.satellite_anchored i{background:var(--aqua)}
.key.visual_propagated i{background:var(--yellow)}
.key.dead_reckoned i{background:var(--red)}
svg{display:block;width:100%;height:auto}
.chart svg{touch-action:pan-y}
.grid{stroke:var(--grid);stroke-width:1}
.tick{fill:var(--ink-2);font-size:12px;font-variant-numeric:tabular-nums}
.tick.end{text-anchor:end}.tick.middle{text-anchor:middle}
.chart svg .line{fill:none;stroke-width:1.8;stroke-linejoin:round}
.chart svg .line.error{stroke:var(--blue)}
.chart svg .area.sigma{fill:var(--blue);opacity:.16}
.chart svg .dots{fill:none;stroke-width:4;stroke-linecap:round}
.chart svg .dots.latency{stroke:var(--blue);opacity:.55}
.bar{stroke:var(--ink-2);stroke-width:1;stroke-dasharray:5 4}
.bar-name{paint-order:stroke;stroke:var(--surface);stroke-width:4px;fill:var(--ink)}
.cursor{stroke:var(--ink);stroke-width:1;opacity:.6}
rect.label.satellite_anchored{fill:var(--aqua)}
rect.label.visual_propagated{fill:var(--yellow)}
rect.label.dead_reckoned{fill:var(--red)}
.map svg{border-radius:4px;max-height:86vh}
.map .casing{fill:none;stroke:#000;opacity:.55;stroke-width:calc(6.5*var(--unit));stroke-linejoin:round}
.map .truth{fill:none;stroke:#fff;stroke-width:calc(4*var(--unit));stroke-linejoin:round}
.map polyline.estimate{fill:none;stroke:#ff6a2b;stroke-width:calc(1.8*var(--unit));stroke-linejoin:round}
.map path.fix{fill:none;stroke:#19c8ff;stroke-width:calc(13*var(--unit));stroke-linecap:round;opacity:.7}
.map .end{fill:#fff;stroke:#000;stroke-width:calc(1.5*var(--unit))}
.map .here{fill:none;stroke:#ffe600;stroke-width:calc(3*var(--unit))}
.on-map{fill:#fff;paint-order:stroke;stroke:#000;stroke-width:calc(3*var(--unit));font-weight:600}
.on-map.left{text-anchor:end}
.scale{fill:none;stroke:#fff;stroke-width:calc(3*var(--unit))}
.readout{position:sticky;bottom:0;background:var(--surface);border:1px solid var(--edge);border-radius:8px;padding:8px 14px;margin:0 0 16px;
color:var(--ink-2);font-variant-numeric:tabular-nums;min-height:38px}
.readout b{color:var(--ink);font-weight:600}
.panel{overflow-x:auto}
table{border-collapse:collapse;width:100%}
td{padding:5px 16px 5px 0;border-top:1px solid var(--grid)}
tr:first-child td{border-top:0}
td:nth-child(2){font-variant-numeric:tabular-nums;white-space:nowrap;font-weight:600}
td:nth-child(3){color:var(--ink-2)}
footer{color:var(--ink-2);font-size:13px}
`;
