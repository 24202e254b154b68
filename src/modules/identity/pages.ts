/** Pages for browsers that an identity provider has sent here: plain HTML, no script, no outside resource. */
const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem;color:#1b1f24}
h1{font-size:1.4rem}code{background:#f2f4f7;padding:.1rem .3rem;border-radius:.2rem;word-break:break-all}
button{font:inherit;padding:.5rem 1rem}dt{font-weight:600;margin-top:.6rem}dd{margin:0}`;

export interface Page {
  status: number;
  html: string;
}

/** A form that the browser sends on; with a button for browsers that do nothing by themselves. */
export function formPage(url: string, fields: Readonly<Record<string, string>>): Page {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  return page(
    200,
    'Signing in',
    `<p>Go on to your organization’s sign-in page.</p>
     <form method="post" action="${escaped(url)}">${inputs.join('')}<button autofocus>Continue</button></form>`,
  );
}

export function refusedPage(id: string | undefined): Page {
  return page(
    403,
    'You could not be signed in',
    `<p>The answer of your organization’s identity provider was not accepted. Your administrator can see why${
      id ? `, under the number <code>${escaped(id)}</code>` : ''
    }.</p><p>Nothing was changed. You can try again from the application.</p>`,
  );
}

export function testedPage(rows: readonly (readonly [string, string])[]): Page {
  const list = rows.map(
    ([name, value]) => `<dt>${escaped(name)}</dt><dd><code>${escaped(value)}</code></dd>`,
  );
  return page(
    200,
    'The test login was good',
    `<p>Nobody was signed in, and nothing was changed. This is what a login would lead to:</p><dl>${list.join('')}</dl>`,
  );
}

export function messagePage(status: number, title: string, text: string): Page {
  return page(status, title, `<p>${escaped(text)}</p>`);
}

export function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function page(status: number, title: string, body: string): Page {
  const html = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escaped(title)}</h1>${body}</main></body></html>`;
  return { status, html };
}
