extension DrawingPage {
    /// What the page has beside the report's looks.
    static let stylesheet: Markup = """
        body.drawing { max-width: 92rem; }
        .drawing main { display: grid; gap: 0 3rem; }
        .desk, .layer { font-family: "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
        .hidden {
          position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
        }
        .desk { max-width: 26rem; }
        .paper { position: relative; }
        #board {
          display: block; width: 100%; height: auto; border: 1px solid var(--muted); border-radius: .4rem;
          background: color-mix(in srgb, var(--ink) 3%, var(--ground)); color: var(--ink); cursor: crosshair;
          touch-action: none; user-select: none; -webkit-user-select: none;
        }
        #hint {
          position: absolute; inset: 0; display: grid; place-content: center; margin: 0; color: var(--muted);
          font-size: 1.15rem; pointer-events: none;
        }
        #hint[hidden] { display: none; }
        [data-picture=scaled] + #hint { color: #8a8a84; }
        .controls {
          display: flex; flex-wrap: wrap; align-items: center; gap: .6rem .8rem; margin: .8rem 0; font-size: .85rem;
        }
        .controls div { display: flex; gap: 1rem; }
        .controls label { display: flex; align-items: center; gap: .5rem; color: var(--muted); }
        .controls input { accent-color: var(--training); font: inherit; max-width: 100%; }
        .controls input[type=range] { width: 7rem; }
        .controls input[type=color] { width: 2.4rem; height: 2rem; padding: 0; border: 0; background: none; }
        .controls button {
          min-height: 2.25rem; padding: .2rem 1rem; border: 1px solid var(--muted); border-radius: .3rem;
          background: none; color: inherit; font: inherit; cursor: pointer;
        }
        .controls button:hover { background: color-mix(in srgb, var(--ink) 8%, var(--ground)); }
        .controls button:disabled { border-color: var(--rule); background: none; color: var(--muted); cursor: default; }
        :focus-visible { outline: 2px solid var(--training); outline-offset: 2px; }
        .prepared { display: flex; align-items: center; gap: .8rem; }
        .prepared canvas {
          flex: none; width: 3.5rem; max-height: 7rem; border: 1px solid var(--rule); image-rendering: pixelated;
        }
        .prepared p { margin: 0; color: var(--muted); font-size: .85rem; }
        #time { white-space: nowrap; }
        #status:not(.hidden) { margin: .8rem 0 0; font-size: .92rem; overflow-wrap: anywhere; }
        #digits { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .6rem; }
        #digits button {
          display: grid; align-content: start; justify-items: center; width: 4.6rem; padding: .4rem .2rem .3rem;
          border: 1px solid var(--rule); border-radius: .3rem; background: none; color: inherit; font: inherit;
          cursor: pointer;
        }
        #digits button:hover { background: color-mix(in srgb, var(--ink) 8%, var(--ground)); }
        #digits [aria-pressed=true] { border-color: var(--training); box-shadow: 0 0 0 1px var(--training); }
        #digits canvas { width: 2.8rem; image-rendering: pixelated; }
        #digits b { max-width: 100%; margin-top: .2rem; overflow: hidden; font-size: 1.15rem; text-overflow: ellipsis; }
        #digits span { color: var(--muted); font-size: .75rem; font-variant-numeric: tabular-nums; }

        .verdict h2 { margin: 1.4rem 0 .2rem; padding: 0; border: 0; font-size: .95rem; }
        .verdict .first { display: flex; align-items: baseline; gap: .8rem; margin: 0 0 .5rem; }
        .verdict .label { font-size: 2.5rem; font-weight: 400; line-height: 1.15; overflow-wrap: anywhere; }
        .verdict .share { color: var(--muted); font-size: .92rem; font-variant-numeric: tabular-nums; }
        .verdict table { width: 100%; }
        .verdict tbody tr > * { padding: .12rem .5rem; border: 0; }
        .verdict tbody th { width: 1%; max-width: 10rem; padding-left: 0; overflow: hidden; text-overflow: ellipsis; }
        .verdict tbody td:last-child { width: 4.6rem; padding-right: 0; color: var(--muted); }
        .verdict .gauge i {
          display: block; width: calc(var(--share, 0) * 100%); min-width: 1px; height: .75rem;
          border-radius: 0 .15rem .15rem 0; background: var(--training); opacity: .55;
        }
        .verdict .best th { font-weight: 700; }
        .verdict .best td { color: var(--ink); }
        .verdict .best .gauge i { opacity: 1; }
        .verdict .numbers { overflow-wrap: anywhere; white-space: pre-wrap; font-variant-numeric: tabular-nums; }
        .verdict canvas, .layer canvas { display: block; max-width: 100%; image-rendering: pixelated; }
        canvas.empty { opacity: .12; }
        canvas.cells { border: 2px solid var(--rule); background: var(--rule); }
        [hidden], #digits[hidden], .verdict canvas[hidden], .layer canvas[hidden] { display: none; }

        .layers { min-width: 0; }
        .layers > h2 { margin-top: 2.4rem; }
        .layer { min-height: 5.5rem; }
        .layer h3 { margin: 1.1rem 0 0; font-size: .92rem; overflow-wrap: anywhere; }
        .layer .remark { margin: 0 0 .4rem; font-size: .8rem; font-variant-numeric: tabular-nums; }
        .range::before { content: "· "; }
        .range:empty::before { content: ""; }

        @media (min-width: 46rem) {
          .drawing main { grid-template-columns: minmax(17rem, 22rem) minmax(0, 1fr); align-items: start; }
          .desk {
            position: sticky; top: 0; max-height: 100vh; margin-left: -.3rem; padding: .8rem .3rem 1rem;
            overflow-y: auto; scrollbar-gutter: stable;
          }
          .layers > h2 { margin-top: .8rem; padding-top: 0; border: 0; }
        }
        @media print { .desk { position: static; max-height: none; } }

        """
}
