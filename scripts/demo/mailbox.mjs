import { waitFor } from './stage.mjs';

/** The sign-in code that was mailed after `since` (milliseconds); development servers let captured mail be read. */
export async function readCode(url, email, since) {
  return waitFor(`the code for ${email}`, async () => {
    const response = await fetch(`${url}/dev/mailbox?to=${encodeURIComponent(email)}`);
    if (!response.ok)
      throw new Error(`The mailbox of ${url} cannot be read: it is not a development server.`);
    const { mail: mails } = await response.json();
    const fresh = mails.filter((mail) => Date.parse(mail.createdAt) >= since - 1000);
    return fresh.map((mail) => /\b\d{6}\b/.exec(mail.text)?.[0]).find(Boolean);
  });
}
