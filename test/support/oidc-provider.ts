import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export const clientId = 'dovecote';
export const clientSecret = 'a-secret-of-the-client';

/** What an authorization request asked for. */
interface Asked {
  nonce: string;
  codeChallenge: string;
  redirectUri: string;
  claims: Record<string, unknown>;
  spoil: Spoil;
}

/** What is wrong about the token of a login, on purpose. */
export interface Spoil {
  issuer?: string;
  audience?: string;
  nonce?: string;
  expiresInS?: number;
  /** Signed by a key that nobody published, under the id of the one that was. */
  strangeKey?: boolean;
  /** Under an id that nobody published. */
  keyId?: string;
  /** In the place of what the token endpoint answers. */
  answer?: Partial<Answer>;
  algorithm?: 'none';
}

/** What an endpoint answers; text as it is, everything else as JSON. */
interface Answer {
  status: number;
  type: string;
  body: unknown;
}

/** An OpenID Connect provider that answers as a test wants. */
export interface OidcProvider {
  readonly issuer: string;
  readonly host: string;
  /** What the discovery document says beside the usual. */
  discovery: Record<string, unknown>;
  /** What userinfo answers, by subject; there is no such endpoint without. A text is a signed answer. */
  userInfo: ((subject: string) => Partial<Answer> | Promise<Partial<Answer>>) | undefined;
  /** How the client proved itself last. */
  readonly authentication: 'basic' | 'form' | undefined;
  /** Requests to the token endpoint. */
  readonly trades: number;
  /** Requests for the discovery document, and for the keys. */
  readonly fetches: { document: number; keys: number };
  /** Of its clock; for a server whose clock a test moves. */
  aheadMs: number;
  /** Replaces the key; the former one is not published any more. */
  rotate(): Promise<void>;
  /** Signs a person in, as a browser at the URL would, and answers where it is sent back to. */
  signIn(url: string, claims: Record<string, unknown>, spoil?: Spoil): URL;
  /** A token with these claims and no others, as it signs them; `kid` names another key than the one that signs. */
  sign(claims: JWTPayload, header?: { kid?: string; typ?: string }): Promise<string>;
  /** The ID token of the last login. */
  readonly lastIdToken: string;
  stop(): Promise<void>;
}

const basic = `Basic ${Buffer.from(`${clientId}:${encodeURIComponent(clientSecret)}`).toString('base64')}`;

interface Key {
  privateKey: CryptoKey;
  jwk: JWK;
}

export async function startOidcProvider(): Promise<OidcProvider> {
  const codes = new Map<string, Asked>();
  let key = await newKey();
  let trades = 0;
  let lastIdToken = '';
  let authentication: OidcProvider['authentication'];
  const fetches = { document: 0, keys: 0 };
  const server = createServer((request, response) => {
    void answer(request).then(({ status = 200, type = 'application/json', body }) =>
      response
        .writeHead(status, { 'content-type': type })
        .end(typeof body === 'string' ? body : JSON.stringify(body)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `http://${host}`;

  async function answer(request: IncomingMessage): Promise<Partial<Answer>> {
    if (request.url === '/.well-known/openid-configuration') {
      fetches.document += 1;
      return { status: 200, body: documentOf() };
    }
    if (request.url === '/keys') {
      fetches.keys += 1;
      return { status: 200, body: { keys: [key.jwk] } };
    }
    if (request.url === '/userinfo') {
      const subject = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
      return (
        (await provider.userInfo?.(Buffer.from(subject, 'base64url').toString())) ?? { status: 404, body: {} }
      );
    }
    trades += 1;
    const form = new URLSearchParams(await bodyOf(request));
    const asked = codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    const verifier = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    authentication = request.headers.authorization === basic ? 'basic' : 'form';
    const isProven = authentication === 'basic' || form.get('client_secret') === clientSecret;
    if (asked?.spoil.answer) return { status: 200, ...asked.spoil.answer };
    const isGood =
      asked &&
      isProven &&
      (authentication === 'basic' || form.get('client_id') === clientId) &&
      form.get('redirect_uri') === asked.redirectUri &&
      verifier === asked.codeChallenge;
    if (!isGood) return { status: 400, body: { error: 'invalid_grant' } };
    lastIdToken = await tokenOf(asked);
    return {
      status: 200,
      body: {
        access_token: Buffer.from(String(asked.claims.sub)).toString('base64url'),
        token_type: 'Bearer',
        id_token: lastIdToken,
      },
    };
  }

  function documentOf(): Record<string, unknown> {
    return {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      ...(provider.userInfo && { userinfo_endpoint: `${issuer}/userinfo` }),
      ...provider.discovery,
    };
  }

  async function tokenOf({ nonce, claims, spoil }: Asked): Promise<string> {
    const nowS = Math.floor((Date.now() + provider.aheadMs) / 1000);
    const payload = {
      ...claims,
      iss: spoil.issuer ?? issuer,
      aud: spoil.audience ?? clientId,
      nonce: spoil.nonce ?? nonce,
      iat: nowS,
      exp: nowS + (spoil.expiresInS ?? 300),
    };
    if (spoil.algorithm === 'none') {
      const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
      return `${part({ alg: 'none' })}.${part(payload)}.`;
    }
    const signer = spoil.strangeKey ? await newKey() : key;
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', kid: spoil.keyId ?? key.jwk.kid ?? '' })
      .sign(signer.privateKey);
  }

  const provider: OidcProvider = {
    issuer,
    host,
    discovery: {},
    userInfo: undefined,
    get authentication() {
      return authentication;
    },
    get trades() {
      return trades;
    },
    fetches,
    aheadMs: 0,
    async rotate() {
      key = await newKey();
    },
    signIn(url, claims, spoil = {}) {
      const { searchParams } = new URL(url);
      const code = randomBytes(16).toString('hex');
      const redirectUri = searchParams.get('redirect_uri') ?? '';
      codes.set(code, {
        nonce: searchParams.get('nonce') ?? '',
        codeChallenge: searchParams.get('code_challenge') ?? '',
        redirectUri,
        claims,
        spoil,
      });
      const back = new URL(redirectUri);
      back.searchParams.set('code', code);
      back.searchParams.set('state', searchParams.get('state') ?? '');
      return back;
    },
    sign(claims, header) {
      return new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid ?? '', ...header })
        .sign(key.privateKey);
    },
    get lastIdToken() {
      return lastIdToken;
    },
    stop() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return provider;
}

async function newKey(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = randomBytes(8).toString('hex');
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
