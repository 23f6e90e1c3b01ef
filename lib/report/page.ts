/** Self-contained HTML pages: no scripts, no requests, light and dark mode, for any width and for print. */
import { type Html, html } from './html.js';

/** The style of all pages, to which each page adds its own. */
const STYLE = html`
:root { color-scheme: light dark; --text: #1c2024; --soft: #5b6370; --page: #fff; --panel: #f4f5f7; --line: #d7dbe0;
  --bar: #5a83c4; --mark: #b3541e; --warn: #fbe9bd; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e7eb; --soft: #9aa3af; --page: #14171a; --panel: #1e2226;
  --line: #363c43; --bar: #7ea4e0; --mark: #f0a36b; --warn: #5a4714; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--page); overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .3rem; } p { margin: .4rem 0; }
code { font: .92em ui-monospace, monospace; overflow-wrap: anywhere; }
.soft { color: var(--soft); } .scroll { overflow-x: auto; }
table { border-collapse: collapse; } th, td { text-align: left; padding: .3rem .6rem; vertical-align: top; }
thead th { border-bottom: 2px solid var(--line); } tbody tr + tr > * { border-top: 1px solid var(--line); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem;
  background: var(--panel); }
summary { cursor: pointer; }
@media (max-width: 40rem) { body { padding: 1rem; } th, td { padding: .3rem .4rem; } }
@media print { body { padding: 0; font-size: 10pt; } section, figure, tr { break-inside: avoid; } }
`;

/** A page. */
export interface Page {
  readonly title: string;
  /** CSS for this page only. */
  readonly style: Html;
  readonly body: Html;
}

/**
 * Nothing is loaded or run, no form is sent, and the base address cannot be changed. Framing can only be forbidden by a
 * server's header; nothing on the page does anything when clicked.
 */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'";

/** Renders a whole page. */
export function renderPage({ title, style, body }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<!-- A server can also send the header Content-Security-Policy: frame-ancestors 'none' -->
<title>${title}</title>
<style>${STYLE}${style}</style>
</head>
<body>
${body}
</body>
</html>
`.toString();
}
