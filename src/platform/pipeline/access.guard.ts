import { Injectable } from '@nestjs/common';
import type { Caller, ProjectKeyCaller } from '../caller/caller.js';
import { AppError, failedPrecondition, permissionDenied, unauthenticated } from '../errors/index.js';
import type { AdmissionStep } from './admission.js';
import type { Call } from './call.js';
import { Clock } from '../clock/clock.js';
import { Abilities, type Ability } from '../access/ability.js';
import { type AccessRow, type AccessRule, isInternal } from '../access/access-rule.js';
import { contractOfCall } from '../access/contract.rules.js';
import { permissionName } from '../permission/permissions.js';
import { refuseStale } from '../access/recent-proof.js';

/** Holds every call against its row of the access table. */
@Injectable()
export class AccessGuard implements AdmissionStep {
  constructor(
    private readonly abilities: Abilities,
    private readonly clock: Clock,
    private readonly recentMs: number,
  ) {}

  admit({ access, caller, rpc }: Call): void {
    const refusal =
      refuseAtBoundary(access, caller, rpc.name) ??
      refuseDemo(access, caller, rpc.name) ??
      refuse(access, caller, this.abilities.of(caller)) ??
      refuseStale(access.proof, caller, this.clock.now().getTime(), this.recentMs);
    if (refusal) throw refusal;
  }
}

/** Anyone may open a session of the demo account: it reads what a dashboard shows, and not what strangers did with it. */
function refuseDemo({ audit }: AccessRow, caller: Caller, name: string): AppError | undefined {
  const isDemo = (caller.kind === 'person' || caller.kind === 'member') && caller.byDemo === true;
  if (!isDemo || (audit === undefined && contractOfCall(name) !== 'own')) return undefined;
  return permissionDenied('DEMO_ACCOUNT', 'The demo account only reads; sign in with an account of yours.');
}

/** Why the caller may not make this call; undefined when they may. */
function refuse(rule: AccessRule, caller: Caller, ability: Ability): AppError | undefined {
  if (caller.kind === 'system' || !rule.callers.has(caller.kind)) return refuseKind(rule, caller);
  if (caller.kind === 'project_key') return refuseProjectKey(rule, caller);
  if (rule.personal && caller.kind === 'person' && caller.ssoOrgId !== undefined) {
    return permissionDenied(
      'SESSION_OF_A_PROVIDER',
      'This belongs to your account in every organization, and this session is limited to one organization by its identity provider; sign in by code or passkey.',
    );
  }
  // What they hold depends on the organization that the message names: the guard behind it asks again.
  if (rule.organization !== undefined && caller.kind === 'person') return undefined;
  const names = rule.anyOf.map(permissionName);
  if (names.length === 0 || names.some((name) => ability.can('use', name))) return undefined;
  return permissionDenied('PERMISSION_MISSING', `This needs ${names.join(' or ')}.`);
}

/** Why a key may not, by what the call needs a person for. */
const sentenceForKeys = {
  own_data: 'An API key belongs to no person; this call acts on the data of the person who signed in.',
  record:
    'An API key belongs to no person, and this call is recorded under the name of a person; sign in as a member who holds the permission.',
};

function keySentence({ membersFor }: AccessRule): string {
  if (membersFor) return sentenceForKeys[membersFor];
  return 'An API key belongs to no person; this call is for people who sign in.';
}

/** A key has no permissions: its access and the boundary of the call decide. */
function refuseProjectKey({ boundary }: AccessRule, { access }: ProjectKeyCaller): AppError | undefined {
  if (boundary === 'sdk' && access === 'read')
    return permissionDenied(
      'PROJECT_KEY_ACCESS',
      'This key only reads; sending needs an SDK key, or a public or private key.',
    );
  if (boundary === 'shared' && access === 'write')
    return permissionDenied(
      'PROJECT_KEY_ACCESS',
      'This key only sends events and profiles; reading needs a shared or a private key.',
    );
  return undefined;
}

/** Calls in a project: in the words of the contract that its clients know. */
function refuseAtBoundary(
  { boundary, callers }: AccessRule,
  { kind }: Caller,
  name: string,
): AppError | undefined {
  if (!boundary) return undefined;
  if (kind === 'anonymous') {
    const header = name.startsWith('/sdk.') ? 'x-api-key' : 'Authorization';
    return unauthenticated('CREDENTIAL_MISSING', `${header} header not present`);
  }
  if (boundary === 'dashboard' || (kind !== 'system' && callers.has(kind))) return undefined;
  return permissionDenied('PROJECT_KEY_REQUIRED', 'This call needs a key of a project that may send to it.');
}

function refuseKind(rule: AccessRule, caller: Caller): AppError {
  if (isInternal(rule)) {
    return permissionDenied(
      'INTERNAL_ONLY',
      'This call is for internal services and is not available on this port.',
    );
  }
  switch (caller.kind) {
    case 'anonymous':
      return unauthenticated(
        'CREDENTIAL_MISSING',
        'Sign in, or send an API key, in the Authorization header.',
      );
    case 'person':
      return failedPrecondition(
        'ORGANIZATION_MISSING',
        'Choose an organization with the x-org-id header; ListUserOrganizations names yours.',
      );
    case 'api_key':
      return permissionDenied('API_KEY_HAS_NO_USER', keySentence(rule));
    case 'project_key':
      return permissionDenied(
        'CALLER_NOT_ADMITTED',
        'A key of a project may call only the services that send to or read a project.',
      );
    case 'member':
    case 'internal':
    case 'system':
      return permissionDenied('CALLER_NOT_ADMITTED', 'This type of caller may not make this call.');
  }
}
