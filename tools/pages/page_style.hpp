// What all pages look like: one column that a phone shows, plots beside one another on a desk, by
// day and by night. Colours are variables: series-0 is what a page is about, the others follow.
#pragma once

#include <string_view>

namespace proteus::app::pages {

inline constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--ink:#1d2733;--soft:#5b6773;--line:#d9dee4;--ground:#fff;--box:#f5f7f9;
--s0:#1462b8;--s1:#b8530f;--s2:#2b7d45;--s3:#8a3fa8;--s4:#6b7280;--s5:#0f7f86;--s6:#a03050}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9ee;--soft:#a3afba;--line:#333d47;--ground:#14191f;
--box:#1b222a;--s0:#6cb2ff;--s1:#f0a060;--s2:#6fca8c;--s3:#cf95e8;--s4:#a3adb8;--s5:#5cc9d0;--s6:#f08ca4}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.2rem;max-width:72rem;background:var(--ground);color:var(--ink);
font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.4rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.4rem 0}.soft,figcaption span{color:var(--soft)}
.verdict{background:var(--box);border-left:4px solid var(--s0);padding:.6rem 1rem;margin:1rem 0}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr));gap:1.2rem}
figure{margin:0;min-width:0}figcaption{margin-bottom:.2rem}
figure>svg{width:100%;height:auto;display:block}
text{font:13px system-ui,sans-serif;fill:var(--soft)}.y,.last,.name{text-anchor:end}
.middle{text-anchor:middle}.name{fill:var(--ink)}
.grid{stroke:var(--line)}.zero{stroke:var(--soft);stroke-width:1.4}
.line{fill:none;stroke-width:1.6}.area{fill:var(--s0);opacity:.18}
.series-0{stroke:var(--s0);stroke-width:2.4}.series-1{stroke:var(--s1)}.series-2{stroke:var(--s2)}
.series-3{stroke:var(--s3)}.series-4{stroke:var(--s4)}.series-5{stroke:var(--s5)}
.series-6{stroke:var(--s6)}
.interval{stroke:var(--s0);stroke-width:2.4}.dot{fill:var(--s0)}
.legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;font-size:.88rem}
.legend svg{width:24px;height:8px;margin-right:.35rem}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums}
th,td{padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--line);text-align:right;
vertical-align:top}
th:first-child,td:first-child{text-align:left}tbody th{font-weight:500}
tbody th{min-width:9rem}thead th{color:var(--soft);font-weight:500}
pre{background:var(--box);padding:.8rem;overflow-x:auto;font-size:.82rem}
td,thead th{white-space:nowrap}thead th{vertical-align:bottom}
@media(max-width:40rem){body{padding:.8rem}text{font-size:20px}svg .odd{display:none}}
)";

/// What reports of sessions have besides.
inline constexpr std::string_view kReportStyle = R"(
h1,.notes{overflow-wrap:anywhere}.notes{padding-left:1.2rem}.warning{border-left:4px solid var(--s1);padding-left:.6rem;margin-left:-.8rem;list-style:none;margin-bottom:.4rem}
small{display:block;color:var(--soft);font-weight:400;max-width:34rem}
.loss{color:var(--s6)}.gain{color:var(--s2)}
.buy{fill:var(--s2)}.sell{fill:var(--s6)}
dl{display:grid;grid-template-columns:minmax(7rem,14rem) minmax(0,1fr);gap:.2rem 1rem;font-size:.9rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
tbody th{position:sticky;left:0;background:var(--ground)}
@media(max-width:40rem){tbody th{min-width:3.2rem}dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}
)";

}  // namespace proteus::app::pages
