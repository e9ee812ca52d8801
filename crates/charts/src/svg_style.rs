//! The style of a sheet, by its classes.

/// Names begin with `qd-`, because the style of an SVG inside a page holds for the whole page.
pub(super) const STYLE: &str = r#"
.qd-chart{font-family:"Noto Sans CJK SC","Source Han Sans SC","Microsoft YaHei","PingFang SC",sans-serif}
.qd-chart text{text-anchor:middle;fill:#1b2733}
.qd-chart .qd-left{text-anchor:start}
.qd-chart .qd-title{font-size:26px;font-weight:700}
.qd-chart .qd-subtitle{font-size:16px;fill:#44546a}
.qd-name{font-size:16px;font-weight:500}
.qd-header{font-size:16px;font-weight:700;fill:#16365c}
.qd-detail{font-size:13px;fill:#3d4a58}
.qd-label{font-size:13px;fill:#5a3a00}
.qd-chart .qd-term{font-size:14px;fill:#44546a}
.qd-chart .qd-value{font-size:17px;font-weight:700}
.qd-entry{font-size:14px}
.qd-legend{font-size:13px}
.qd-paper{fill:#fff}
.qd-lane{fill:#fbfcfe}
.qd-odd{fill:#f0f4f9}
.qd-head{fill:#dfe8f3;stroke:#8fa3ba}
.qd-frame{fill:none;stroke:#8fa3ba;stroke-width:1.5}
.qd-cell{fill:#f7f9fc;stroke:#8fa3ba}
.qd-rule{stroke:#8fa3ba}
.qd-ground{fill:#fffdf5;stroke:#d9c79a;stroke-width:.75}
.qd-node{fill:#fff;stroke:#3f5871;stroke-width:1.5}
.qd-start{fill:#e4eefb;stroke:#1d4f91}
.qd-exclusive{fill:#fff3d1;stroke:#8a6100}
.qd-parallel{fill:#ece7f8;stroke:#56409a}
.qd-bars{fill:none;stroke:#56409a}
.qd-done{fill:#e2f3e5;stroke:#1f6b36}
.qd-refused{fill:#efefef;stroke:#555}
.qd-end{stroke-width:2.5}
.qd-suspended{stroke-dasharray:7 4}
.qd-critical{stroke-width:3}
.qd-line{fill:none;stroke:#5b6b7d;stroke-width:1.6;stroke-linejoin:round}
.qd-strong{stroke:#12355b;stroke-width:3.2}
.qd-back{stroke:#a3470d;stroke-dasharray:7 4}
.qd-tip{fill:#5b6b7d}
.qd-strong-tip{fill:#12355b}
.qd-back-tip{fill:#a3470d}
"#;

/// The style on dark screens, and on paper.
pub(super) const BY_MEDIUM: &str = r#"@media screen and (prefers-color-scheme:dark){
.qd-chart text{fill:#e6ebf1}
.qd-chart .qd-subtitle,.qd-chart .qd-term,.qd-detail{fill:#b9c4d0}
.qd-header{fill:#cfe0f5}
.qd-label{fill:#f0d9a8}
.qd-paper{fill:#14191f}
.qd-lane{fill:#1a2027}
.qd-odd{fill:#20272f}
.qd-head{fill:#26384d;stroke:#4d6076}
.qd-cell{fill:#1a2027;stroke:#4d6076}
.qd-frame,.qd-rule{stroke:#4d6076}
.qd-ground{fill:#2b2617;stroke:#6b5a2a}
.qd-node{fill:#222b35;stroke:#9fb3c8}
.qd-start{fill:#1d3352;stroke:#8db8ee}
.qd-exclusive{fill:#3d3110;stroke:#e0b84f}
.qd-parallel{fill:#2e2748;stroke:#b7a5ec}
.qd-bars{stroke:#b7a5ec}
.qd-done{fill:#173522;stroke:#7fcb94}
.qd-refused{fill:#2d2d2d;stroke:#aaa}
.qd-line{stroke:#92a2b3}
.qd-strong{stroke:#d6e6fa}
.qd-back{stroke:#f0a06a}
.qd-tip{fill:#92a2b3}
.qd-strong-tip{fill:#d6e6fa}
.qd-back-tip{fill:#f0a06a}
}
@media print{
.qd-paper,.qd-lane,.qd-cell{fill:#fff}
.qd-lane{stroke:#8fa3ba;stroke-width:.75}
.qd-chart text{fill:#000}
.qd-line{stroke:#333}
.qd-tip{fill:#333}
.qd-strong{stroke:#000}
.qd-strong-tip{fill:#000}
}
"#;
