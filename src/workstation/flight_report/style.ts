/**
 * Style sheet of the report: light or dark, by the reader's own setting.
 *
 * @module
 */
export const STYLE = `
:root{color-scheme:light dark;--page:#f4f3ef;--surface:#fdfdfc;--ink:#0b0b0b;--ink-2:#52514e;--grid:#e4e3dc;--edge:#dddbd2;
--blue:#2a78d6;--orange:#eb6834;--aqua:#1baf7a;--yellow:#eda100;--red:#d03b3b;--amber:#9a6700;--violet:#7d4fc4}
@media (prefers-color-scheme:dark){:root{--page:#0d0d0d;--surface:#1a1a19;--ink:#fff;--ink-2:#c3c2b7;--grid:#2c2c2a;--edge:#343431;
--blue:#3987e5;--orange:#d95926;--aqua:#199e70;--yellow:#c98500;--red:#e05252;--amber:#e0a52c;--violet:#a684e0}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.45 system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif}
main{max-width:1240px;margin:0 auto;padding:28px 24px 48px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px}
h2{font-size:15px;margin:0;font-weight:600}
h2 small{font-weight:400;font-size:13px;color:var(--ink-2)}
.subtitle{color:var(--ink-2);margin:0 0 20px}
.headline{display:grid;grid-template-columns:repeat(auto-fit,minmax(148px,1fr));gap:12px;margin:0 0 16px}
.headline div{background:var(--surface);border:1px solid var(--edge);border-radius:8px;padding:12px 14px}
.headline dt{color:var(--ink-2);font-size:13px}
.headline dd{margin:2px 0 0;font-size:21px;font-weight:600;white-space:nowrap}
figure,.panel{background:var(--surface);border:1px solid var(--edge);border-radius:8px;margin:0 0 16px;padding:14px 16px}
figcaption{display:flex;flex-wrap:wrap;gap:4px 20px;align-items:baseline;justify-content:space-between;margin:0 0 8px}
.legend{margin:0;display:flex;flex-wrap:wrap;gap:2px 16px;color:var(--ink-2);font-size:13px}
.key{display:inline-flex;align-items:center;gap:6px}
.key i{display:inline-block;flex:none;width:18px;height:3px;border-radius:2px;background:currentColor}
.key.dots i{width:8px;height:8px;border-radius:50%}
.key.area i,.key.band i{height:12px;opacity:.35}
.key.label i{height:12px;width:12px}
.key.error i,.key.latency i,.key.sigma i,.key.first i{background:var(--blue)}
.key.reference i{background:var(--ink-2)}
.key.second i,.key.arrival i{background:var(--orange)}
.key.age i{background:var(--aqua)}
.key.fused i,.key.colour-0 i{background:var(--blue)}
.key.colour-1 i{background:var(--orange)}
.key.colour-2 i{background:var(--aqua)}
.key.colour-3 i{background:var(--yellow)}
.key.refused i{background:var(--red)}
.key.colour-4 i{background:var(--violet)}
.key.colour-5 i{background:var(--ink-2)}
.key.estimate i{background:#ff6a2b}
.key.truth i{background:#fff;outline:1px solid var(--ink-2)}
.key.fix i{background:#19c8ff;outline:1px solid #063a4d}
.key.good i{background:var(--aqua)}
.key.fair i{background:var(--yellow)}
.key.bad i{background:var(--red)}
.key.info i{background:var(--blue)}
.key.none i{background:var(--edge)}
svg{display:block;width:100%;height:auto}
.chart{padding-right:20px}
.plot{position:relative;margin:6px 0 0 48px;touch-action:pan-y}
.chart .plot svg{height:200px;overflow:hidden}
.plot.band{margin-left:0}
.chart .plot.band svg{height:20px;background:var(--grid);border-radius:3px}
.chart.bands .times{margin-left:0}
.values span{position:absolute;right:100%;margin-right:8px;transform:translateY(-50%)}
.values span,.times span{color:var(--ink-2);font-size:12px;font-variant-numeric:tabular-nums;white-space:nowrap}
.times{position:relative;height:20px;margin:4px 0 0 48px}
.times span{position:absolute;transform:translateX(-50%)}
.chart.bands .times span:first-child{transform:none}
.times span.end{transform:translateX(-100%)}
.grid{stroke:var(--grid);stroke-width:1;vector-effect:non-scaling-stroke}
.chart svg .line{fill:none;stroke-width:1.6;stroke-linejoin:round;vector-effect:non-scaling-stroke}
.chart svg .line.error,.chart svg .line.first{stroke:var(--blue)}
.chart svg .line.reference{stroke:var(--ink-2)}
.chart svg .line.second{stroke:var(--orange)}
.chart svg .area.sigma{fill:var(--blue);opacity:.2}
.chart svg .dots{fill:none;stroke-width:3.5;stroke-linecap:round;vector-effect:non-scaling-stroke}
.chart svg .dots.latency{stroke:var(--blue);opacity:.7}
.chart svg .dots.arrival{stroke:var(--orange);opacity:.7}
.chart svg .dots.age{stroke:var(--aqua);opacity:.7}
.chart svg .dots.fused,.chart svg .dots.colour-0{stroke:var(--blue);opacity:.7}
.chart svg .dots.colour-1{stroke:var(--orange);opacity:.7}
.chart svg .dots.colour-2{stroke:var(--aqua);opacity:.7}
.chart svg .dots.colour-3{stroke:var(--yellow);opacity:.7}
.chart svg .dots.refused{stroke:var(--red)}
.chart svg .dots.colour-4{stroke:var(--violet);opacity:.7}
.chart svg .dots.colour-5{stroke:var(--ink-2);opacity:.7}
.group summary small{font-weight:400;font-size:13px;color:var(--ink-2)}
.group .chart{border:0;margin:12px 0 0;padding:0}
.group .chart .plot svg{height:120px}
.bar{stroke:var(--ink-2);stroke-width:1;stroke-dasharray:5 4;vector-effect:non-scaling-stroke}
.bar-name{position:absolute;right:4px;transform:translateY(-110%);font-size:12px;background:var(--surface);padding:0 4px}
.over{position:absolute;top:-7px;width:0;height:0;margin-left:-4px;border:4px solid transparent;border-top:0;border-bottom:7px solid var(--red)}
.remark{margin:4px 0 0;font-size:13px;color:var(--ink-2)}
.remark.bad{color:var(--red);margin-top:8px}
.cursor{position:absolute;top:0;bottom:0;left:0;width:1px;background:var(--ink);opacity:.6;display:none;pointer-events:none}
rect.label{stroke-width:1.5px;vector-effect:non-scaling-stroke}
rect.label.good{fill:var(--aqua);stroke:var(--aqua)}
rect.label.fair{fill:var(--yellow);stroke:var(--yellow)}
rect.label.bad{fill:var(--red);stroke:var(--red)}
rect.label.info{fill:var(--blue);stroke:var(--blue)}
rect.label.none{fill:var(--edge);stroke:var(--edge)}
.row-name{display:flex;flex-wrap:wrap;gap:2px 16px;justify-content:space-between;margin:8px 0 3px;font-size:13px}
.row-name b{font-weight:600}
.banner{background:var(--surface);border:1px solid var(--edge);border-left:5px solid var(--aqua);border-radius:8px;padding:10px 14px;margin:0 0 10px}
.banner.fair{border-left-color:var(--yellow)}
.banner.bad{border-left-color:var(--red)}
.banner p{margin:0;overflow-wrap:anywhere}
.banner details{font-size:13px;color:var(--ink-2);margin-top:4px}
.banner ul{margin:6px 0 0;padding-left:20px;overflow-wrap:anywhere}
.map svg{border-radius:4px;max-height:86vh}
.map .ground{fill:#30302e}
.map .casing{fill:none;stroke:#000;opacity:.55;stroke-width:calc(6.5*var(--unit));stroke-linejoin:round}
.map .truth{fill:none;stroke:#fff;stroke-width:calc(4*var(--unit));stroke-linejoin:round}
.map polyline.estimate{fill:none;stroke:#ff6a2b;stroke-width:calc(1.8*var(--unit));stroke-linejoin:round}
.map path.fix{fill:none;stroke:#19c8ff;stroke-width:calc(13*var(--unit));stroke-linecap:round;opacity:.7}
.map .gps{fill:#ffe600;stroke:#000;stroke-width:calc(1.5*var(--unit))}
.map .on-map.gps{fill:#ffe600;stroke-width:calc(3*var(--unit));transform:translateY(calc(18*var(--unit)))}
.map .end{fill:#fff;stroke:#000;stroke-width:calc(1.5*var(--unit))}
.map .here{fill:none;stroke:#ffe600;stroke-width:calc(3*var(--unit))}
.on-map{fill:#fff;font-size:calc(16*var(--unit));paint-order:stroke;stroke:#000;stroke-width:calc(3*var(--unit));font-weight:600}
.on-map.left{text-anchor:end}
.scale{fill:none;stroke:#fff;stroke-width:calc(3*var(--unit))}
.readout{position:sticky;bottom:0;background:var(--surface);border:1px solid var(--edge);border-radius:8px;padding:8px 14px;margin:0 0 16px;
color:var(--ink-2);font-size:13px;font-variant-numeric:tabular-nums;min-height:36px;z-index:1;box-shadow:0 -4px 14px -8px #0006}
.readout b{color:var(--ink);font-weight:600}
.panel{overflow-x:auto}
.panel h2 small{display:inline}
summary{cursor:pointer;font-weight:600}
.banner summary{font-weight:400}
table{border-collapse:collapse;width:100%}
td,th{padding:5px 16px 5px 0;border-top:1px solid var(--grid);text-align:left;vertical-align:top}
tr:first-child td,tr:first-child th{border-top:0}
th{font-weight:600;color:var(--ink-2);font-size:13px}
.figures td:nth-child(2){font-variant-numeric:tabular-nums;font-weight:600}
.figures td:nth-child(3){color:var(--ink-2)}
.rows{margin-top:8px;font-size:13px;font-variant-numeric:tabular-nums}
.rows td{overflow-wrap:anywhere;min-width:60px}
.filter{display:flex;flex-wrap:wrap;gap:6px 14px;align-items:center;margin:8px 0;font-size:13px}
.filter input[type=search]{flex:1 1 220px}
.filter input[type=search],.filter select,.more button{font:inherit;color:inherit;background:var(--page);border:1px solid var(--edge);border-radius:6px;padding:5px 8px;max-width:100%}
.scroll{max-height:420px;overflow:auto;border-top:1px solid var(--grid)}
.events table{font-size:13px}
.events thead th{position:sticky;top:0;background:var(--surface)}
.events td{overflow-wrap:anywhere}
.events td:first-child{font-variant-numeric:tabular-nums;white-space:nowrap;overflow-wrap:normal}
.events td:nth-child(3) small{display:block}
.events small{color:var(--ink-2)}
.events td:nth-child(2),.events td:nth-child(3){overflow-wrap:normal}
.severity.error{color:var(--red);font-weight:600}
.severity.warning{color:var(--amber);font-weight:600}
.more{margin:8px 0 0;font-size:13px;color:var(--ink-2)}
@media (max-width:640px){main{padding:16px 10px 32px}figure,.panel{padding:10px}.chart{padding-right:12px}.headline{grid-template-columns:1fr 1fr}
.headline dd{font-size:18px}.readout{font-size:12px;padding:6px 10px}.times .odd{display:none}td,th{padding-right:8px}.map svg{max-height:none}.on-map{font-size:calc(36*var(--unit))}
.map .on-map.gps{transform:translateY(calc(40*var(--unit)))}
.map .end,.map .gps{r:calc(13*var(--unit))}.map polyline.estimate{stroke-width:calc(5*var(--unit))}}
footer{color:var(--ink-2);font-size:13px}
`;
