import { equalSecrets, familyOfProjectKey } from '@dovecote/secret';
import type { Credential, InternalProof } from '../caller/credential.js';
import type { Call } from './call.js';

const LONGEST = 8192;

export function credentialOf(call: Call, internal: InternalProof): Credential {
  const { rpc } = call;
  const header = rpc.header.get('authorization');
  if (rpc.listener === 'internal') return internalCredential(header, internal);
  const key = projectKeyOf(call);
  if (key) return key;
  if (header === null) return { kind: 'none' };
  const bearer = /^bearer +(\S+)$/i.exec(header)?.[1];
  if (!bearer || bearer.length > LONGEST) return { kind: 'malformed', why: faultOf(header) };
  if (bearer.startsWith('pidgr_')) return { kind: 'api_key', secret: bearer };
  const family = familyOfProjectKey(bearer);
  // Keys of the other two families go into `x-api-key`: as a bearer token they are no credential.
  return family === 'sdk' || family === 'shared'
    ? { kind: 'project_key', key: bearer, carrier: 'authorization' }
    : { kind: 'access_token', token: bearer };
}

/** Whether the call presents something that is looked up, and limited by what it proves. */
export function hasCredential(call: Call): boolean {
  return call.rpc.header.has('authorization') || projectKeyOf(call) !== undefined;
}

/** The key outside of the header `Authorization`, before which it counts; only RPCs that a key may call take one. */
function projectKeyOf({ rpc, access: { boundary } }: Call): Credential | undefined {
  if (!boundary || boundary === 'dashboard') return undefined;
  const key = rpc.header.get('x-api-key');
  if (key) return { kind: 'project_key', key, carrier: 'x-api-key' };
  // A beacon can send no header.
  const parameter = boundary === 'sdk' ? rpc.queryParameter('api_key') : undefined;
  return parameter ? { kind: 'project_key', key: parameter, carrier: 'url' } : undefined;
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

function faultOf(header: string): 'no_bearer' | 'empty' | undefined {
  if (!/^bearer\b/i.test(header)) return 'no_bearer';
  return /^bearer *$/i.test(header) ? 'empty' : undefined;
}
