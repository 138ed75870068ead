/* bar.css.js - how the bar looks; colours are custom properties of the page: --hotline-ink, -paper, -line, -go, -stop. */
export const css = `
:host { display: block; font: 15px/1.4 system-ui, "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif; color: var(--hotline-ink, #17212b); }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem; padding: .5rem .75rem; min-height: 2.75rem;
  background: var(--hotline-paper, #fff); border: 1px solid var(--hotline-line, #d5dce3); border-radius: .6rem; }
.bar.offer { border-color: var(--hotline-stop, #c0322b); box-shadow: 0 0 0 3px #c0322b26; animation: ring 1s ease-in-out infinite alternate; }
.bar.busy { border-color: #2166c2; } @keyframes ring { to { box-shadow: 0 0 0 6px #c0322b14; } }
@media (prefers-reduced-motion: reduce) { .bar.offer { animation: none; } }
.state { display: flex; align-items: center; gap: .4rem; font-weight: 600; min-width: 7rem; }
.dot { width: .7rem; height: .7rem; border-radius: 50%; background: #9aa5b1; }
.dot.available { background: var(--hotline-go, #1a7f4b); } .dot.aux { background: #c98a00; } .dot.busy { background: #2166c2; }
.dot.wrapup { background: #7a4fb5; } .dot.offer { background: var(--hotline-stop, #c0322b); }
.caller { display: flex; flex-direction: column; min-width: 10rem; } .caller b { font-size: 1.1rem; }
.caller span, .note { color: #5b6875; font-size: .85rem; } .grow { flex: 1; }
.timer { font-variant-numeric: tabular-nums; min-width: 3.5rem; text-align: right; }
button { font: inherit; padding: .35rem .8rem; border-radius: .4rem; border: 1px solid var(--hotline-line, #d5dce3);
  background: #f4f7f9; color: inherit; cursor: pointer; }
button:hover { background: #e8eef3; } button:focus-visible { outline: 2px solid #2166c2; outline-offset: 1px; }
button[aria-pressed=true] { background: #dbe7f5; border-color: #2166c2; }
button.go { background: var(--hotline-go, #1a7f4b); color: #fff; border-color: transparent; }
button.stop { background: var(--hotline-stop, #c0322b); color: #fff; border-color: transparent; }
.keypad { display: flex; flex-wrap: wrap; gap: .25rem; flex-basis: 100%; } .keypad button { width: 2.6rem; padding-inline: 0; }
:host([compact]) .caller span, :host([compact]) .note { display: none; }
[hidden] { display: none !important; }`;
