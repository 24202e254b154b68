import { randomUUID } from 'node:crypto';
import type { Demonstration } from './first-start.js';
import type { Config } from './platform/config/index.js';
import { mailboxIsReadable } from './platform/mail/index.js';

/** What a newcomer needs next, printed once the server answers. */
export function greeting(
  config: Config,
  address: { host: string; port: number },
  demonstration: Demonstration | undefined,
): string {
  const url = urlFor(config, address);
  const lines = [
    '',
    `  Dovecote is running on ${url}  (Connect, gRPC and gRPC-Web)`,
    `  Health               ${url}/health`,
    `  Single sign-on       ${url}/setup/sso`,
    ...(demonstration ? demonstrationLines(url, mailboxIsReadable(config), demonstration) : []),
    '',
    '  Ctrl-C stops everything; the data stays.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

function demonstrationLines(
  url: string,
  mailbox: boolean,
  { adminEmail, apiKey, projectKey }: Demonstration,
): string[] {
  const body = (json: object): string => `-H 'content-type: application/json' -d '${JSON.stringify(json)}'`;
  const auth = `${url}/dovecote.auth.v1.AuthService`;
  return [
    `  First admin          ${adminEmail}: ask for a code, then read it ${mailbox ? `at ${url}/dev/mailbox` : 'in your mail or this log'}`,
    ...(apiKey ? [`  Demo API key         ${apiKey}`] : []),
    '',
    '  Try next:',
    '    npm run demo',
    `    curl ${auth}/RequestSignInCode ${body({ email: adminEmail })}`,
    ...(apiKey
      ? [
          `    curl ${url}/pidgr.v1.CampaignService/ListCampaigns -H 'authorization: Bearer ${apiKey}' ${body({})}`,
        ]
      : []),
    ...(projectKey
      ? [
          `    curl ${url}/sdk.events.v1.EventsService/BatchCreate -H 'x-api-key: ${projectKey}' ${body({ events: [firstEvent()] })}`,
        ]
      : []),
  ];
}

/** Sent twice, it counts once. */
function firstEvent(): object {
  const id = randomUUID();
  return {
    eventId: id,
    kind: 'page_view',
    occurTime: new Date().toISOString(),
    distinctId: 'ada',
    sessionId: id,
  };
}

/** The address that people are told: PUBLIC_URL, unless that knows no port because the system chose it. */
function urlFor({ http }: Config, address: { host: string; port: number }): string {
  if (new URL(http.publicUrl).port !== '0') return http.publicUrl;
  return `${http.tls ? 'https' : 'http'}://${hostAndPort(address)}`;
}

export function hostAndPort({ host, port }: { host: string; port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
