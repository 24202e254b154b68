import { html, type Part } from './html.js';

export interface Page {
  status: number;
  markup: string;
  /** Whether it has a script of this server. */
  scripted?: boolean;
}

/** What is written of a reply; Fastify's has more. */
export interface PageReply {
  code(status: number): this;
  headers(fields: Record<string, string>): this;
  send(body: string): unknown;
}

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:3rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.2rem;border-top:1px solid #d8dee4;padding-top:1rem}
code{background:#f2f4f7;padding:.1rem .3rem;border-radius:.2rem;word-break:break-all}
input,button,select{font:inherit;padding:.35rem .6rem;margin:.15rem 0}input[type=text],textarea,input[type=url],input[type=email],input[type=password]{width:100%;box-sizing:border-box}
form.inline{display:inline}dt{font-weight:600;margin-top:.6rem}dd{margin:0}table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.3rem .5rem .3rem 0;vertical-align:top}.bad{color:#a40e26}.good{color:#116329}
.note{background:#fff8c5;padding:.6rem .8rem;border-radius:.3rem}.error{background:#ffebe9;padding:.6rem .8rem;border-radius:.3rem}`;

/** A page without a script and without anything from elsewhere. */
export function page(status: number, title: string, ...body: Part[]): Page {
  const document = html`<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>${title}</title><style>`;
  const rest = html`</style></head><body><main><h1>${title}</h1>${body}</main></body></html>`;
  // The style is ours, and in it quotes are quotes.
  return { status, markup: `<!doctype html>${document.markup}${style}${rest.markup}` };
}

/** The page with a script of this server, by its path. */
export function withScript(path: string, { status, markup }: Page): Page {
  const script = html`<script src="${path}" defer></script></head>`;
  return { status, markup: markup.replace('</head>', () => script.markup), scripted: true };
}

/** Nothing foreign runs in it, nothing frames it, nothing keeps it, and its address goes nowhere else. */
export function sendPage(
  reply: PageReply,
  { status, markup, scripted = false }: Page,
  headers: Readonly<Record<string, string>> = {},
): void {
  void reply
    .code(status)
    .headers({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      // Forms lead to identity providers, directly or by a redirect.
      'content-security-policy':
        `default-src 'none'; ${scripted ? "script-src 'self'; " : ''}style-src 'unsafe-inline'; ` +
        "form-action 'self' https: http:; frame-ancestors 'none'; base-uri 'none'",
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      ...headers,
    })
    .send(markup);
}

export function sendTo(reply: PageReply, location: string): void {
  void reply
    .code(303)
    .headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .send('');
}
