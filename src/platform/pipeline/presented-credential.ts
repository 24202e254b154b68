import { equalSecrets } from '@dovecote/secret';
import type { Credential, InternalProof } from '../caller/credential.js';
import type { Call } from './call.js';

const LONGEST = 8192;

export function credentialOf(call: Call, internal: InternalProof): Credential {
  const { rpc } = call;
  const header = rpc.header.get('authorization');
  if (rpc.listener === 'internal') return internalCredential(header, internal);
  if (header === null) return { kind: 'none' };
  const bearer = /^bearer +(\S+)$/i.exec(header)?.[1];
  if (!bearer || bearer.length > LONGEST) return { kind: 'malformed' };
  return bearer.startsWith('pidgr_')
    ? { kind: 'api_key', secret: bearer }
    : { kind: 'access_token', token: bearer };
}

/** The internal listener knows one caller: a sibling. */
function internalCredential(header: string | null, proof: InternalProof): Credential {
  if (proof.kind === 'certificate') return { kind: 'internal' };
  const { secret } = proof;
  const presented = /^bearer +(\S+)$/i.exec(header ?? '')?.[1];
  return secret && presented && equalSecrets(presented, secret)
    ? { kind: 'internal' }
    : { kind: 'malformed' };
}
