// Browsers of people, and what their hands do.
import { join } from 'node:path';

/** The people of a journey. */
export function addressesAt(domain) {
  return Object.fromEntries(['ada', 'bob', 'carl', 'demo'].map((name) => [name, `${name}@${domain}`]));
}

/** A separate browser profile with one page. */
export async function person({ browser, complaints, origin }) {
  const context = await browser.newContext({
    viewport: { width: 1500, height: 1100 },
    timezoneId: 'Europe/Stockholm',
  });
  const tab = await context.newPage();
  tab.asking = 0;
  tab.on('request', () => (tab.asking += 1));
  for (const end of ['requestfinished', 'requestfailed']) tab.on(end, () => (tab.asking -= 1));
  tab.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text().slice(0, 300)}`);
  });
  tab.on('pageerror', (error) => complaints.push(`page: ${String(error).slice(0, 300)}`));
  return { context, tab, origin, project: '' };
}

/** Opens the page, and waits until its calls are answered. */
export async function open({ tab, origin }, path) {
  await tab.goto(origin + path);
  await settle(tab);
}

/** Until nothing has been asked for a while, and nothing turns. */
export async function settle(tab) {
  for (let quiet = 0, tries = 0; quiet < 4 && tries < 100; tries += 1) {
    await tab.waitForTimeout(200);
    const turning = await tab.locator('main .animate-spin').count();
    quiet = tab.asking > 0 || turning > 0 ? 0 : quiet + 1;
  }
}

let shots = 0;
export async function shoot({ screenshots }, { tab }, name) {
  shots += 1;
  await tab.screenshot({ path: join(screenshots, `${String(shots).padStart(2, '0')}-${name}.png`) });
}

/** The token of the mail to the address that comes as the given number. */
export async function linkTo({ server, recording }, address, number = 1) {
  for (let tries = 0; tries < 60; tries += 1) {
    const answer = await fetch(`${server}/dev/mailbox?to=${address}`, {
      headers: { accept: 'application/json' },
    });
    const tokens = [...(await answer.text()).matchAll(/magic-link\?token=([\w-]+)/g)].map(
      ([, token]) => token,
    );
    const found = [...new Set(tokens)];
    if (found.length >= number) {
      // The mailbox shows the newest first.
      const token = found.at(-number);
      recording.act('mail', { to: address, number }, { token });
      return token;
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`No mail to ${address}.`);
}

export async function choose(tab, chip, option) {
  await tab
    .locator('button', { hasText: new RegExp(`^${chip}`) })
    .last()
    .click();
  await tab.getByRole('button', { name: option, exact: true }).click();
}
