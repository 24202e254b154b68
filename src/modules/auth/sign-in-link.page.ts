/** Without a script, and without anything from elsewhere: it works in every mail program's browser. */
function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>${title}</title>
<h1>${title}</h1>
${body}
</html>
`;
}

/**
 * Says nothing and does nothing yet: mail scanners follow links, and press no buttons. `appLink` leads to the app,
 * which signs in if it is the one that asked.
 */
export function askPage(token: string, appLink?: string): string {
  const toApp = appLink
    ? `<p><a href="${escaped(appLink)}">Go on in the app</a>, if you asked there.</p>\n`
    : '';
  return page(
    'Sign in',
    `${toApp}<form method="post" action="?token=${escaped(encodeURIComponent(token))}">
<p><button>Show the code</button> to type it where you asked for it.</p>
</form>
<p>If you did not ask to sign in, close this page.</p>`,
  );
}

export function codePage(code: string): string {
  return page(
    'Your sign-in code',
    `<p><strong>${escaped(code)}</strong></p>
<p>Type it where you asked to sign in, and nowhere else. If somebody else asks you for it, close this page.</p>`,
  );
}

export function deadLinkPage(): string {
  return page('This link no longer works', '<p>It was used, or has expired. Ask for a new code.</p>');
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
