import LanesTraining

extension HTMLReport {
    /// Colours are Okabe and Ito's ("Color Universal Design", 2008), which the colour-blind can tell apart; lighter ones of
    /// the same hues on a dark ground.
    static let stylesheet: Markup = """
        :root {
          color-scheme: light dark;
          --ground: #fdfdfb; --ink: #1d1d1b; --muted: #5f5f59; --rule: #d5d4cc;
          --training: #0072b2; --validation: #007a59; --test: #d55e00;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #171815; --ink: #e5e4dd; --muted: #a3a299; --rule: #3d3d38;
            --training: #56b4e9; --validation: #3dc69d; --test: #ee8a4a;
          }
        }
        :root {
          --run0: #0072b2; --run1: #d55e00; --run2: #007a59; --run3: #a3457f; --run4: #6b5b00; --run5: #2c6f91; --run6: #5f5f59;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --run0: #56b4e9; --run1: #ee8a4a; --run2: #3dc69d; --run3: #d98bbb; --run4: #d9c64a; --run5: #9ad0ea; --run6: #a3a299;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; max-width: 70rem; padding: 2.5rem 1.5rem 4rem;
          background: var(--ground); color: var(--ink);
          font: 1rem/1.5 Charter, "Iowan Old Style", Georgia, "Liberation Serif", serif;
        }
        table, figure, dl, ul, svg, .scale, .running, summary { font-family: "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
        h1 { margin: 0; font-size: 2.1rem; font-weight: 600; line-height: 1.15; }
        h2 {
          margin: 3rem 0 .8rem; padding-top: .5rem; border-top: 1px solid var(--rule);
          font-size: 1.35rem; font-weight: 600;
        }
        h3 { margin: 2rem 0 .4rem; font-size: 1.05rem; font-weight: 600; }
        p { margin: .4rem 0 .8rem; max-width: 46rem; }
        .summary { font-size: 1.15rem; }
        .remark { color: var(--muted); font-size: .92rem; }
        .warning { border-left: .25rem solid var(--test); padding-left: .8rem; }

        dl.figures { display: flex; flex-wrap: wrap; gap: 1.2rem 3.5rem; margin: 1.8rem 0 1rem; }
        dl.figures dt { font-size: .85rem; }
        dl.figures dd { margin: 0; color: var(--muted); font-size: .85rem; line-height: 1.45; }
        dl.figures dd.figure { color: var(--ink); font-size: 2.5rem; line-height: 1.2; letter-spacing: -.015em; }
        dl, table { font-variant-numeric: tabular-nums; }

        .scroll { overflow-x: auto; margin: 1rem 0; max-width: 100%; }
        .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--training); outline-offset: 2px; }
        th.text, td.text { text-align: left; }
        th small { color: var(--muted); font-size: .85em; }
        details { margin: 1rem 0; }
        summary { cursor: pointer; color: var(--muted); font-size: .92rem; }
        .running { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .8rem; color: var(--muted); font-size: .92rem; }
        .running progress { width: 12rem; accent-color: var(--training); }
        .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
        table { border-collapse: collapse; font-size: .85rem; line-height: 1.3; }
        caption { padding-bottom: .5rem; text-align: left; }
        th, td { padding: .28rem .7rem; text-align: right; white-space: nowrap; font-weight: 400; }
        th:first-child { padding-left: 0; text-align: left; }
        thead th { border-bottom: 1px solid var(--muted); color: var(--muted); vertical-align: bottom; }
        tbody tr + tr > * { border-top: 1px solid var(--rule); }
        tfoot tr > * { border-top: 1px solid var(--muted); }

        .side { display: flex; flex-wrap: wrap; gap: 0 2.5rem; }
        .side > * { max-width: 100%; }
        .side > .chart { display: block; flex: 0 1 23rem; margin: 1rem 0; }
        .confusion th, .confusion td { padding: .38rem .55rem; border: 0; }
        .confusion tbody td { min-width: 2.9rem; border: 1px solid var(--ground); }
        .confusion th:first-child { color: var(--muted); }
        .confusion .none { color: var(--muted); opacity: .6; }
        .right { background: color-mix(in srgb, var(--training) var(--heat), var(--ground)); }
        .wrong { background: color-mix(in srgb, var(--test) var(--heat), var(--ground)); }

        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1.8rem 1.6rem; }
        .chart { display: flex; flex-direction: column; margin: 0; max-width: 25rem; break-inside: avoid; }
        .chart > svg { width: 100%; height: auto; margin-top: auto; }
        figcaption { font-size: .92rem; font-weight: 600; }
        .legend { display: flex; flex-wrap: wrap; gap: 0 1rem; margin: .2rem 0 .5rem; padding: 0; font-size: .8rem; list-style: none; }
        .legend li { display: flex; align-items: center; gap: .35rem; white-space: nowrap; }
        .chart text { fill: var(--muted); font-size: 13.5px; font-variant-numeric: tabular-nums; }
        .chart .end { text-anchor: end; }
        .chart .middle { text-anchor: middle; }
        .grid { fill: none; stroke: var(--rule); }
        .axis { fill: none; stroke: var(--muted); }
        .line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
        .line.published { stroke-width: 1.5; stroke-dasharray: 5 3.5; }
        .training { stroke: var(--training); }
        .validation { stroke: var(--validation); }
        .test { stroke: var(--test); }
        .rate { stroke: var(--ink); }
        .marker { stroke: none; }
        .marker.training { fill: var(--training); }
        .marker.validation { fill: var(--validation); }
        .marker.test { fill: var(--test); }
        .marker.rate { fill: var(--ink); }
        .band { stroke: none; fill-opacity: .18; }
        .run0 { --run: var(--run0); } .run1 { --run: var(--run1); } .run2 { --run: var(--run2); } .run3 { --run: var(--run3); }
        .run4 { --run: var(--run4); } .run5 { --run: var(--run5); } .run6 { --run: var(--run6); }
        [class~="line"][class*="run"] { stroke: var(--run); }
        [class*="run"].marker, [class*="run"].band { fill: var(--run); }
        td.words { text-align: left; white-space: normal; min-width: 9rem; max-width: 24rem; }
        .bar { fill: var(--training); }
        .whisker { fill: none; stroke: var(--ink); stroke-width: 1.2; }
        .diagonal { fill: none; stroke: var(--muted); stroke-dasharray: 4 3; }

        .network { display: block; max-width: none; height: auto; }
        .network text { fill: var(--muted); font-size: 11.5px; text-anchor: middle; }
        .network .name { fill: var(--ink); font-weight: 600; }
        .network .maps { fill: color-mix(in srgb, var(--training) 22%, var(--ground)); stroke: var(--training); }
        .network .edge { fill: none; stroke: var(--muted); }
        .network .arrow { fill: var(--muted); }
        .sparks td { white-space: nowrap; vertical-align: middle; }
        .sparks .spark { width: 7.5rem; height: 1.625rem; vertical-align: middle; }
        .sparks .spark .line { stroke-width: 1.5; }
        .sparks .value { display: inline-block; min-width: 5.2rem; }

        .certainty { width: 100%; }
        .certainty td, .certainty thead th { white-space: normal; text-align: left; vertical-align: top; }
        .certainty th:first-child { vertical-align: middle; padding-right: .6rem; }
        .answer { display: inline-block; width: 3.6rem; margin: .15rem .3rem .15rem 0; color: var(--muted); font-size: .7rem; line-height: 1.25; vertical-align: top; }
        .answer img { display: block; image-rendering: pixelated; }
        .answer b { color: var(--ink); font-weight: 600; }

        .maps { display: flex; flex-wrap: wrap; gap: 1.1rem 1.6rem; }
        .maps figure { margin: 0; max-width: 100%; break-inside: avoid; }
        .maps img { display: block; max-width: 100%; height: auto; image-rendering: pixelated; }
        .maps figcaption { margin-top: .3rem; font-size: .8rem; }
        .maps figcaption span { color: var(--muted); font-weight: 400; }
        .bars { margin: 1.2rem 0; }
        .bars td, .bars th { padding-top: .12rem; padding-bottom: .12rem; border: 0; }
        .bars .bar { display: block; width: 7rem; height: .6rem; background: linear-gradient(var(--training), var(--training)) no-repeat 0 0 / var(--share) 100%, var(--rule); }

        .mistakes {
          display: grid; grid-template-columns: repeat(auto-fill, minmax(6.8rem, 1fr)); gap: 1rem .6rem;
          margin: 1rem 0; padding: 0; font-size: .75rem; line-height: 1.35; list-style: none;
        }
        .mistakes li { break-inside: avoid; color: var(--muted); }
        .mistakes b { color: var(--ink); font-weight: 600; white-space: nowrap; }
        .mistakes img { display: block; margin-bottom: .3rem; image-rendering: pixelated; }

        .filters { display: flex; flex-wrap: wrap; gap: .7rem; }
        .filters svg { width: 4rem; border: 1px solid var(--rule); shape-rendering: crispEdges; }
        .scale { display: flex; align-items: center; gap: .6rem; font-size: .8rem; }
        .scale svg { width: 13rem; border: 1px solid var(--rule); shape-rendering: crispEdges; }
        .negative { fill: var(--training); }
        .positive { fill: var(--test); }

        .facts { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.5rem; font-size: .88rem; }
        .facts dt { color: var(--muted); }
        .facts dd { margin: 0; overflow-wrap: anywhere; }
        code { font-family: ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; font-size: .95em; }

        @media (max-width: 34rem) {
          body { padding: 1.5rem 1rem 3rem; }
          h1 { font-size: 1.7rem; }
          dl.figures { gap: 1.2rem 2rem; }
          table { font-size: .75rem; }
          th, td { padding: .28rem .32rem; }
          thead th { white-space: normal; }
          .side > * { width: 100%; }
          .side > .chart { flex-basis: 100%; }
          .confusion { font-size: .68rem; width: 100%; }
          .confusion th, .confusion td { padding: .3rem .12rem; text-align: center; }
          .confusion tbody td { min-width: 0; }
          .answer { width: 2.9rem; }
          .answer img { width: 34px; height: 34px; }
          .facts { grid-template-columns: 1fr; gap: 0; }
          .facts dd { margin-bottom: .6rem; }
        }
        @media print {
          body { max-width: none; padding: 0; }
          .scroll { overflow: visible; }
          table, .chart, .side > *, tr { break-inside: avoid; }
          h2, h3, caption { break-after: avoid; }
          .network { width: 100%; min-width: 0 !important; }
          .right, .wrong, img, .bar, rect { print-color-adjust: exact; }
          .running { display: none; }
        }

        """
}
