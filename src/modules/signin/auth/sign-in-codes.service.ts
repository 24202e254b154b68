import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import {
  type Envelope,
  equalSecrets,
  generateOneTimeCode,
  generateToken,
  hashOneTimeCode,
  hashToken,
  openToken,
  sealToken,
} from '@dovecote/secret';
import { v7 as uuid } from 'uuid';
import { z } from 'zod';
import { originOf, type Scope, Scopes } from '../../../platform/scope/index.js';
import { AddressLimits } from '../../../platform/throttle/address-limits.js';
import { SignInCodeStore } from './sign-in-code.store.js';
import { codeExpiry, codeRefused, linkRefused } from './sign-in.rules.js';

/** A code to be mailed. */
export interface MailedCode {
  id: string;
  code: string;
  expiresAt: Date;
}

/** A verified code. The caller consumes it in the transaction that opens the session. */
export interface ProvenCode {
  id: string;
  email: string;
}

const linked = z.object({ id: z.uuid(), code: z.string() });
const linkContext = ['sign-in link'];

/** Wrong codes of a client across all addresses: slows down attacks on many accounts. */
const wrongCodes = {
  name: 'wrong_code',
  limit: { burst: 50, perSecond: 50 / 3600 },
  sentence: 'A client may try 50 wrong codes an hour.',
};

/** Creates and verifies the codes that are mailed, and the links that carry them. */
@Injectable()
export class SignInCodes {
  /** The pepper of the master key, and that of the key which is accepted beside it. */
  private readonly peppers: readonly [Buffer, ...Buffer[]];

  constructor(
    { masterKey, acceptedKey }: { readonly masterKey: Buffer; readonly acceptedKey?: Buffer },
    private readonly envelope: Envelope,
    private readonly store: SignInCodeStore,
    private readonly limits: AddressLimits,
    private readonly scopes: Scopes,
  ) {
    this.peppers = acceptedKey ? [pepperOf(masterKey), pepperOf(acceptedKey)] : [pepperOf(masterKey)];
  }

  /** A new code, beside those that are still good, and the secret of the device that asks for it. */
  async make(scope: Scope, email: string): Promise<MailedCode & { state: string }> {
    const [id, code, expiresAt] = [uuid(), generateOneTimeCode(), codeExpiry(scope.now())];
    const state = generateToken();
    const hashes = { codeHash: hashOf(id, code, this.peppers[0]), stateHash: hashToken(state) };
    await this.store.insert(scope, { id, email, expiresAt, client: clientOf(scope), ...hashes });
    return { id, code, expiresAt, state };
  }

  /** The sealed token of a link: carries the code, readable by this server only. */
  linkToken({ id, code }: Pick<MailedCode, 'id' | 'code'>): string {
    return sealToken(this.envelope, { id, code }, linkContext);
  }

  async prove(scope: Scope, { email, code }: { email: string; code: string }): Promise<ProvenCode> {
    const { address = '' } = scope;
    await this.limits.take(wrongCodes, address);
    // In a separate transaction: the attempt is counted even when the call is refused.
    const tried = await this.scopes.run(originOf(scope), (inner) =>
      this.store.attempt(inner, email, clientOf(scope)),
    );
    // The comparison is made even when there is nothing to compare with.
    const none = { id: '', email, codeHash: this.peppers[0] };
    const proven = [none, ...tried].filter((one) => this.isCode(one, code));
    if (!proven[0]) throw codeRefused();
    await this.limits.putBack(wrongCodes, address);
    return proven[0];
  }

  /** Verifies a link on the device that requested it; on another device it is refused. */
  async proveLink(scope: Scope, { token, state }: { token: string; state: string }): Promise<ProvenCode> {
    const link = this.open(token);
    if (!link) throw linkRefused();
    const tried = await this.scopes.run(originOf(scope), (inner) =>
      this.store.attemptById(inner, link.id, clientOf(scope)),
    );
    if (!tried?.stateHash) throw linkRefused();
    const matches = this.isCode(tried, link.code);
    if (!matches || !equalSecrets(hashToken(state), tried.stateHash)) throw linkRefused();
    return tried;
  }

  /**
   * The code in a link, to be typed on the requesting device; undefined when the link is invalid or expired.
   */
  async codeBehind(scope: Scope, token: string): Promise<string | undefined> {
    const link = this.open(token);
    return link && (await this.store.isLive(scope, link.id)) ? link.code : undefined;
  }

  /** Refuses when another call was faster: a code works once. */
  async consume(scope: Scope, proven: ProvenCode): Promise<void> {
    if (!(await this.store.consume(scope, proven, clientOf(scope)))) throw codeRefused();
  }

  private open(token: string): z.output<typeof linked> | undefined {
    try {
      return linked.parse(openToken(this.envelope, token, linkContext));
    } catch {
      return undefined;
    }
  }

  /** After the same work, whichever key it was made with. */
  private isCode(
    { id, codeHash }: { readonly id: string; readonly codeHash: Buffer },
    code: string,
  ): boolean {
    return this.peppers.filter((pepper) => equalSecrets(hashOf(id, code, pepper), codeHash)).length > 0;
  }
}

function pepperOf(masterKey: Buffer): Buffer {
  return createHmac('sha256', masterKey).update('sign-in code pepper').digest();
}

function hashOf(id: string, code: string, pepper: Buffer): Buffer {
  return hashOneTimeCode({ code, pepper, context: id });
}

/** By whom limits count: of an IPv6 network that is one household's, the network. */
export function clientOf({ address = '' }: Scope): string {
  return normalizeIp(address);
}
