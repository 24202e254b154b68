import { Injectable } from '@nestjs/common';
import type { Caller } from '../caller/caller.js';
import { AppError, failedPrecondition, permissionDenied, unauthenticated } from '../errors/index.js';
import type { AdmissionStep } from './admission.js';
import type { Call } from './call.js';
import { Clock } from '../clock/clock.js';
import { Abilities, type Ability } from '../access/ability.js';
import type { AccessRule, CallerRule } from '../access/access-rule.js';
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

  admit({ access, caller }: Call): void {
    const refusal =
      refuse(access, caller, this.abilities.of(caller)) ??
      refuseStale(access.proof, caller, this.clock.now().getTime(), this.recentMs);
    if (refusal) throw refusal;
  }
}

const admitted: Record<CallerRule, readonly Caller['kind'][]> = {
  anyone: ['anonymous', 'person', 'member', 'api_key', 'internal'],
  person: ['person'],
  person_or_key: ['person', 'api_key'],
  member: ['member'],
  named_member: ['member'],
  member_or_key: ['member', 'api_key'],
  member_or_key_or_person: ['member', 'api_key', 'person'],
  internal: ['internal'],
};

/** Why the caller may not make this call; undefined when they may. */
function refuse(rule: AccessRule, caller: Caller, ability: Ability): AppError | undefined {
  if (!admitted[rule.caller].includes(caller.kind)) return refuseKind(rule.caller, caller);
  if (rule.personal && caller.kind === 'person' && caller.ssoOrgId !== undefined) {
    return permissionDenied(
      'SESSION_OF_A_PROVIDER',
      'This belongs to your account in every organization, and this session is limited to one organization by its identity provider; sign in by code or passkey.',
    );
  }
  const names = rule.anyOf.map(permissionName);
  if (names.length === 0 || names.some((name) => ability.can('use', name))) return undefined;
  return permissionDenied('PERMISSION_MISSING', `This needs ${names.join(' or ')}.`);
}

const people = 'An API key belongs to no person; this call is for people who sign in.';
/** Why a key may not, by what the call needs a person for. */
const sentenceForKeys: Record<CallerRule, string> = {
  anyone: people,
  person: people,
  person_or_key: people,
  member: 'An API key belongs to no person; this call acts on the data of the person who signed in.',
  named_member:
    'An API key belongs to no person, and this call is recorded under the name of a person; sign in as a member who holds the permission.',
  member_or_key: people,
  member_or_key_or_person: people,
  internal: people,
};

function refuseKind(rule: CallerRule, caller: Caller): AppError {
  if (rule === 'internal') {
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
      return permissionDenied('API_KEY_HAS_NO_USER', sentenceForKeys[rule]);
    case 'member':
    case 'internal':
    case 'system':
      return permissionDenied('CALLER_NOT_ADMITTED', 'This type of caller may not make this call.');
  }
}
