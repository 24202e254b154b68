// What do the checks around SAML responses cost?
import { newSpKey, validateResponse } from '@dovecote/saml';
import { samlConnection, samlResponse } from './saml/response.js';
import { bareNodeSaml } from './saml/bare.js';
import { measureLogins } from './saml/logins.js';
import { contest } from './support/contest.js';
import type { Effort } from './support/effort.js';
import { figure, ratio, type Report, type Table } from './support/report.js';

const SIGNED = ['assertion', 'response', 'both'] as const;
/** Nobody else uses them here, and what remembering costs is PostgreSQL's. */
const oneTimeUse = { use: async () => 'first' as const };

export async function answerSaml(effort: Effort): Promise<Report> {
  const begin = new Date();
  const [idp, sp] = await Promise.all([newSpKey('idp', begin), newSpKey('sp', begin)]);
  const connection = samlConnection(idp, sp);
  const rows: string[][] = [];
  for (const signed of SIGNED) {
    for (const attributes of [5, 100]) {
      const message = samlResponse(connection, idp, { signed, attributes, now: begin });
      const bare = bareNodeSaml(connection, signed);
      const [theirs, ours] = await contest(
        [
          { name: 'node-saml', run: () => bare.validatePostResponseAsync({ SAMLResponse: message }) },
          {
            name: 'libs/saml',
            run: () => validateResponse(connection, { samlResponse: message, now: begin, oneTimeUse }),
          },
        ],
        effort,
      );
      const size = `${(message.length / 1024).toFixed(0)} KiB`;
      rows.push([`${signed} signed, ${size}`, figure(theirs!), figure(ours!), ratio(ours!, theirs!)]);
    }
  }
  return report(rows, await measureLogins(effort));
}

function report(rows: string[][], logins: Table): Report {
  return {
    title: 'What do the checks around SAML responses cost?',
    method: [
      'The same responses, validated by node-saml with plain settings, which accepts what it should not, and by libs/saml',
      'with all checks. One thread: it is all arithmetic. The base64 of the form is the size. Then whole logins, begun',
      'and signed in advance: a post to the ACS of a running server, until the browser is sent back with a code.',
    ].join('\n'),
    tables: [
      {
        title: 'Responses',
        head: ['response', 'node-saml, per second', 'libs/saml, per second', 'of node-saml'],
        rows,
      },
      logins,
    ],
    notes: [
      'RSA-SHA256 with 3072 bits; 5 or 100 attributes. Logins come with a signed assertion and 5 attributes.',
      'Of node-saml: what it takes to validate such a response, by what our process takes for the login.',
    ],
  };
}
