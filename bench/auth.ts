// How many callers a second can be told apart?
import type * as accessTokensModule from '../src/platform/caller/access-tokens.js';
import type * as apiKeysModule from '../src/platform/caller/api-keys.directory.js';
import type * as clockModule from '../src/platform/clock/clock.js';
import type * as databaseModule from '../src/platform/database/index.js';
import type * as dataSourceModule from '../src/platform/database/data-source.js';
import type * as sessionsModule from '../src/platform/caller/sessions.directory.js';
import type * as signingKeysModule from '../src/platform/caller/signing-keys.js';
import { createHash, randomUUID } from 'node:crypto';
import { generateApiKey, createEnvelope } from '@dovecote/secret';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { pino } from 'pino';
import type { RevocationFeed } from '../src/platform/caller/revocation-feed.js';
import type { UsageRecorder } from '../src/platform/caller/usage-recorder.js';
import { contest, IN_FLIGHT, type Rival } from './support/contest.js';
import type { Effort } from './support/effort.js';
import { product, type Stores } from './support/product.js';
import { readerWith } from './support/reader.js';
import { figure, ratio, type Report, type Table } from './support/report.js';
import { withStores } from './support/with-stores.js';

const findSession = {
  name: 'bench.session',
  text: 'select id, expires_at from session where id = $1 and identity_id = $2 and revoked_at is null',
};
const findKey = {
  name: 'bench.api_key',
  text: 'select org_id, id, permissions from api_key where key_hash = $1 and revoked_at is null',
};

export async function answerAuth(effort: Effort): Promise<Report> {
  return withStores(async (stores, owner) => {
    const { orgId, identityId, email } = await readerWith(owner, 1);
    const { rows } = await owner.query<{ id: string }>('select identity_id as id from member where id = $1', [
      identityId,
    ]);
    const person = rows[0]!.id;
    const sessionId = randomUUID();
    await owner.query(
      `insert into session (id, identity_id, created_at, last_used_at, expires_at)
       values ($1, $2, now(), now(), now() + interval '1 day')`,
      [sessionId, person],
    );
    const key = generateApiKey('pidgr_k_');
    await owner.query(
      `insert into api_key (org_id, id, name, key_type, key_hash, key_prefix, last_four, permissions)
       values ($1, $2, 'bench', 1, $3, $4, $5, '{1}')`,
      [orgId, randomUUID(), key.hash, key.displayPrefix, key.lastFour],
    );
    const parts = await build(stores);
    const subject = { identityId: person, sessionId, email, orgId };
    const strangers = await manyTokens((number) =>
      parts.tokens.issue({ ...subject, email: `${number}@acme.example` }),
    );
    const { token } = await parts.tokens.issue(subject);
    let next = 0;
    const { kid } = decodeProtectedHeader(token);
    const jwk = (await parts.keys.published()).find((one) => one.kid === kid)!;
    const publicKey = await importJWK(jwk, 'RS256');
    const tables = [
      await table(
        'Access tokens',
        [
          {
            name: 'jose: signature and claims, nothing else',
            run: () => jwtVerify(token, publicKey, { issuer: parts.issuer, audience: parts.audience }),
          },
          {
            name: 'cold: signature, claims, and the session in the database',
            run: async () => {
              const stranger = strangers[next++ % strangers.length]!;
              const { sessionId: id, identityId: whose } = await parts.tokens.verify(stranger);
              if (!(await parts.coldSessions.findLive(id, whose)))
                throw new Error('The session is not found.');
            },
          },
          {
            name: 'the session by plain pg, nothing else',
            run: () => stores.owner.query({ ...findSession, values: [sessionId, person] }),
          },
          {
            name: 'warm',
            run: async () => {
              const { sessionId: id, identityId: whose } = await parts.tokens.verify(token);
              if (!(await parts.warmSessions.findLive(id, whose)))
                throw new Error('The session is not found.');
            },
          },
        ],
        effort,
      ),
      await table(
        'API keys',
        [
          {
            name: 'hash and one look-up by plain pg, nothing else',
            run: () =>
              stores.owner.query({
                ...findKey,
                values: [createHash('sha256').update(key.secret).digest()],
              }),
          },
          {
            name: 'cold: the key and its organization, under row-level security',
            run: async () => {
              if (!(await parts.coldKeys.find(key.secret))) throw new Error('The key is not found.');
            },
          },
          {
            name: 'warm',
            run: async () => {
              if (!(await parts.warmKeys.find(key.secret))) throw new Error('The key is not found.');
            },
          },
        ],
        effort,
      ),
    ];
    await parts.end();
    return report(tables);
  });
}

/** More than a process remembers: each is a stranger again when its turn comes. */
const STRANGERS = 21_000;

async function manyTokens(issue: (number: number) => Promise<{ token: string }>): Promise<string[]> {
  const tokens: string[] = [];
  while (tokens.length < STRANGERS) {
    const issued = await Promise.all(Array.from({ length: 100 }, (_, index) => issue(tokens.length + index)));
    tokens.push(...issued.map(({ token }) => token));
  }
  return tokens;
}

/** What proves callers, as the server has it; `cold` remembers nothing, `warm` hears revocations and remembers. */
async function build(stores: Stores) {
  const { AccessTokens } = await product<typeof accessTokensModule>('platform/caller/access-tokens.js');
  const { ApiKeyDirectory } = await product<typeof apiKeysModule>('platform/caller/api-keys.directory.js');
  const { SessionDirectory } = await product<typeof sessionsModule>('platform/caller/sessions.directory.js');
  const { SigningKeys } = await product<typeof signingKeysModule>('platform/caller/signing-keys.js');
  const { Clock } = await product<typeof clockModule>('platform/clock/clock.js');
  const { Database } = await product<typeof databaseModule>('platform/database/index.js');
  const { appDataSource } = await product<typeof dataSourceModule>('platform/database/data-source.js');
  const options = { size: IN_FLIGHT, applicationName: 'bench auth' };
  const dataSource = appDataSource(stores.url, [], options, pino({ level: 'silent' }));
  await dataSource.initialize();
  const [database, clock] = [new Database(dataSource), new Clock()];
  const keys = new SigningKeys(database, createEnvelope(stores.masterKey));
  await keys.ensure();
  const [issuer, audience] = ['https://bench.example', 'bench'];
  return {
    keys,
    issuer,
    audience,
    tokens: new AccessTokens({ issuer, audience }, keys, clock),
    coldSessions: new SessionDirectory(database, clock, unrecorded, feed(false)),
    warmSessions: new SessionDirectory(database, clock, unrecorded, feed(true)),
    coldKeys: new ApiKeyDirectory(database, clock, unrecorded, feed(false)),
    warmKeys: new ApiKeyDirectory(database, clock, unrecorded, feed(true)),
    end: () => dataSource.destroy(),
  };
}

/** The rest of the class holds a connection, which a process without revocations does not need. */
function feed(heard: boolean): RevocationFeed {
  const stub: Pick<RevocationFeed, 'heard' | 'onRevoked' | 'onLost'> = {
    heard,
    onRevoked: () => undefined,
    onLost: () => undefined,
  };
  return stub as RevocationFeed;
}

/** When a credential was last used is written in batches, beside what is measured; a stub has no such batches. */
const unrecorded = {
  sessionUsed: () => undefined,
  apiKeyUsed: () => undefined,
} as unknown as UsageRecorder;

async function table(title: string, rivals: readonly Rival[], effort: Effort): Promise<Table> {
  const rates = await contest(rivals, effort);
  return {
    title,
    head: ['how', 'callers per second', 'of the first'],
    rows: rivals.map(({ name }, index) => [name, figure(rates[index]!), ratio(rates[index]!, rates[0]!)]),
  };
}

function report(tables: readonly Table[]): Report {
  return {
    title: 'How many callers a second can be told apart?',
    method: [
      'One process proves one credential again and again, eight at once: warm, as for half a minute after it was first',
      'seen, and cold, as while the revocation feed is silent, when every call asks the database. Beside it, what any',
      'server would have to do for the same answer.',
    ].join('\n'),
    tables,
    notes: ['Tokens are RS256 with 2048 bits.'],
  };
}
